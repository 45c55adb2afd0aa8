import { assert } from "../core/assert.ts";
import type { ErrorCode } from "../core/errors.ts";
import {
  contextFramesOf,
  feedPlanFor,
  type FeedPlan,
} from "../core/feed-plan.ts";
import type { VideoOrder } from "../core/order.ts";
import { expectedPtsUs, videoOrder } from "../core/plan.ts";
import type { VideoEncode } from "../core/recipe.ts";
import { resultAllowanceBytes, widened } from "../core/result-allowance.ts";
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
  encode: VideoEncode,
): AttemptWork {
  const { index, choice, media } = job;
  assert(
    index !== null && choice !== null,
    "a job is indexed before it is cut",
  );
  const { facts } = media;
  const plan = { ...media.plan, encode };
  const { range, isLast } = assignment;
  const feedPlan = feedPlanFor(facts, index, range, isLast, choice, {
    contextFrames: contextFramesOf(encode.filters),
    mayBeginWith: (keyframe) => job.keyframes.allows(keyframe),
  });
  const physical = videoOrder(plan, feedPlan, index, range);
  const order = {
    ...physical,
    maxOutputBytes: videoAllowanceBytes(job, assignment, physical),
  };
  const orderUpTo = (endFrame: number): VideoOrder =>
    endFrame === range.endFrame
      ? order
      : { ...order, expectedFrames: endFrame - range.startFrame };
  return {
    order,
    subtitleFile: job.subtitleFile,
    openFeed: (signal) =>
      openFeed(binaries, job.request.sourcePath, facts, feedPlan, {
        signal,
        index,
        trust: job.keyframes,
      }),
    meaningOf: (code) => startMeaning(job, feedPlan, code),
    shortened: canBeShortened(order)
      ? (endFrame) => ({
          expectedFrames: endFrame - range.startFrame,
          endUs: Math.round(index.ptsUs(endFrame)),
        })
      : null,
    inspect: (file, endFrame, signal) => {
      const ordered = orderUpTo(endFrame);
      const ptsUs =
        ordered.expectedFrames === null
          ? null
          : expectedPtsUs(plan, index, { ...range, endFrame });
      return inspectSegment(binaries, file, { order: ordered, ptsUs }, signal);
    },
  };
}

/** Parts of others that say how dense a film is; fewer may all be its dark beginning. */
const leastParts = 3;

function videoAllowanceBytes(
  job: Job,
  { range, workerId }: VideoAssignment,
  { encode, expectedFrames, nominalRate, maxOutputBytes }: VideoOrder,
): number {
  const { sizeBytes, durationS } = job.media.facts;
  const rangeFrames = range.endFrame - range.startFrame;
  const frames = expectedFrames ?? rangeFrames;
  const seconds = (frames * nominalRate.denominator) / nominalRate.numerator;
  const others = [...job.finished.values()].filter(
    (part) => part.workerId !== workerId && part.frames > 0,
  );
  const densest = Math.max(
    ...others.map((part) => part.sizeBytes / part.frames),
  );
  return resultAllowanceBytes({
    encode,
    sourceBytes: durationS ? (sizeBytes * seconds) / durationS : null,
    frameGrowth: Math.max(1, frames / rangeFrames),
    othersBytes: others.length < leastParts ? null : densest * frames,
    mostBytes: maxOutputBytes,
    oversizedResults: job.oversizedResults,
  });
}

/**
 * Other frames than ordered, where the copy may have begun with the range's own
 * keyframe, put that beginning in doubt: before anybody is blamed, or the
 * source is made whole, parts are fed from a keyframe earlier.
 */
function startMeaning(job: Job, { own }: FeedPlan, code: ErrorCode): ErrorCode {
  const isMiscounted =
    code === "frame-count-wrong" || code === "timestamps-wrong";
  if (own === null || !isMiscounted) return code;
  job.keyframes.lose();
  return "start-not-clean";
}

/**
 * A worker was told how many frames a constant rate gives, and filters that
 * look ahead need the frames after the end: such ranges stay as they are.
 */
function canBeShortened({ grid, encode, expectedFrames }: VideoOrder): boolean {
  return (
    grid === null &&
    expectedFrames !== null &&
    contextFramesOf(encode.filters) === 0
  );
}

/** The order, the feed and the check of a job's audio. */
export function audioWork(binaries: Binaries, job: Job): AttemptWork {
  const { plan } = job.media;
  const { choice } = job;
  const clock =
    choice?.kind === "whole" && choice.reason === "clock-jumps-back"
      ? "corrected"
      : "kept";
  const planned = plan.audioOrder;
  assert(planned !== null, "only jobs with audio to encode have an audio task");
  const order = {
    ...planned,
    maxOutputBytes: widened(planned.maxOutputBytes, job.oversizedResults),
  };
  return {
    order,
    subtitleFile: null,
    openFeed: (signal) =>
      openAudioFeed(binaries, job.request.sourcePath, plan.audioStreamIndexes, {
        signal,
        facts: job.media.facts,
        clock,
      }),
    shortened: null,
    inspect: (file, _endFrame, signal) =>
      inspectAudio(binaries, file, order, signal),
  };
}
