/**
 * The colour names ffmpeg and ffprobe use, as closed lists: a tag that is not
 * among them is treated as absent, and a peer cannot send anything else.
 * Source: ffmpeg's libavutil/pixdesc.c (ITU-T H.273 code points).
 */
export const colourRanges = ["tv", "pc"] as const;

export const colourPrimaries = [
  "bt709",
  "bt470m",
  "bt470bg",
  "smpte170m",
  "smpte240m",
  "film",
  "bt2020",
  "smpte428",
  "smpte431",
  "smpte432",
  "ebu3213",
] as const;

export const colourTransfers = [
  "bt709",
  "bt470m",
  "bt470bg",
  "smpte170m",
  "smpte240m",
  "linear",
  "log100",
  "log316",
  "iec61966-2-4",
  "bt1361e",
  "iec61966-2-1",
  "bt2020-10",
  "bt2020-12",
  "smpte2084",
  "smpte428",
  "arib-std-b67",
] as const;

export const colourSpaces = [
  "gbr",
  "bt709",
  "fcc",
  "bt470bg",
  "smpte170m",
  "smpte240m",
  "ycgco",
  "bt2020nc",
  "bt2020c",
  "smpte2085",
  "chroma-derived-nc",
  "chroma-derived-c",
  "ictcp",
] as const;

export const chromaLocations = [
  "left",
  "center",
  "topleft",
  "top",
  "bottomleft",
  "bottom",
] as const;

/** x265's notation: chromaticities in 1/50000, luminance in 1/10000 cd/m². */
export const masterDisplayPattern =
  /^G\(\d{1,6},\d{1,6}\)B\(\d{1,6},\d{1,6}\)R\(\d{1,6},\d{1,6}\)WP\(\d{1,6},\d{1,6}\)L\(\d{1,10},\d{1,10}\)$/;

/** Largest content light level and frame average, cd/m². */
export const maxCllPattern = /^\d{1,5},\d{1,5}$/;
