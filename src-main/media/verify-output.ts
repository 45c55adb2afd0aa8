/**
 * The verification of a finished output: what the file says and holds is
 * compared with the plan. Exit codes prove nothing; timestamps do.
 */
import { open, stat } from "node:fs/promises";

import type { DisplayTags } from "../core/display-tags.ts";
import { Failure } from "../core/errors.ts";
import { openFileArguments } from "../core/ffmpeg-arguments/stitch.ts";
import {
  matroskaHeadBytes,
  matroskaRotation,
} from "../core/matroska-rotation.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { OutputStream } from "../core/output-streams.ts";
import { streamProblem } from "../core/output-streams.ts";
import { OutputTimes, timesProblem } from "../core/output-times.ts";
import type { ExpectedVideoTimes, TrackSpan } from "../core/output-times.ts";
import type { StreamPlan } from "../core/stream-plan.ts";
import type { Binaries } from "./binaries.ts";
import { readLines } from "./line-reader.ts";
import { readOutputStreams } from "./output-probe.ts";
import {
  maxPixelsArguments,
  readerMemoryBytes,
  readTool,
  startTool,
  type ToolExit,
} from "./process.ts";

export interface OutputExpectation {
  readonly sourceFile: string;
  readonly facts: MediaFacts;
  readonly plan: StreamPlan;
  /** From the stitch's report; null unless video is encoded. */
  readonly video: ExpectedVideoTimes | null;
  /** With encoded video: what was asked of the stitch, and the picture's size. */
  readonly display: DisplayTags | null;
  readonly size: { readonly width: number; readonly height: number } | null;
  /** The audio task's result; its tracks must be in the output in full. */
  readonly audioFile: string | null;
}

export interface OutputReport {
  readonly sizeBytes: number;
  /** Frames of the video; 0 without one. */
  readonly frames: number;
  readonly durationS: number;
  /** Decoded to prove that every part decodes from its header. */
  readonly keyframesDecoded: number;
}

/** Frames decoded of codecs whose every frame is a keyframe: one proves as much as all. */
const maxIntraFrames = 100;
const intraCodecs: readonly string[] = ["prores", "dnxhd", "ffv1"];

/** Sound may begin late in a large file on a slow disk. */
const firstPacketTimeoutMs = 10 * 60_000;

/** Reading a whole film from a slow disk takes an hour or two; parts of it come from strangers. */
const maxWallMs = 12 * 3600_000;

/** First complaints of a decoder that are told. */
const maxComplaints = 3;

/**
 * Throws `Failure("output-wrong")` with what differs, or the signal's reason on
 * abort. Memory: eight bytes per video frame.
 */
export async function verifyOutput(
  binaries: Binaries,
  file: string,
  expectation: OutputExpectation,
  signal?: AbortSignal,
): Promise<OutputReport> {
  const { plan, video, audioFile } = expectation;
  const streams = await readOutputStreams(binaries, file, signal);
  if (plan.container === "mkv") await addRotation(streams.streams, file);
  refuse(streamProblem(streams, expectation));
  const times = await readTimes(binaries, file, streams.timeBases, signal);
  const carried =
    audioFile === null ? null : await readSpans(binaries, audioFile, signal);
  const sourceStartsS = await readSourceStarts(binaries, expectation, signal);
  refuse(
    timesProblem(times, { ...expectation, streams, carried, sourceStartsS }),
  );
  const keyframesDecoded =
    plan.video.kind === "encode"
      ? await decodeKeyframes(binaries, file, plan.video.codec, signal)
      : 0;
  const { size } = await stat(file);
  return {
    sizeBytes: size,
    frames: video === null ? times.videoFrames(streams) : video.frames,
    durationS: streams.durationS ?? 0,
    keyframesDecoded,
  };
}

/** ffprobe before 7 does not tell how Matroska turns a picture. */
async function addRotation(
  streams: OutputStream[],
  file: string,
): Promise<void> {
  const place = streams.findIndex(({ kind }) => kind === "video");
  const video = streams[place];
  if (video === undefined || video.rotationDegrees !== 0) return;
  const handle = await open(file, "r");
  try {
    const head = new Uint8Array(matroskaHeadBytes);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    const rotationDegrees = matroskaRotation(head.subarray(0, bytesRead));
    streams[place] = { ...video, rotationDegrees };
  } finally {
    await handle.close();
  }
}

