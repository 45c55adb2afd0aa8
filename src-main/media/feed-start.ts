/**
 * Starts the copy of a range with the range's own keyframe where the bytes of
 * that prove it clean, else one keyframe earlier. Costs nothing where it is
 * clean, and a second start of ffmpeg where it is not.
 */
import { PassThrough, type Readable } from "node:stream";

import { FeedHead, type FeedHeadVerdict } from "../core/feed-head.ts";
import { type FeedPlan, wireShiftUs } from "../core/feed-plan.ts";
import type { KeyframeTrust } from "../core/keyframe-trust.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { ToolRun } from "./process.ts";

/** A running copy, perhaps the second one. */
export type FeedRun = Pick<ToolRun, "stdout" | "done" | "kill">;

export interface FeedStart {
  readonly facts: MediaFacts;
  readonly plan: FeedPlan;
  /** Starts ffmpeg at a time of the source; null is its head. */
  readonly begin: (seekS: number | null) => ToolRun;
  /** Told what was found out. */
  readonly trust: KeyframeTrust | undefined;
  /** Called before the first byte: the copy must begin at or before this time. */
  readonly onBegin: (latestPtsUs: number | null) => void;
}

export function startFeed(start: FeedStart): FeedRun {
  const { plan, begin, onBegin } = start;
  if (plan.own !== null) return startWithOwn(start, plan.own);
  onBegin(plan.preRollPtsUs);
  return begin(plan.seekS);
}

function startWithOwn(
  { facts, plan, begin, trust, onBegin }: FeedStart,
  own: NonNullable<FeedPlan["own"]>,
): FeedRun {
  const { codec, timeBase } = facts.video!;
  const head = new FeedHead(codec, own.ptsUs + wireShiftUs(timeBase));
  const stdout = new PassThrough();
  let run = begin(own.seekS);
  let isKilled = false;
  const follow = async (): Promise<Awaited<ToolRun["done"]>> => {
    const { verdict, chunks } = await readHead(run.stdout, head);
    const begins = verdict === "clean" || verdict === "earlier";
    if (verdict === "clean") trust?.noteClean();
    else if (!begins && !isKilled) trust?.noteUnclean(own.keyframe);
    if (!begins) {
      run.kill();
      run.stdout.resume();
      await run.done;
      if (!isKilled) run = begin(plan.seekS);
    }
    onBegin(begins ? own.ptsUs : plan.preRollPtsUs);
    if (begins) for (const chunk of chunks) stdout.write(chunk);
    if (isKilled) stdout.end();
    else run.stdout.pipe(stdout);
    return run.done;
  };
  const done = follow();
  // Why is told by `done`.
  done.catch(() => stdout.destroy());
  return {
    stdout,
    done,
    kill: () => {
      isKilled = true;
      run.kill();
    },
  };
}

/** Reads until the beginning tells; null where it ends before. What was read is given back. */
async function readHead(
  stream: Readable,
  head: FeedHead,
): Promise<{ verdict: FeedHeadVerdict | null; chunks: readonly Buffer[] }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk as Buffer);
      const verdict = head.push(chunk as Buffer);
      if (verdict !== null) return { verdict, chunks };
    }
  } catch {
    // The process has ended; how, it tells itself.
  }
  return { verdict: null, chunks };
}
