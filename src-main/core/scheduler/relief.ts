/**
 * Long before the tail: a worker that has become slow does not keep what all
 * others together would have done sooner, neither the later part of its range
 * nor what waits behind it.
 */
import type { AttemptId } from "../identifiers.ts";
import { cancelAttempt } from "./attempts.ts";
import { framesOf, snapToCut } from "./choose.ts";
import { hasOpenVideo, isRunnable } from "./open-work.ts";
import {
  attemptFps,
  expectedEndMs,
  farmFps,
  freeSlotMs,
  slotFps,
} from "./speeds.ts";
import type { Attempt, Job, SchedulerState, Worker } from "./state.ts";
import { openFrames, runningFrames } from "./timeline.ts";
import type { Turn } from "./turn.ts";

/** Later than the stage by less than this share of what is left is within the error of the speeds. */
const toleratedRatio = 0.25;
/** The same for what only waits: a free slot costs more than a late piece. */
const queueRatio = 2;
const farmFpsAgeMs = 2_000;

/** After news of an attempt: gives back what its worker cannot do in time, for everybody. */
export function relieve(turn: Turn, attemptId: AttemptId): void {
  const { state } = turn;
  const attempt = state.attempts.get(attemptId);
  if (attempt === undefined || !state.config.stealing) return;
  const { job } = attempt;
  if (!isRunnable(job) || !hasOpenVideo(job)) return;
  const worker = state.workers.get(attempt.workerId)!;
  giveBackLaterPart(turn, attempt);
  const waiting = worker.attempts.filter(
    (held) =>
      held.job === job &&
      held.task.kind === "video" &&
      held.startedAtMs === null,
  );
  if (waiting.length === 0 || !queuesTooLong(turn, job, worker)) return;
  for (const held of waiting) cancelAttempt(turn, held, "superseded");
}

/**
 * Whether a good piece that waits behind a worker's present work would end long
 * after the stage. Looks at no piece in particular, so that what was given back
 * is not handed out in the same way again.
 */
export function queuesTooLong(turn: Turn, job: Job, worker: Worker): boolean {
  const { state, nowMs } = turn;
  const frames = framesOf(job, state.config.goodSegmentS);
  const endMs =
    freeSlotMs(state, worker, nowMs) +
    (frames * 1000) / slotFps(state, worker, job);
  return latestEndMs(turn, job, endMs, queueRatio) !== null;
}

function giveBackLaterPart(turn: Turn, attempt: Attempt): void {
  const { state, nowMs } = turn;
  const { job, task } = attempt;
  if (!job.splittable || task.kind !== "video" || task.attempts.length > 1)
    return;
  if (attempt.unstealable || attempt.shorten !== null) return;
  const endMs = expectedEndMs(state, attempt, nowMs);
  const stageEndMs = latestEndMs(turn, job, endMs, toleratedRatio);
  if (stageEndMs === null) return;
  const endFrame = timelyEnd(state, attempt, stageEndMs, nowMs);
  if (endFrame === null) return;
  attempt.shorten = { endFrame, thief: null, askedAtMs: nowMs };
  turn.effects.push({
    type: "shorten",
    attemptId: attempt.attemptId,
    endFrame,
  });
}

/** As much as it can do until the stage ends, but no less than it was fed; null: too little would be given back. */
function timelyEnd(
  state: SchedulerState,
  attempt: Attempt,
  stageEndMs: number,
  nowMs: number,
): number | null {
  const { job, startFrame, endFrame } = attempt;
  const fps = attemptFps(state, attempt, nowMs);
  const timely = attempt.framesDone + (fps * (stageEndMs - nowMs)) / 1000;
  const lowest = lowestEnd(attempt, fps);
  const highest = endFrame - framesOf(job, state.config.minSegmentS);
  const wanted = Math.max(startFrame + Math.round(timely), lowest);
  if (wanted > highest) return null;
  const earliest = Math.max(lowest, wanted - slackFrames(state, fps));
  return snapToCut(job.cutPoints, wanted, earliest, wanted);
}

/** What is fed cannot come back; while the question travels half a second more is fed. */
export function lowestEnd(attempt: Attempt, fps: number): number {
  const gone = Math.max(attempt.framesFed, attempt.framesDone + fps / 2);
  return attempt.startFrame + Math.ceil(gone) + 1;
}

/** How many frames a bound may move to meet a cut point: what its worker does in the least gain that counts. */
export function slackFrames(state: SchedulerState, fps: number): number {
  return Math.round((fps * state.config.minGainMs) / 1000);
}

/**
 * When all who may help would be done with the stage together, if `endMs` is
 * later than that by a share of what is left; null when it is early enough.
 * The running attempts are only counted where it is close (S90).
 */
function latestEndMs(
  turn: Turn,
  job: Job,
  endMs: number,
  ratio: number,
): number | null {
  const { state, nowMs } = turn;
  const { stage } = job;
  if (stage.grows && !job.timelineComplete) return null;
  const fps = knownFarmFps(turn, job);
  const soonestMs = (frames: number): number =>
    (Math.max(frames, 0) * 1000) / fps + state.config.assumedOverheadMs;
  const isLate = (leftMs: number): boolean =>
    endMs - nowMs - leftMs > Math.max(state.config.minGainMs, leftMs * ratio);
  if (!isLate(soonestMs(openFrames(stage)))) return null;
  const leftMs = soonestMs(openFrames(stage) + runningFrames(stage));
  return isLate(leftMs) ? nowMs + leftMs : null;
}

/** At most so old: it is asked for with every piece and every news. */
function knownFarmFps({ state, nowMs }: Turn, job: Job): number {
  if (nowMs - job.farm.atMs >= farmFpsAgeMs)
    job.farm = { fps: farmFps(state, job, nowMs), atMs: nowMs };
  return job.farm.fps;
}
