/** Runs the master's side of the cut: what a worker's ffmpeg reads from its pipe. */
import { PassThrough, type Readable } from "node:stream";

import { Failure } from "../core/errors.ts";
import {
  audioFeedArguments,
  feedArguments,
} from "../core/ffmpeg-arguments/cut.ts";
import type { FeedPlan } from "../core/feed-plan.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { Binaries } from "./binaries.ts";
import { startTool, type ToolRun } from "./process.ts";

export interface Feed {
  /** Ends when the tool has ended, also when it failed: `done` tells. */
  readonly stream: Readable;
  /**
   * Resolves when all was delivered, or nobody wanted the rest (killed, or the
   * stream destroyed); rejects with Failure `cut-failed`, or the signal's reason.
   */
  readonly done: Promise<void>;
  kill(): void;
}

export interface FeedOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface AudioFeedOptions extends FeedOptions {
  /** The format that probing found; given, no other is tried. */
  readonly format?: string;
  /** Default NUT. */
  readonly carrier?: "nut" | "matroska";
}

/** Starts the feed of a planned range. */
export function openFeed(
  binaries: Binaries,
  path: string,
  facts: MediaFacts,
  plan: FeedPlan,
  options: FeedOptions = {},
): Feed {
  const run = startTool(binaries.ffmpeg, feedArguments(path, facts, plan), {
    signal: options.signal,
  });
  return feedOf(run, options.signal);
}

/**
 * Starts the feed of audio streams, whole and in the given order. In NUT; a
 * codec that NUT refuses goes over in Matroska (`carrier`).
 */
export function openAudioFeed(
  binaries: Binaries,
  path: string,
  streamIndexes: readonly number[],
  options: AudioFeedOptions = {},
): Feed {
  const run = startTool(
    binaries.ffmpeg,
    audioFeedArguments(
      path,
      options.format ?? null,
      streamIndexes,
      options.carrier ?? "nut",
    ),
    { signal: options.signal },
  );
  return feedOf(run, options.signal);
}

function feedOf(run: ToolRun, signal: AbortSignal | undefined): Feed {
  const stream = new PassThrough();
  run.stdout.pipe(stream);
  let isKilled = false;
  const kill = (): void => {
    isKilled = true;
    run.kill();
    run.stdout.resume();
  };
  stream.once("close", () => {
    if (!stream.readableEnded) kill();
  });
  const done = run.done.then((exit) => {
    signal?.throwIfAborted();
    if (exit.code !== 0 && !isKilled)
      throw new Failure("cut-failed", reasonOf(exit.stderrTail));
  });
  done.catch(() => undefined);
  return { stream, done, kill };
}

/** The last line is ffmpeg's summary; without the program's part addresses. */
function reasonOf(stderrTail: string): string {
  const line = stderrTail.split("\n").at(-1) ?? "";
  return line.replace(/^\[[^\]]*\] /, "").trim() || "no reason given";
}
