/** What people should know of the ffmpeg they use. */
import type { ToolVersion } from "./ffmpeg-version.ts";

/**
 * The last release of each branch that closed a hole in a decoder or demuxer
 * which a feed or a hostile source can reach. Source: ffmpeg's security page.
 */
const patchedReleases: readonly {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}[] = [
  { major: 5, minor: 1, patch: 7 },
  { major: 6, minor: 1, patch: 3 },
  { major: 7, minor: 0, patch: 3 },
  { major: 7, minor: 1, patch: 1 },
];

/** Sentences about an old or vulnerable version; none for a good one. */
export function versionWarnings(version: ToolVersion): string[] {
  const { major, minor, patch, text } = version;
  if (minor === null || patch === null)
    return major < 7
      ? [
          `This ffmpeg (${text}) is an old build between releases; its known holes cannot be told. Install a release.`,
        ]
      : [];
  const branches = patchedReleases.filter((release) => release.major === major);
  if (branches.length === 0) return [];
  const patched = branches.find((release) => release.minor === minor);
  const newest = Math.max(...branches.map((release) => release.minor));
  const isOld = patched ? patch < patched.patch : minor < newest;
  if (!isOld) return [];
  return [
    `This ffmpeg (${text}) has known security holes. Install a newer release of it.`,
  ];
}
