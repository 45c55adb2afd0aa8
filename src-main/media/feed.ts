/** Runs the master's side of the cut: what a worker's ffmpeg reads from its pipe. */
import { stat } from "node:fs/promises";
import { PassThrough, type Readable, type Transform } from "node:stream";

import { assert } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import {
  audioFeedArguments,
  type AudioFeedFacts,
  feedArguments,
} from "../core/ffmpeg-arguments/cut.ts";
import type { FeedPlan } from "../core/feed-plan.ts";
import type { FrameIndex } from "../core/frame-index.ts";
import type { KeyframeTrust } from "../core/keyframe-trust.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { Binaries } from "./binaries.ts";
import { FeedGate } from "./feed-gate.ts";
import { startFeed, type FeedRun } from "./feed-start.ts";
import { sourceBounds, startTool, type ToolBounds } from "./process.ts";

export interface Feed {
  /** Ends only when all was delivered; a failure destroys it with the error of `done`. */
  readonly stream: Readable;
  /**
   * Resolves when all was delivered, or nobody wanted the rest (killed, or the
   * stream destroyed); rejects with Failure `cut-failed` (also beyond its
   * bounds) or `source-missing`, or the signal's reason.
   */
  readonly done: Promise<void>;
  kill(): void;
}

export interface FeedOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: those of whoever reads a whole source. */
  readonly bounds?: ToolBounds | undefined;
}

export interface AudioFeedOptions extends FeedOptions {
  /** Saves decoding and most of the transfer where a copy is exact. */
  readonly facts?: AudioFeedFacts | undefined;
  /** As in the plan of the source's video. */
  readonly clock?: "kept" | "corrected" | undefined;
}

/** The feed of a video range. */
export interface RangeFeed extends Feed {
  /** Frames of the range whose packets were given out; the range cannot be shortened to fewer. */
  framesFed(): number;
  /**
   * Ends the feed before `endFrame`, or at the next frame where it can end and
   * has not passed yet. Gives the frame at which the range ends now: the old
   * end when it is too late, or when the feed was opened without an index.
   */
  shorten(endFrame: number): number;
}

export interface RangeFeedOptions extends FeedOptions {
  /** Makes progress and shortening possible. */
  readonly index?: FrameIndex | undefined;
  /** Is told what the range's own keyframe turned out to be. */
  readonly trust?: KeyframeTrust | undefined;
}

/** Decoder and encoder both hold pictures, one for each of their threads. */
const decodedBounds = {
  ...sourceBounds,
  maxMemoryBytes: 2 * sourceBounds.maxMemoryBytes,
};

/** Starts the feed of a planned range. */
export function openFeed(
  binaries: Binaries,
  path: string,
  facts: MediaFacts,
  plan: FeedPlan,
  options: RangeFeedOptions = {},
): RangeFeed {
  const { signal, index, trust } = options;
  assert(facts.video, "ranges are of video");
  const gate = new FeedGate(plan, index ?? null, facts.video.timeBase);
  const bounds =
    options.bounds ??
    (plan.feed === "nut-decoded" ? decodedBounds : sourceBounds);
  const run = startFeed({
    ...{ facts, plan, trust },
    begin: (seekS) => {
      const args = feedArguments(path, facts, { ...plan, seekS });
      return startTool(binaries.ffmpeg, args, { ...bounds, signal });
    },
    onBegin: (latestPtsUs) => {
      gate.mustBeginBy(latestPtsUs);
    },
  });
  const feed = feedOf(run, gate, path, signal);
  return {
    ...feed,
    framesFed: () => gate.framesFed(),
    shorten: (endFrame) => gate.shorten(endFrame),
  };
}

/** Starts the feed of audio streams in NUT, whole and in the given order, shifted like the video. */
export function openAudioFeed(
  binaries: Binaries,
  path: string,
  streamIndexes: readonly number[],
  options: AudioFeedOptions = {},
): Feed {
  const { signal, facts = null, clock = "kept" } = options;
  const { bounds = sourceBounds } = options;
  const args = audioFeedArguments(path, facts, streamIndexes, clock);
  const run = startTool(binaries.ffmpeg, args, { ...bounds, signal });
  return feedOf(run, new PassThrough(), path, signal);
}

function feedOf(
  run: FeedRun,
  stream: Transform,
  path: string,
  signal: AbortSignal | undefined,
): Feed {
  let isUnwanted = false;
  let failure: Error | null = null;
  const kill = (): void => {
    isUnwanted = true;
    run.kill();
    // Nobody reads any more; a full pipe would keep the tool from ending.
    run.stdout.unpipe(stream);
    run.stdout.resume();
  };
  const closed = new Promise((resolve) => run.stdout.once("close", resolve));
  run.stdout.pipe(stream, { end: false });
  stream.on("error", (error) => {
    failure ??= error;
  });
  // Ended early by the gate, or given up by the reader.
  stream.once("end", kill);
  stream.once("close", kill);
  const done = Promise.all([run.done, closed]).then(async ([exit]) => {
    signal?.throwIfAborted();
    const broken =
      failure instanceof Failure ||
      ((exit.code !== 0 || exit.exceeded !== null) && !isUnwanted);
    if (!broken) return;
    // No other worker and no other way of cutting would help.
    if (await isMissing(path)) throw new Failure("source-missing", path);
    if (failure instanceof Failure) throw failure;
    const reason = exit.exceeded ?? reasonOf(exit.stderrTail);
    throw new Failure("cut-failed", reason);
  });
  done.then(
    () => stream.end(),
    (cause: unknown) => stream.destroy(cause as Error),
  );
  const giveUp = (): void => {
    kill();
    // An end would say that all was delivered.
    stream.destroy();
  };
  return { stream, done, kill: giveUp };
}

function isMissing(path: string): Promise<boolean> {
  return stat(path).then(
    () => false,
    () => true,
  );
}

/** The last line is ffmpeg's summary; without the program's part addresses. */
function reasonOf(stderrTail: string): string {
  const line = stderrTail.split("\n").at(-1) ?? "";
  return line.replace(/^\[[^\]]*\] /, "").trim() || "no reason given";
}
