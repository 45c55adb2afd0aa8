/**
 * The stitch: finished segments, encoded audio and everything that is copied
 * from the source become one file, in one ffmpeg run that encodes no picture
 * and no sound.
 */
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { assert } from "../core/assert.ts";
import { containerLimits } from "../core/container-limits.ts";
import type { DisplayTags } from "../core/display-tags.ts";
import { Failure } from "../core/errors.ts";
import {
  openFileArguments,
  stitchArguments,
} from "../core/ffmpeg-arguments/stitch.ts";
import type { StitchInputs } from "../core/ffmpeg-arguments/stitch.ts";
import {
  flattenProjection,
  matroskaHeadBytes,
  sphericalBox,
} from "../core/matroska-rotation.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import { wireOffsetS } from "../core/order.ts";
import type { StreamPlan } from "../core/stream-plan.ts";
import type { Binaries } from "./binaries.ts";
import { writeFlatAudio } from "./flat-audio-file.ts";
import { joinedStream, planJoin } from "./joined-stream.ts";
import type { JoinedPlan } from "./joined-stream.ts";
import { readerMemoryBytes, readTool, startTool } from "./process.ts";
import type { ToolExit, ToolRun } from "./process.ts";

export interface StitchRequest {
  readonly sourceFile: string;
  readonly facts: MediaFacts;
  readonly plan: StreamPlan;
  /** Results of all segments, in order; empty unless video is encoded. */
  readonly segmentFiles: readonly string[];
  /** How the encoded picture is to be shown; null unless video is encoded. */
  readonly display: DisplayTags | null;
  /** Result of the audio task: the encoded tracks in the plan's order; null when there are none. */
  readonly audioFile: string | null;
  readonly fastStart: boolean;
  /** A temporary name (publish.ts); replaced if it exists. */
  readonly outputFile: string;
  /** Where small files may be put for the time of the run. */
  readonly workFolder: string;
}

export interface StitchReport {
  readonly sizeBytes: number;
  /** Null unless video is encoded. */
  readonly video: JoinedVideo | null;
}

export interface JoinedVideo {
  readonly frames: number;
  readonly timescale: number;
  /** Of all frames in presentation order, in ticks of source time (the wire offset taken off). */
  readonly ptsTicks: Float64Array;
  readonly lastDurationTicks: number;
  /** Encoders of different builds: parameter sets travel with the keyframes (`avc3`, `hev1`). */
  readonly setsInBand: boolean;
}

export interface StitchOptions {
  readonly signal?: AbortSignal | undefined;
  /** From 0 to 1, never falling. */
  readonly onProgress?: ((ratio: number) => void) | undefined;
}

const probeTimeoutMs = 60_000;
/** Nothing is encoded: the largest film on the slowest disk is copied in hours. */
const maxWallMs = 24 * 3600_000;

/**
 * Writes `outputFile`. The tracks keep their places in time relative to each
 * other; the source's start becomes zero. Throws `Failure`: `disk-full`,
 * `stitch-failed`, `result-invalid` (a segment is not what it should be); the
 * signal's reason on abort. The unfinished file is removed then.
 */
