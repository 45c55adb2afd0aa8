/**
 * Looks at a received segment before it counts as finished. The file comes
 * from another machine and may be anything: ffprobe opens it with one demuxer
 * and no protocol but the file, its answer is bounded in size and time, and
 * nothing but numbers and closed words is taken from it.
 */
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";

import { Failure } from "../core/errors.ts";
import { encoderCodec } from "../core/ffmpeg-arguments/carrier.ts";
import { outputPixelFormat } from "../core/ffmpeg-arguments/filters.ts";
import { wireOffsetS, type VideoOrder } from "../core/order.ts";
import { outputPicture } from "../core/output-picture.ts";
import { SegmentTimes } from "../core/segment-times.ts";
import type { Binaries } from "./binaries.ts";
import { readLines } from "./line-reader.ts";
import { maxPixelsArguments, readerMemoryBytes, startTool } from "./process.ts";

export interface SegmentExpectation {
  readonly order: VideoOrder;
  /** Expected presentation times in source time, ascending, microseconds; null: unknown. */
  readonly ptsUs: Float64Array | null;
}

export interface SegmentReport {
  readonly frames: number;
  readonly sizeBytes: number;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: string;
  /** Equal hashes: one header serves both segments. */
  readonly parameterSetsHash: string;
  /** Source time, of the first and last frame shown. */
  readonly firstPtsUs: number;
  readonly lastPtsUs: number;
}

/** A packet list is read at some 100,000 lines a second; a whole film as one segment fits. */
const timeoutMs = 120_000;
/** Where neither count nor times are known: a day at 60 frames per second. */
const mostFrames = 24 * 3600 * 60;

/**
 * Checks a received carrier file against its order.
 *
 * @throws Failure `result-invalid` (not what was ordered), `frame-count-wrong`,
 * `timestamps-wrong`; the signal's reason on abort.
 */
export async function inspectSegment(
  binaries: Pick<Binaries, "ffprobe">,
  file: string,
  expectation: SegmentExpectation,
  signal?: AbortSignal,
): Promise<SegmentReport> {
  const { order, ptsUs } = expectation;
  const expectedFrames = ptsUs?.length ?? order.expectedFrames;
  const { size: sizeBytes } = await stat(file);
  const times = new SegmentTimes((expectedFrames ?? mostFrames) + 1);
  const stream = await readSegment(binaries, file, times, signal);
  checkStream(stream, order);
  if (expectedFrames !== null && times.count !== expectedFrames)
    throw new Failure(
      "frame-count-wrong",
      `${times.count > expectedFrames ? "more than" : String(times.count)}${times.count > expectedFrames ? "" : " instead of"} ${String(expectedFrames)}`,
    );
  const { timescale } = order;
  const problem = times.problem(timescale, wireOffsetS, ptsUs);
  if (problem !== null) throw new Failure("timestamps-wrong", problem);
  const shown = times.presentationTicks();
  const toUs = (ticks: number): number =>
    (ticks * 1e6) / timescale - wireOffsetS * 1e6;
  return {
    frames: times.count,
    sizeBytes,
    codec: stream.codec_name,
    width: stream.width,
    height: stream.height,
    pixelFormat: stream.pix_fmt,
    parameterSetsHash: parameterSetsHash(stream),
    firstPtsUs: toUs(shown[0]!),
    lastPtsUs: toUs(shown.at(-1)!),
  };
}

interface SegmentStream {
  readonly codec_name: string;
  readonly width: number;
  readonly height: number;
  readonly pix_fmt: string;
  readonly time_base: string;
  readonly profile: string;
  readonly extradata_hash: string;
}

async function readSegment(
  { ffprobe }: Pick<Binaries, "ffprobe">,
  file: string,
  times: SegmentTimes,
  signal: AbortSignal | undefined,
): Promise<SegmentStream> {
  const run = startTool(ffprobe, inspectArguments(file), {
    signal,
    maxWallMs: timeoutMs,
    maxMemoryBytes: readerMemoryBytes,
  });
  let fields: Map<string, string> | null = null;
  let streams = 0;
  try {
    await readLines(run.stdout, (line) => {
      const [section, ...pairs] = line.split("|");
      if (section === "packet") {
        if (!times.addLine(pairs)) run.kill();
      } else if (section === "stream") {
        streams += 1;
        fields = fieldsOf(pairs);
      }
    });
    const exit = await run.done;
    signal?.throwIfAborted();
    if (exit.exceeded !== null)
      throw new Failure("result-invalid", `reading it ${exit.exceeded}`);
    // Too many frames: the count tells, whatever followed.
    if (exit.code !== 0 && !times.isFull)
      throw new Failure("result-invalid", "it cannot be read");
  } finally {
    run.kill();
  }
  if (times.isFull && fields === null)
    throw new Failure("frame-count-wrong", "more than ordered");
  return streamOf(fields, streams);
}

function inspectArguments(file: string): string[] {
  return [
    ...["-v", "error", ...maxPixelsArguments, "-protocol_whitelist", "file"],
    // Never looks for another file that this one names.
    ...["-enable_drefs", "0", "-f", "mov"],
    ...["-show_data_hash", "SHA256"],
    ...[
      "-show_entries",
      "packet=stream_index,pts,dts,flags:stream=codec_name,profile,width,height,pix_fmt,time_base,extradata_hash",
    ],
    ...["-of", "compact", "-i", `file:${file}`],
  ];
}

function fieldsOf(pairs: readonly string[]): Map<string, string> {
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function streamOf(
  fields: Map<string, string> | null,
  streams: number,
): SegmentStream {
  if (fields === null || streams !== 1)
    throw new Failure("result-invalid", "it is not one video stream");
  const text = (name: string): string => {
    const value = fields.get(name) ?? "";
    return /^[\w:./ -]{1,100}$/.test(value) ? value : "";
  };
  return {
    codec_name: text("codec_name"),
    width: Number(text("width")),
    height: Number(text("height")),
    pix_fmt: text("pix_fmt"),
    time_base: text("time_base"),
    profile: text("profile"),
    extradata_hash: text("extradata_hash"),
  };
}

function checkStream(stream: SegmentStream, order: VideoOrder): void {
  const { width, height } = outputPicture(order.picture, order.encode.filters);
  const check = (name: string, actual: unknown, ordered: unknown): void => {
    if (actual !== ordered)
      throw new Failure(
        "result-invalid",
        `its ${name} is ${String(actual)} instead of ${String(ordered)}`,
      );
  };
  check("codec", stream.codec_name, encoderCodec(order.encode.encoder));
  check(
    "size",
    `${String(stream.width)}x${String(stream.height)}`,
    `${String(width)}x${String(height)}`,
  );
  // Full range has names of its own in 4:2:0, 4:2:2 and 4:4:4 (yuvj420p).
  const format = stream.pix_fmt.replace(/^yuvj/, "yuv");
  check("pixel format", uploadName(format), outputPixelFormat(order));
  check("time base", stream.time_base, `1/${String(order.timescale)}`);
}

/** Chips take 4:2:0 as NV12 and P010; decoders give the planar form, but ffprobe may name the other. */
function uploadName(format: string): string {
  if (format === "nv12") return "yuv420p";
  return format === "p010le" ? "yuv420p10le" : format;
}

function parameterSetsHash(stream: SegmentStream): string {
  const { codec_name, profile, width, height, pix_fmt, extradata_hash } =
    stream;
  return createHash("sha256")
    .update(
      JSON.stringify([
        codec_name,
        profile,
        width,
        height,
        pix_fmt,
        extradata_hash,
      ]),
    )
    .digest("hex");
}
