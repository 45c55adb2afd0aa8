/**
 * Finds ffmpeg and ffprobe, in the order of design.md section 11: what the
 * user named, the builds that npm packages brought along, then PATH.
 */
import { chmod, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

import { Failure } from "../core/errors.ts";
import { parseVersionText, type ToolVersion } from "../core/ffmpeg-version.ts";
import { readTool } from "./process.ts";

export interface Binaries {
  /** Absolute, or a bare name found through PATH. */
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** As the program says it: `5.1.9-0+deb12u1`. */
  readonly version: string;
  /** Release generation, 5 for libavcodec 59; git builds are counted by their libavcodec. */
  readonly versionMajor: number;
}

export interface BinaryOptions {
  readonly ffmpeg?: string | undefined;
  readonly ffprobe?: string | undefined;
  /** Default: this process's; REELFARM_FFMPEG and REELFARM_FFPROBE are read from it. */
  readonly env?: NodeJS.ProcessEnv;
}

interface Candidate {
  /** What people are told was tried. */
  readonly origin: string;
  readonly program: string;
}

interface Found extends Candidate {
  readonly version: ToolVersion;
}

/** The first release with `-fps_mode` on every stream and `-progress` as we read it. */
const minimumMajor = 5;
const executableSuffix = process.platform === "win32" ? ".exe" : "";

/**
 * Finds the first pair that really runs. A program that the user named is
 * taken or refused, never silently replaced by another.
 *
 * @throws Failure `ffmpeg-missing` or `ffmpeg-too-old`, naming what was tried.
 */
export async function findBinaries(
  options: BinaryOptions = {},
): Promise<Binaries> {
  const env = options.env ?? process.env;
  const namedFfmpeg = options.ffmpeg ?? env["REELFARM_FFMPEG"];
  const ffmpeg = await firstWorking(
    "ffmpeg",
    namedFfmpeg
      ? [{ origin: "the ffmpeg you named", program: namedFfmpeg }]
      : packagedFfmpegs(),
  );
  const namedFfprobe = options.ffprobe ?? env["REELFARM_FFPROBE"];
  const ffprobe = await firstWorking(
    "ffprobe",
    namedFfprobe
      ? [{ origin: "the ffprobe you named", program: namedFfprobe }]
      : siblingAndPackagedFfprobes(ffmpeg.program),
  );
  return {
    ffmpeg: ffmpeg.program,
    ffprobe: ffprobe.program,
    version: ffmpeg.version.text,
    versionMajor: ffmpeg.version.major,
  };
}

function packagedFfmpegs(): Candidate[] {
  return [
    ...fromPackage("ffmpeg-static", (require) =>
      textOf(require("ffmpeg-static")),
    ),
    ...fromPackage("@ffmpeg-binary", (require) =>
      path.join(
        path.dirname(require.resolve(platformPackage("@ffmpeg-binary"))),
        `ffmpeg${executableSuffix}`,
      ),
    ),
    { origin: "PATH", program: `ffmpeg${executableSuffix}` },
  ];
}

function siblingAndPackagedFfprobes(ffmpeg: string): Candidate[] {
  const candidates: Candidate[] = [];
  if (path.isAbsolute(ffmpeg))
    candidates.push({
      origin: "beside ffmpeg",
      program: path.join(path.dirname(ffmpeg), `ffprobe${executableSuffix}`),
    });
  candidates.push(
    ...fromPackage("@ffprobe-installer", (require) =>
      require.resolve(
        `${platformPackage("@ffprobe-installer")}/ffprobe${executableSuffix}`,
      ),
    ),
    { origin: "PATH", program: `ffprobe${executableSuffix}` },
  );
  return candidates;
}

function platformPackage(scope: string): string {
  return `${scope}/${process.platform}-${process.arch}`;
}

/** The packages are optional: one that is not installed is no candidate. */
function fromPackage(
  origin: string,
  locate: (require: NodeJS.Require) => string | null,
): Candidate[] {
  try {
    const program = locate(createRequire(import.meta.url));
    return program === null
      ? []
      : [{ origin, program: outsideArchive(program) }];
  } catch {
    return [];
  }
}

/** Electron shows files inside app.asar as if they were on disk, but they cannot be started from there. */
export function outsideArchive(program: string): string {
  return program.replace(/([\\/]app\.asar)(?=[\\/])/, "$1.unpacked");
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

async function firstWorking(
  tool: "ffmpeg" | "ffprobe",
  candidates: readonly Candidate[],
): Promise<Found> {
  const tried: string[] = [];
  let tooOld: ToolVersion | null = null;
  for (const candidate of candidates) {
    const version = await versionOf(tool, candidate.program);
    if (version && version.major >= minimumMajor)
      return { ...candidate, version };
    if (version) {
      tooOld ??= version;
      tried.push(`${candidate.origin}: version ${version.text}`);
    } else tried.push(`${candidate.origin}: does not run`);
  }
  const detail = `${tool}; tried ${tried.join(", ")}`;
  throw tooOld
    ? new Failure("ffmpeg-too-old", detail)
    : new Failure("ffmpeg-missing", detail);
}

async function versionOf(
  tool: string,
  program: string,
): Promise<ToolVersion | null> {
  try {
    await makeExecutable(program);
    const { stdout } = await readTool(program, ["-version"], {
      timeoutMs: 10_000,
      maxBytes: 64 * 1024,
    });
    return parseVersionText(tool, stdout);
  } catch (cause) {
    if (cause instanceof Failure) return null;
    throw cause;
  }
}

/** npm loses the executable bit of packaged programs when install scripts are off. */
async function makeExecutable(program: string): Promise<void> {
  if (process.platform === "win32" || !path.isAbsolute(program)) return;
  if (!program.includes(`${path.sep}node_modules${path.sep}`)) return;
  try {
    const { mode } = await stat(program);
    if ((mode & 0o111) === 0) await chmod(program, mode | 0o111);
  } catch {
    // Not there, or not ours: starting it tells.
  }
}
