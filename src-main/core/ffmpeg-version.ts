/** What `ffmpeg -version` and `ffprobe -version` tell. */
export interface ToolVersion {
  /** As the program says it: `n7.0-7-gd38bf5e08e`, `5.1.9-0+deb12u1`, `N-66595-gc2b38619c0`. */
  readonly text: string;
  /** Release generation; derived from libavcodec for builds between releases. */
  readonly major: number;
  /** Null for git builds: their number says nothing. */
  readonly minor: number | null;
  readonly patch: number | null;
}

/**
 * libavcodec's major grows by one with each ffmpeg major from 5.0 (59) on:
 * see the release table in ffmpeg's own download page.
 */
const libavcodecMinusRelease = 54;

/** Reads the text of `-version`; null when it is not that of `tool`. */
export function parseVersionText(
  tool: string,
  text: string,
): ToolVersion | null {
  const name = new RegExp(`^${tool} version (\\S+)`).exec(text)?.[1];
  if (name === undefined) return null;
  const release = /^n?(\d+)\.(\d+)(?:\.(\d+))?(?!\d)/.exec(name);
  if (release)
    return {
      text: name,
      major: Number(release[1]),
      minor: Number(release[2]),
      patch: release[3] === undefined ? 0 : Number(release[3]),
    };
  const libavcodec = /libavcodec\s+(\d+)\./.exec(text)?.[1];
  if (libavcodec === undefined) return null;
  return {
    text: name,
    major: Number(libavcodec) - libavcodecMinusRelease,
    minor: null,
    patch: null,
  };
}
