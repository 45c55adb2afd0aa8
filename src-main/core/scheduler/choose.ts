/** Pure choices: how long a segment is, and where it ends. Changes nothing. */
import { farmFps, slotFps } from "./speeds.ts";
import { openFrames } from "./timeline.ts";
import type { Job, SchedulerState, Worker } from "./state.ts";

/** Frames of a stretch of source time, at least one. */
export function framesOf(job: Job, seconds: number): number {
  return Math.max(1, Math.round(seconds * job.framesPerSecond));
}

/** How long every segment is to be, seconds; null: guided. */
function fixedSegmentS(job: Job): number | null {
  return job.stage.fixedSegmentS ?? job.fixedSegmentS;
}

/**
 * Guided self-scheduling: this worker's share of half of what is left
 * (Polychronopoulos & Kuck 1987, weighted by speed), in frames.
 */
export function guidedFrames(
  state: SchedulerState,
  job: Job,
  worker: Worker,
  nowMs: number,
): number {
  const { config } = state;
  const fixedS = fixedSegmentS(job);
  if (fixedS !== null) return framesOf(job, fixedS);
  const growing = job.stage.grows && !job.timelineComplete;
  const maxFrames = framesOf(
    job,
    growing ? config.growingSegmentS : config.maxSegmentS,
  );
  if (growing) return maxFrames;
  const left = openFrames(job.stage);
  const mine = slotFps(state, worker, job);
  const all = Math.max(farmFps(state, job, nowMs), mine);
  const share = (left * mine) / (config.guidedDivisor * all);
  // At the very end, when there are no good ones for all, shorter ones.
  const goodFrames = framesOf(job, config.goodSegmentS);
  const minFrames =
    left * mine < goodFrames * all
      ? framesOf(job, config.minSegmentS)
      : goodFrames;
  return Math.round(Math.min(Math.max(share, minFrames), maxFrames));
}

/** The cut point nearest to `frame` within `[lowest, highest]`, or `frame` itself. O(log n). */
export function snapToCut(
  cutPoints: readonly number[],
  frame: number,
  lowest: number,
  highest: number,
): number {
  let low = 0;
  let high = cutPoints.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cutPoints[middle]! < frame) low = middle + 1;
    else high = middle;
  }
  const after = cutPoints[low];
  const before = cutPoints[low - 1];
  const near = [before, after].filter(
    (cut): cut is number =>
      cut !== undefined && cut >= lowest && cut <= highest,
  );
  if (near.length === 0) return frame;
  return near.reduce((best, cut) =>
    Math.abs(cut - frame) < Math.abs(best - frame) ? cut : best,
  );
}

/**
 * Where a segment that begins at `startFrame` should end: `frames` later, moved
 * to a near cut point, never leaving a rest too short to be worth encoding.
 * `limit` is the end of what may be handed out. Null: wait for more of the index.
 */
export function segmentEnd(
  state: SchedulerState,
  job: Job,
  startFrame: number,
  frames: number,
  limit: number,
): number | null {
  const { config } = state;
  const growing =
    job.stage.grows && !job.timelineComplete && limit === job.knownFrames;
  const minFrames = framesOf(job, config.minSegmentS);
  if (!job.splittable) return growing ? null : limit;
  if (growing) {
    // The last known frames may turn out to be the end of the source, which is encoded without an end bound.
    const highest = limit - minFrames;
    const least =
      fixedSegmentS(job) === null ? framesOf(job, config.goodSegmentS) : frames;
    if (startFrame + least > highest) return null;
    return snapped(
      job,
      startFrame,
      Math.min(frames, highest - startFrame),
      highest,
      config.snapRatio,
    );
  }
  if (limit - startFrame <= frames + minFrames) return limit;
  return snapped(job, startFrame, frames, limit - minFrames, config.snapRatio);
}

function snapped(
  job: Job,
  startFrame: number,
  frames: number,
  highest: number,
  ratio: number,
): number {
  const end = startFrame + frames;
  const reach = Math.round(frames * ratio);
  return snapToCut(
    job.cutPoints,
    end,
    Math.max(end - reach, startFrame + 1),
    Math.min(end + reach, highest),
  );
}
