/** Pure choices: how long a segment is, and where it ends. Changes nothing. */
import {
  farmFps,
  freeSlotMs,
  isMeasured,
  overheadMs,
  slotFps,
} from "./speeds.ts";
import { openFrames, runningFrames } from "./timeline.ts";
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
 * How long a worker's next segment should be, in frames. Guided self-scheduling
 * (Polychronopoulos & Kuck 1987): half of what it would still do if all ended
 * together, so that later segments even out what was misjudged. Where half
 * would be too short to be worth its start, all of it: then all do end together,
 * and stealing sets right what is left of the errors.
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
  if (job.stage.grows && !job.timelineComplete)
    return framesOf(job, config.growingSegmentS);
  const most = framesOf(job, config.maxSegmentS);
  const due = dueFrames(state, job, worker, nowMs, most * config.guidedDivisor);
  const half = due / config.guidedDivisor;
  // What only waits need not be short: whoever is free first takes a part of it.
  const least =
    worker.attempts.length < worker.slots
      ? restFramesOf(state, job)
      : framesOf(job, config.goodSegmentS);
  const frames =
    half >= worthwhileFrames(state, job, worker) ? half : Math.max(due, least);
  return Math.round(Math.min(frames, most));
}

/** What a slot of the worker would do until the end if all ended together, counted only up to `enough`. */
function dueFrames(
  state: SchedulerState,
  job: Job,
  worker: Worker,
  nowMs: number,
  enough: number,
): number {
  const mine = slotFps(state, worker, job);
  const all = Math.max(farmFps(state, job, nowMs), mine);
  const busyMs = busyFor(state, job, worker, nowMs);
  const due = (left: number): number => mine * (left / all - busyMs / 1000);
  const open = openFrames(job.stage);
  if (due(open) >= enough) return due(open);
  return due(open + runningFrames(job.stage));
}

/**
 * How long the worker's slots are taken by work of the job. Without its
 * overhead: a waiting segment begins when the encoder of the one before ends.
 */
function busyFor(
  state: SchedulerState,
  job: Job,
  worker: Worker,
  nowMs: number,
): number {
  if (!worker.attempts.some((attempt) => attempt.job === job)) return 0;
  const freeMs =
    freeSlotMs(state, worker, nowMs) - overheadMs(state, worker, job);
  return Math.max(0, freeMs - nowMs);
}

/** Long enough in film for its quality, and in time for its start. */
function worthwhileFrames(
  state: SchedulerState,
  job: Job,
  worker: Worker,
): number {
  const { goodSegmentS, worthwhileMs } = state.config;
  const good = framesOf(job, goodSegmentS);
  if (!isMeasured(worker, job)) return good;
  return Math.max(good, (slotFps(state, worker, job) * worthwhileMs) / 1000);
}

/** Less is not left over, nor cut off on purpose. */
function restFramesOf({ config }: SchedulerState, job: Job): number {
  return framesOf(
    job,
    Math.max(config.minSegmentS, config.goodSegmentS / config.guidedDivisor),
  );
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
      ? restFramesOf(state, job)
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
