import { createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Failure } from "../core/errors.ts";
import { openFileArguments } from "../core/ffmpeg-arguments/stitch.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import { wireOffsetS } from "../core/order.ts";
import type { SamplePlan } from "../core/sample-plan.ts";
import type { Binaries } from "./binaries.ts";
import { startEncode } from "./encode.ts";
import { openFeed } from "./feed.ts";
import { readTool } from "./process.ts";
import type { Sandbox } from "./sandbox.ts";

export interface SampleRun {
  /** Private and empty. */
  readonly workFolder: string;
  readonly subtitleFile: string | undefined;
  readonly sandbox: Sandbox | null;
  readonly signal: AbortSignal;
}

export interface EncodedSample {
  /** Matroska in the times of the source. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly frames: number;
  /** From the first byte of the feed to the last of the result. */
  readonly encodeS: number;
}

/** Somebody waits, but not in place of the encodes of the farm. */
const niceness = 5;
const remuxTimeoutMs = 60_000;

/**
 * Encodes a sample as a worker would, and makes a file of it in which can be
 * looked around.
 *
 * @throws Failure `cut-failed` when nothing comes of the feed, those of an
 * encode; the signal's reason on abort.
 */
export async function encodeSample(
  binaries: Binaries,
  path: string,
  facts: MediaFacts,
  { feed: feedPlan, order }: SamplePlan,
  run: SampleRun,
): Promise<EncodedSample> {
  const { workFolder, signal, subtitleFile, sandbox } = run;
  const carrier = join(workFolder, "carrier.mp4");
  const begunMs = performance.now();
  const encode = startEncode(binaries, order, {
    workFolder,
    threads: null,
    niceness,
    sandbox,
    signal,
    ...(subtitleFile === undefined ? {} : { subtitleFile }),
  });
  const feed = openFeed(binaries, path, facts, feedPlan, { signal });
  const fed = pipeline(feed.stream, encode.input);
  // The encoder has what it needs before the feed ends.
  fed.catch(() => undefined);
  feed.done.catch(() => undefined);
  try {
    const [{ frames }] = await Promise.all([
      encode.done,
      pipeline(encode.output, createWriteStream(carrier, { mode: 0o600 })),
    ]);
    const encodeS = (performance.now() - begunMs) / 1000;
    if (frames === 0) throw new Failure("cut-failed", "no picture came of it");
    const file = await remuxed(binaries, carrier, workFolder, signal);
    const { size } = await stat(file);
    return { file, sizeBytes: size, frames, encodeS };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    feed.kill();
    encode.kill();
    await rm(carrier, { force: true });
  }
}

/** Fragments on a pipe have no index; a still in the middle of them would be slow. */
async function remuxed(
  binaries: Binaries,
  carrier: string,
  workFolder: string,
  signal: AbortSignal,
): Promise<string> {
  const file = join(workFolder, "sample.mkv");
  const { exit } = await readTool(
    binaries.ffmpeg,
    [
      ...["-nostdin", "-v", "error", "-copyts"],
      ...["-itsoffset", String(-wireOffsetS), "-f", "mov"],
      ...openFileArguments(carrier),
      ...["-map", "0:v:0", "-c", "copy", "-f", "matroska", `file:${file}`],
    ],
    { signal, timeoutMs: remuxTimeoutMs },
  );
  if (exit.code !== 0)
    throw new Failure("stitch-failed", "the sample cannot be looked into");
  return file;
}
