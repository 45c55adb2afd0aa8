/** Tries what no rule can know: whether a copy of this video can be carried in NUT and read back. */
import { pipeline } from "node:stream/promises";

import { feedPlanFor, type FeedChoice } from "../core/feed-plan.ts";
import type { FrameIndex } from "../core/frame-index.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { Binaries } from "./binaries.ts";
import { openFeed } from "./feed.ts";
import { framecrcTimesUs } from "./packet-index.ts";
import { sourceBounds, startTool } from "./process.ts";

/**
 * Feeds the beginning of a source and decodes one frame of it, as a worker
 * would. Gives the choice back, or the decoded feed when no frame came over;
 * costs two short runs of ffmpeg. Two frames must be known, or the index be
 * complete: the bound after a frame lies midway to the next.
 *
 * @throws the signal's reason on abort.
 */
export async function tryFeed(
  binaries: Binaries,
  path: string,
  facts: MediaFacts,
  index: FrameIndex,
  choice: FeedChoice,
  signal?: AbortSignal,
): Promise<FeedChoice> {
  // Only a copy can fail to be carried.
  if (choice.kind === "whole" && choice.feed === "nut-decoded") return choice;
  // A copy of the whole begins like that of a first range.
  const range = { startFrame: 0, endFrame: 1 };
  const isLast = index.complete && index.knownFrames === 1;
  const plan = feedPlanFor(facts, index, range, isLast, { kind: "ranges" });
  const feed = openFeed(binaries, path, facts, plan, { signal });
  const run = startTool(binaries.ffmpeg, readBack, {
    ...sourceBounds,
    signal,
    stdin: "pipe",
  });
  const fed = pipeline(feed.stream, run.stdin!).catch(() => undefined);
  let text = "";
  for await (const chunk of run.stdout) text += String(chunk);
  await run.done;
  feed.kill();
  await fed;
  signal?.throwIfAborted();
  if (framecrcTimesUs(text).length > 0) return choice;
  return { kind: "whole", feed: "nut-decoded", reason: "not-copyable" };
}

const readBack = [
  ...["-v", "error", "-f", "nut", "-i", "pipe:0", "-map", "0:v:0"],
  ...["-frames:v", "1", "-f", "framecrc", "pipe:1"],
];