function refuse(problem: string | null): void {
  if (problem !== null) throw new Failure("output-wrong", problem);
}

async function readTimes(
  binaries: Binaries,
  file: string,
  timeBases: readonly number[],
  signal: AbortSignal | undefined,
): Promise<OutputTimes> {
  const times = new OutputTimes(timeBases);
  const run = startTool(
    binaries.ffprobe,
    [
      ...["-v", "error", "-of", "csv=p=0", "-show_entries"],
      "packet=stream_index,pts,dts,duration,flags",
      ...openFileArguments(file),
    ],
    { signal, maxWallMs, maxMemoryBytes: readerMemoryBytes },
  );
  await readLines(run.stdout, (line) => times.addLine(line));
  const exit = await run.done;
  signal?.throwIfAborted();
  refuseExceeded(exit);
  if (exit.code !== 0 || exit.stderrTail.trim() !== "")
    throw new Failure(
      "output-wrong",
      `reading it gives: ${firstLines(exit.stderrTail)}`,
    );
  return times;
}

async function readSpans(
  binaries: Binaries,
  audioFile: string,
  signal: AbortSignal | undefined,
): Promise<readonly TrackSpan[]> {
  const { timeBases } = await readOutputStreams(binaries, audioFile, signal);
  const times = await readTimes(binaries, audioFile, timeBases, signal);
  return times.spans();
}

/** First packets of copied sound: headers tell of starts with or without priming, as their muxer liked. */
async function readSourceStarts(
  binaries: Binaries,
  { sourceFile, plan }: OutputExpectation,
  signal: AbortSignal | undefined,
): Promise<Map<number, number>> {
  const starts = new Map<number, number>();
  for (const { encode, sourceIndex } of plan.audio) {
    if (encode !== null) continue;
    const { stdout } = await readTool(
      binaries.ffprobe,
      [
        ...[
          "-v",
          "error",
          "-of",
          "csv=p=0",
          "-show_entries",
          "packet=pts_time",
        ],
        ...["-select_streams", String(sourceIndex)],
        ...["-read_intervals", "%+#1", ...openFileArguments(sourceFile)],
      ],
      { signal, timeoutMs: firstPacketTimeoutMs },
    );
    const startS = Number.parseFloat(stdout);
    if (Number.isFinite(startS)) starts.set(sourceIndex, startS);
  }
  return starts;
}

/** Decodes keyframes only: each needs the parameter sets of its own part. */
async function decodeKeyframes(
  binaries: Binaries,
  file: string,
  codec: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  let frames = 0;
  const run = startTool(
    binaries.ffprobe,
    [
      ...["-v", "error", "-of", "csv=p=0", "-select_streams", "v:0"],
      ...["-skip_frame", "nokey", "-show_entries", "frame=pict_type"],
      ...(intraCodecs.includes(codec)
        ? ["-read_intervals", `%+#${String(maxIntraFrames)}`]
        : []),
      ...maxPixelsArguments,
      ...openFileArguments(file),
    ],
    { signal, maxWallMs, maxMemoryBytes: readerMemoryBytes },
  );
  await readLines(run.stdout, (line) => {
    if (line.trim() !== "") frames += 1;
  });
  const exit = await run.done;
  signal?.throwIfAborted();
  refuseExceeded(exit);
  if (exit.code !== 0 || exit.stderrTail.trim() !== "")
    throw new Failure(
      "output-wrong",
      `decoding gives: ${firstLines(exit.stderrTail)}`,
    );
  if (frames === 0) throw new Failure("output-wrong", "no keyframe decodes");
  return frames;
}

function refuseExceeded({ exceeded }: ToolExit): void {
  if (exceeded !== null)
    throw new Failure("output-wrong", `reading it ${exceeded}`);
}

/** SVT-AV1 and others greet on stderr at any level; only decoders speak here. */
function firstLines(text: string): string {
  return text.trim().split("\n").slice(0, maxComplaints).join("; ");
}