export async function stitch(
  binaries: Binaries,
  request: StitchRequest,
  options: StitchOptions = {},
): Promise<StitchReport> {
  const { plan } = request;
  const hasSegments = plan.video.kind === "encode";
  assert(
    hasSegments === request.segmentFiles.length > 0 &&
      hasSegments === (request.display !== null),
    "segments and display tags exactly for encoded video",
  );
  const folder = await mkdtemp(path.join(request.workFolder, "stitch-"));
  try {
    const join = hasSegments
      ? await planJoin(request.segmentFiles, options.signal)
      : null;
    const inputs = await gatherInputs(binaries, request, join, folder, options);
    await runStitch(binaries, request, join, inputs, options);
    if (needsSphericalDetour(binaries, request))
      await flattenFile(request.outputFile);
    const { size } = await stat(request.outputFile);
    return { sizeBytes: size, video: join === null ? null : joinedVideo(join) };
  } catch (error) {
    await rm(request.outputFile, { force: true });
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function gatherInputs(
  binaries: Binaries,
  request: StitchRequest,
  join: JoinedPlan | null,
  folder: string,
  options: StitchOptions,
): Promise<StitchInputs> {
  const { plan, sourceFile, facts } = request;
  return {
    sourceFile,
    sourceStartS: facts.startS ?? 0,
    timescale: join?.timescale ?? null,
    setsInBand: join?.setsInBand ?? false,
    audio: await flatAudio(request.audioFile, folder),
    coverFiles:
      containerLimits[plan.container].cover === "attachment"
        ? await extractCovers(binaries, request, folder, options)
        : [],
    dispositions: await readDispositions(binaries, sourceFile, options),
    fastStart: request.fastStart,
    outputFile: request.outputFile,
  };
}

async function flatAudio(
  audioFile: string | null,
  folder: string,
): Promise<StitchInputs["audio"]> {
  if (audioFile === null) return null;
  const file = path.join(folder, "audio");
  return { file, startsS: await writeFlatAudio(audioFile, file) };
}

/** Matroska holds covers as attachments, which ffmpeg only takes from files. */
async function extractCovers(
  binaries: Binaries,
  request: StitchRequest,
  folder: string,
  { signal }: StitchOptions,
): Promise<StitchInputs["coverFiles"]> {
  const covers: { file: string; codec: string }[] = [];
  for (const { sourceIndex, codec } of request.plan.covers) {
    const file = path.join(folder, `cover-${String(sourceIndex)}`);
    const { exit } = await readTool(
      binaries.ffmpeg,
      [
        ...["-nostdin", "-v", "error", "-y"],
        ...openFileArguments(request.sourceFile),
        ...["-map", `0:${String(sourceIndex)}`, "-frames:v", "1"],
        ...["-c", "copy", "-f", "image2pipe", `file:${file}`],
      ],
      { signal, timeoutMs: probeTimeoutMs },
    );
    if (exit.code !== 0) throw stitchFailure(exit, request.outputFile);
    covers.push({ file, codec });
  }
  return covers;
}

/** The facts know "default" and "forced"; tracks for the hard of hearing, comments and the like are kept as well. */
async function readDispositions(
  binaries: Binaries,
  sourceFile: string,
  { signal }: StitchOptions,
): Promise<Map<number, string[]>> {
  const { stdout } = await readTool(
    binaries.ffprobe,
    [
      ...["-v", "error", "-of", "json"],
      ...["-show_entries", "stream=index:stream_disposition"],
      ...openFileArguments(sourceFile),
    ],
    { signal, timeoutMs: probeTimeoutMs },
  );
  const report = JSON.parse(stdout) as {
    streams?: { index: number; disposition?: Record<string, number> }[];
  };
  return new Map(
    (report.streams ?? []).map(({ index, disposition }) => [
      index,
      Object.entries(disposition ?? {}).flatMap(([name, isSet]) =>
        isSet === 1 && !derivedDispositions.includes(name) ? [name] : [],
      ),
    ]),
  );
}

/** Said by the kind of the stream, not by its author. */
const derivedDispositions = [
  ...["attached_pic", "timed_thumbnails", "still_image", "non_diegetic"],
];

async function runStitch(
  binaries: Binaries,
  request: StitchRequest,
  join: JoinedPlan | null,
  inputs: StitchInputs,
  options: StitchOptions,
): Promise<void> {
  const run = startTool(
    binaries.ffmpeg,
    ["-nostdin", ...stitchArguments(request.plan, inputs)],
    {
      signal: options.signal,
      stdin: join === null ? "ignore" : "pipe",
      cwd: request.workFolder,
      maxWallMs,
      maxMemoryBytes: readerMemoryBytes,
    },
  );
  followProgress(run, request.facts.durationS, options.onProgress);
  const turned = needsSphericalDetour(binaries, request)
    ? sphericalBox(request.display?.rotationDegrees ?? 0)
    : undefined;
  const fed =
    join === null ? null : feed(run, join, request.display, turned, options);
  const exit = await run.done;
  options.signal?.throwIfAborted();
  // What broke the feed is worth more than ffmpeg's complaint about its end.
  const feedError = await fed;
  if (exit.exceeded !== null) throw stitchFailure(exit, request.outputFile);
  if (feedError instanceof Failure) throw feedError;
  if (exit.code !== 0) throw stitchFailure(exit, request.outputFile);
  if (feedError !== null && feedError !== undefined)
    throw new Failure("stitch-failed", "the parts were not read to their end", {
      cause: feedError,
    });
}

/** Writes the joined segments to the run; resolves with what went wrong, or null. */
async function feed(
  run: ToolRun,
  join: JoinedPlan,
  display: DisplayTags | null,
  extraBoxes: Uint8Array | undefined,
  { signal }: StitchOptions,
): Promise<unknown> {
  assert(run.stdin !== null && display !== null, "a run that is fed");
  const stream = Readable.from(joinedStream(join, display, extraBoxes), {
    objectMode: false,
    highWaterMark: feedBufferBytes,
  });
  const gone = run.done.then(() => {
    // Nobody reads any more: a pipe without a reader would wait forever.
    if (!stream.readableEnded) stream.destroy();
  });
  gone.catch(() => undefined);
  try {
    await pipeline(stream, run.stdin, signal === undefined ? {} : { signal });
    return null;
  } catch (error) {
    run.kill();
    return error;
  }
}

const feedBufferBytes = 1024 * 1024;

function followProgress(
  run: ToolRun,
  durationS: number | null,
  onProgress: ((ratio: number) => void) | undefined,
): void {
  let rest = "";
  let highest = 0;
  run.stdout.on("error", () => undefined);
  run.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const timeUs = Number(/^out_time_us=(\d+)/.exec(line)?.[1] ?? Number.NaN);
      if (durationS === null || !Number.isFinite(timeUs)) continue;
      highest = Math.min(1, Math.max(highest, timeUs / 1e6 / durationS));
      onProgress?.(highest);
    }
  });
}

