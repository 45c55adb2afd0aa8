import { assert } from "../core/assert.ts";
import { feedPlanFor } from "../core/feed-plan.ts";
import { expectedPtsUs, videoOrder } from "../core/plan.ts";
import type { RateControl } from "../core/recipe.ts";
import type { Assignment } from "../core/scheduler/effects.ts";
import type { Binaries } from "../media/binaries.ts";
import { openAudioFeed, openFeed } from "../media/feed.ts";
import { inspectAudio } from "../media/inspect-audio.ts";
import { inspectSegment } from "../media/inspect-segment.ts";
import type { Job } from "./job.ts";
import type { AttemptWork } from "./master-attempt.ts";

type VideoAssignment = Extract<Assignment, { kind: "video" }>;

/** The order, the feed and the check of one video segment of a job. */
export function videoWork(
  binaries: Binaries,
  job: Job,
  assignment: VideoAssignment,
  rate: RateControl | null,
): AttemptWork {
  const { index, choice, media } = job;
  assert(
    index !== null && choice !== null,
    "a job is indexed before it is cut",
  );
  const { facts, plan } = media;
  const { range, isLast } = assignment;
  const feedPlan = feedPlanFor(facts, index, range, isLast, choice);
  const order = videoOrder(plan, feedPlan, index, range, rate ?? undefined);
  const ptsUs =
    order.expectedFrames === null ? null : expectedPtsUs(plan, index, range);
  return {
    order,
    feedPlan,
    subtitleFile: job.subtitleFile,
    openFeed: (signal) =>
      openFeed(binaries, job.request.sourcePath, facts, feedPlan, { signal }),
    inspect: (file, _frames, signal) =>
      inspectSegment(binaries, file, { order, ptsUs }, signal),
  };
}

/** The order, the feed and the check of a job's audio. */
export function audioWork(binaries: Binaries, job: Job): AttemptWork {
  const { plan } = job.media;
  const order = plan.audioOrder;
  assert(order !== null, "only jobs with audio to encode have an audio task");
  return {
    order,
    feedPlan: null,
    subtitleFile: null,
    openFeed: (signal) =>
      openAudioFeed(binaries, job.request.sourcePath, plan.audioStreamIndexes, {
        signal,
      }),
    inspect: (file, _frames, signal) =>
      inspectAudio(binaries, file, order, signal),
  };
}
