const mediaEndings: ReadonlySet<string> = new Set(
  (
    "mkv mp4 m4v mov webm avi wmv asf flv ts m2ts mts mpg mpeg vob mxf ogv ogm " +
    "3gp 3g2 dv divx f4v rm rmvb y4m nut mka m4a mp3 aac flac wav ogg opus wma aiff"
  ).split(" "),
);

/**
 * Why a file found in a folder is not taken for media, in words; null: it may
 * be some. A file that is named itself is taken whatever it is called.
 */
export function reasonNotMedia(name: string): string | null {
  if (name.startsWith(".")) return "It is hidden.";
  const dot = name.lastIndexOf(".");
  if (dot <= 0 || dot === name.length - 1) return "Its name has no ending.";
  const ending = name.slice(dot + 1).toLowerCase();
  return mediaEndings.has(ending)
    ? null
    : `.${ending} is no media file's ending.`;
}