/** See core/matroska-rotation.ts. */
function needsSphericalDetour(
  { versionMajor }: Binaries,
  { display, plan }: StitchRequest,
): boolean {
  return (
    versionMajor < 7 &&
    plan.container === "mkv" &&
    display !== null &&
    display.rotationDegrees !== 0
  );
}

async function flattenFile(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    const head = new Uint8Array(matroskaHeadBytes);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    const read = head.subarray(0, bytesRead);
    if (flattenProjection(read)) await handle.write(read, 0, bytesRead, 0);
  } finally {
    await handle.close();
  }
}

function joinedVideo(join: JoinedPlan): JoinedVideo {
  const offsetTicks = wireOffsetS * join.timescale;
  return {
    frames: join.frames,
    timescale: join.timescale,
    ptsTicks: join.sortedPtsTicks.map((ticks) => ticks - offsetTicks),
    lastDurationTicks: join.lastDurationTicks,
    setsInBand: join.setsInBand,
  };
}

function stitchFailure(exit: ToolExit, outputFile: string): Failure {
  if (exit.exceeded !== null)
    return new Failure("stitch-failed", `ffmpeg ${exit.exceeded}`);
  const lines = exit.stderrTail.trim().split("\n");
  if (/No space left on device|Disk quota exceeded/.test(exit.stderrTail))
    return new Failure("disk-full", path.dirname(outputFile));
  const reason = lines.at(-1) ?? "";
  return new Failure(
    "stitch-failed",
    reason === ""
      ? `ffmpeg ended with ${String(exit.code ?? exit.signal)}`
      : reason,
    { cause: exit.stderrTail },
  );
}
