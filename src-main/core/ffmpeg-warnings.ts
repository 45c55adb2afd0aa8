/** What people should know of the ffmpeg they use. */
import type { ToolVersion } from "./ffmpeg-version.ts";

/**
 * The first release of each branch with the security fixes of summer 2024,
 * among them CVE-2024-7055 (heap overflow, "up to 7.0.1").
 */
const patchedReleases: readonly {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}[] = [
  { major: 5, minor: 1, patch: 6 },
  { major: 6, minor: 1, patch: 2 },
  { major: 7, minor: 0, patch: 2 },
];
/** The release generation of a git build from which on those fixes are in for sure. */
const safeGeneration = 8;

/** Sentences about an old or vulnerable version; none for a good one. */
export function versionWarnings(version: ToolVersion): string[] {
  const { major, minor, patch, text } = version;
  if (minor === null || patch === null)
    return major < safeGeneration
      ? [
          `This ffmpeg (${text}) was built between releases; whether it has the security fixes of 2024 cannot be told. A release is safer.`,
        ]
      : [];
  const patched = patchedReleases.find((release) => release.major === major);
  if (patched === undefined) return [];
  const isOld =
    minor < patched.minor || (minor === patched.minor && patch < patched.patch);
  if (!isOld) return [];
  const fixed = [patched.major, patched.minor, patched.patch].join(".");
  return [
    `This ffmpeg (${text}) is older than ${fixed}, which closed security holes. Update it, unless your system's maintainers have patched it.`,
  ];
}
