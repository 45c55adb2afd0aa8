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

/** A keyframe that comes this much sooner than others do was put where a scene begins. */
const sceneGapRatio = 0.9;
/** How many cut points on either side show how far apart keyframes usually are. */
const gapNeighbours = 4;

/**
 * Where a bound wanted at `frame` goes within `[lowest, highest]`: the nearest
 * cut point that looks like a scene's beginning, where an encoder would begin
 * anew on its own account; else the nearest cut point; else `frame` itself.
 * O(log n) and the cut points within reach.
 */
export function snapToCut(
  cutPoints: readonly number[],
  frame: number,
  lowest: number,
  highest: number,
): number {
  const around = cutsAround(cutPoints, lowest, highest);
  const gaps = around.map((cut, at) => cut - (around[at - 1] ?? cut));
  const longest = gaps.reduce((most, gap) => Math.max(most, gap), 0);
  const nearest = (cuts: readonly number[]): number | undefined =>
    cuts
      .filter((cut) => cut >= lowest && cut <= highest)
      .reduce<number | undefined>(
        (best, cut) =>
          best === undefined || Math.abs(cut - frame) < Math.abs(best - frame)
            ? cut
            : best,
        undefined,
      );
  const scenes = around.filter(
    (_, at) => at > 0 && gaps[at]! < sceneGapRatio * longest,
  );
  return nearest(scenes) ?? nearest(around) ?? frame;
}

/** The cut points within the bounds, and some on either side. */
function cutsAround(
  cutPoints: readonly number[],
  lowest: number,
  highest: number,
): number[] {
  const around: number[] = [];
  let beyond = 0;
  const first = firstAtLeast(cutPoints, lowest) - gapNeighbours;
  for (let at = Math.max(0, first); at < cutPoints.length; at++) {
    const cut = cutPoints[at]!;
    around.push(cut);
    if (cut > highest) beyond++;
    if (beyond === gapNeighbours) break;
  }
  return around;
}

/** The index of the first value not below the bound, of ascending ones. */
function firstAtLeast(ascending: readonly number[], bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
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
  // Who asks for short segments gets no long ones at the ends of stretches.
  const fixedS = fixedSegmentS(job);
  const restFrames =
    fixedS === null
      ? minFrames
      : Math.min(minFrames, framesOf(job, fixedS / 2));
  if (limit - startFrame <= frames + restFrames) return limit;
  return snapped(job, startFrame, frames, limit - restFrames, config.snapRatio);
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
