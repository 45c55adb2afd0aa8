/**
 * The scheduler's one entrance: an event in, effects out. It owns no timer and
 * knows no clock but the time it is told. SPEC.md has the rules by number.
 */
import { unreachable } from "../assert.ts";
import {
  attemptFailed,
  attemptProgressed,
  attemptShortened,
  attemptStarted,
  attemptVerified,
  cancelAttempt,
} from "./attempts.ts";
import { clockAt } from "./clock.ts";
import { dispatch } from "./dispatch.ts";
import type { SchedulerEffect } from "./effects.ts";
import type { SchedulerEvent } from "./events.ts";
import { inheritAttempt } from "./inheritance.ts";
import {
  addJob,
  beginStage,
  chooseWorkers,
  endJob,
  extendTimeline,
  moveJob,
  pauseJob,
  prioritiseJob,
  remakeWhole,
  resumeJob,
  retryJob,
} from "./jobs.ts";
import { relieve } from "./relief.ts";
import type { SchedulerState } from "./state.ts";
import { wakeWorkers, type Turn } from "./turn.ts";
import { expireJobs } from "./wake.ts";
import {
  availabilityChanged,
  expireWorkers,
  workerForgiven,
  workerHeard,
  workerJoined,
  workerLeft,
} from "./workers.ts";

export { nextWakeMs } from "./wake.ts";

export interface StepResult {
  readonly state: SchedulerState;
  readonly effects: SchedulerEffect[];
}

/**
 * Takes in one event. `nowMs` is the caller's clock in milliseconds, at best a
 * monotonic one. Changes and returns the state it is handed; never throws for
 * an event that is late, repeated, or names something unknown.
 */
export function step(
  state: SchedulerState,
  event: SchedulerEvent,
  nowMs: number,
): StepResult {
  const clockMs = clockAt(state, nowMs);
  const gapMs = clockMs - state.clockMs;
  const slept =
    state.callerMs !== null && nowMs - state.callerMs > clockMs - state.clockMs;
  state.clockMs = clockMs;
  state.callerMs = nowMs;
  const turn: Turn = { state, nowMs: clockMs, gapMs, effects: [] };
  apply(turn, event);
  const hasEffects = turn.effects.length > 0;
  if (slept || hasEffects || changesWork(event)) dispatch(turn);
  return { state, effects: turn.effects };
}

/** Signs of life and progress free nobody; a tick is due soon enough to act on what they tell. */
function changesWork(event: SchedulerEvent): boolean {
  return (
    event.type !== "worker-heard" &&
    event.type !== "attempt-started" &&
    event.type !== "attempt-progressed"
  );
}

function apply(turn: Turn, event: SchedulerEvent): void {
  switch (event.type) {
    case "job-added":
      return addJob(turn, event.job);
    case "timeline-extended":
      return extendTimeline(turn, event.jobId, event);
    case "stage-begun":
      return beginStage(turn, event.jobId, event.stage);
    case "job-made-whole":
      return remakeWhole(turn, event.jobId, event.stage);
    case "job-paused":
      return pauseJob(turn, event.jobId);
    case "job-resumed":
      return resumeJob(turn, event.jobId);
    case "job-cancelled":
    case "job-ended":
      return endJob(turn, event.jobId);
    case "job-retried":
      return retryJob(turn, event.jobId);
    case "job-moved":
      return moveJob(turn, event.jobId, event.beforeJobId);
    case "job-prioritised":
      return prioritiseJob(turn, event.jobId, event.priority);
    case "job-workers-chosen":
      return chooseWorkers(turn, event.jobId, event.allowedWorkers);
    case "queue-paused":
    case "queue-resumed":
    case "queue-configured":
    case "worker-joined":
    case "worker-left":
    case "worker-heard":
    case "worker-availability-changed":
    case "worker-forgiven":
    case "attempt-inherited":
    case "attempt-started":
    case "attempt-progressed":
    case "attempt-verified":
    case "attempt-failed":
    case "attempt-shortened":
    case "ticked":
      return applyToFarm(turn, event);
    default:
      return unreachable(event);
  }
}

type FarmEvent = Extract<
  SchedulerEvent,
  {
    readonly type:
      `queue-${string}` | `worker-${string}` | `attempt-${string}` | "ticked";
  }
>;

function applyToFarm(turn: Turn, event: FarmEvent): void {
  switch (event.type) {
    case "queue-paused":
      return pauseQueue(turn);
    case "queue-resumed":
      turn.state.queuePaused = false;
      return wakeWorkers(turn);
    case "queue-configured":
      turn.state.config = { ...turn.state.config, ...event.settings };
      return wakeWorkers(turn);
    case "worker-joined":
      return workerJoined(turn, event.worker);
    case "worker-left":
      return workerLeft(turn, event.workerId);
    case "worker-heard":
      return workerHeard(turn, event.workerId);
    case "worker-availability-changed":
      return availabilityChanged(turn, event.workerId, event.availability);
    case "worker-forgiven":
      return workerForgiven(turn, event.workerId);
    case "attempt-inherited":
      return inheritAttempt(turn, event.attempt);
    case "attempt-started":
      return attemptStarted(turn, event.attemptId);
    case "attempt-progressed":
      attemptProgressed(
        turn,
        event.attemptId,
        event.framesDone,
        event.framesFed,
      );
      return relieve(turn, event.attemptId);
    case "attempt-verified":
      return attemptVerified(turn, event.attemptId);
    case "attempt-failed":
      return attemptFailed(turn, event.attemptId, event.code);
    case "attempt-shortened":
      return attemptShortened(turn, event.attemptId, event.endFrame);
    case "ticked":
      return tick(turn);
    default:
      return unreachable(event);
  }
}

/** What runs may finish; what has not begun is taken back. */
function pauseQueue(turn: Turn): void {
  turn.state.queuePaused = true;
  for (const attempt of [...turn.state.attempts.values()])
    if (attempt.startedAtMs === null && attempt.wasPrefetched)
      cancelAttempt(turn, attempt, "job-paused");
}

function tick(turn: Turn): void {
  expireWorkers(turn);
  expireJobs(turn);
  // Time itself can open work: rests and reservations end.
  wakeWorkers(turn);
}
