/**
 * How fast each worker is, and when an attempt is expected to end.
 *
 * Measured per worker and job (stage): frames per second of one slot from
 * progress, plus the overhead around it (order to first frame, last frame to
 * verified result). Where nothing is measured, a worker's power relative to the
 * others in earlier jobs times the job's rate at power 1 stands in.
 */
import { isEligible } from "./eligibility.ts";
import type { Attempt, Job, SchedulerState, Speed, Worker } from "./state.ts";

/** Weight of one new whole-attempt measure against the old estimate. */
const sampleWeight = 0.5;
/** A window slower than this share of the estimate is no noise of the encoder's bursts. */
const collapseRatio = 0.4;
const collapseWeight = 0.8;
/** Weight of one measure in a worker's power and a job's rate, which many measures share. */
const sharedWeight = 0.2;

/** Expected frames per second of one slot of a worker for a job. Never zero. */
export function slotFps(
  state: SchedulerState,
  worker: Worker,
  job: Job,
): number {
  const speed = worker.speeds.get(job.jobId);
  if (
    speed !== undefined &&
    speed.stage === job.stage.stage &&
    speed.samples > 0
  )
    return Math.max(speed.fps, 1e-6);
  const power = worker.power ?? meanPower(state);
  return Math.max(power * (job.rate ?? job.framesPerSecond), 1e-6);
}

/** Whether a worker's speed for the job's present stage was measured. */
export function isMeasured(worker: Worker, job: Job): boolean {
  const speed = worker.speeds.get(job.jobId);
  return (
    speed !== undefined && speed.stage === job.stage.stage && speed.samples > 0
  );
}

/** What an attempt takes beside encoding, ms: start, transfer, inspection; assumed until measured. */
export function overheadMs(
  state: SchedulerState,
  worker: Worker,
  job: Job,
): number {
  const speed = worker.speeds.get(job.jobId);
  return speed !== undefined &&
    speed.stage === job.stage.stage &&
    speed.overheadMs >= 0
    ? speed.overheadMs
    : state.config.assumedOverheadMs;
}

function meanPower(state: SchedulerState): number {
  let sum = 0;
  let count = 0;
  for (const { power, presence } of state.workers.values())
    if (power !== null && presence === "present") {
      sum += power;
      count++;
    }
  return count === 0 ? 1 : sum / count;
}

/** Frames per second of all workers that may take the job's video now, together. */
export function farmFps(
  state: SchedulerState,
  job: Job,
  nowMs: number,
): number {
  let sum = 0;
  for (const worker of state.workers.values())
    if (
      worker.availability.kind === "ready" &&
      isEligible(worker, job, job.needs, nowMs)
    )
      sum += worker.slots * slotFps(state, worker, job);
  return sum;
}

/** Takes in what an attempt reports; forms a speed once the window is long enough. */
export function observeProgress(
  state: SchedulerState,
  attempt: Attempt,
  framesDone: number,
  framesFed: number,
  nowMs: number,
): void {
  const length = attempt.endFrame - attempt.startFrame;
  attempt.framesFed = Math.max(attempt.framesFed, Math.min(framesFed, length));
  if (attempt.startedAtMs === null) markStarted(attempt, nowMs);
  if (framesDone <= attempt.framesDone) return;
  // What an inherited one had done before says nothing of the speed: it is measured from here.
  if (attempt.inherited && attempt.framesDone === 0) {
    attempt.windowFrames = Math.min(framesDone, length);
    attempt.windowAtMs = nowMs;
  }
  attempt.framesDone = Math.min(framesDone, length);
  attempt.progressedAtMs = nowMs;
  const windowMs = nowMs - attempt.windowAtMs;
  if (windowMs < state.config.speedWindowMs) return;
  const fps = ((attempt.framesDone - attempt.windowFrames) * 1000) / windowMs;
  const weight = weightOf(state, attempt.recentFps, fps, windowMs);
  attempt.recentFps =
    attempt.recentFps === null
      ? fps
      : attempt.recentFps + weight * (fps - attempt.recentFps);
  attempt.windowFrames = attempt.framesDone;
  attempt.windowAtMs = nowMs;
  if (attempt.task.kind === "video") learn(state, attempt, fps, weight);
}

/** Small changes are smoothed; a worker that suddenly stands nearly still is believed at once. */
function weightOf(
  state: SchedulerState,
  oldFps: number | null,
  fps: number,
  windowMs: number,
): number {
  if (oldFps !== null && fps < oldFps * collapseRatio) return collapseWeight;
  return 1 - Math.exp(-windowMs / state.config.speedMemoryMs);
}

/** Starts the clocks by which an attempt's speed is measured. */
export function markStarted(attempt: Attempt, nowMs: number): void {
  attempt.startedAtMs = nowMs;
  attempt.progressedAtMs = nowMs;
  attempt.windowAtMs = nowMs;
}

/** Takes in a whole verified attempt, transfer included. */
export function observeResult(
  state: SchedulerState,
  attempt: Attempt,
  nowMs: number,
): void {
  if (attempt.task.kind !== "video" || attempt.inherited) return;
  const frames = attempt.endFrame - attempt.startFrame;
  const beganMs =
    attempt.wasPrefetched && attempt.startedAtMs !== null
      ? attempt.startedAtMs
      : attempt.assignedAtMs;
  const tookMs = Math.max(nowMs - beganMs, 1);
  if (attempt.recentFps === null)
    learn(state, attempt, (frames * 1000) / tookMs, sampleWeight);
  else
    learnOverhead(state, attempt, tookMs - (frames * 1000) / attempt.recentFps);
}

function speedOf(attempt: Attempt, worker: Worker): Speed {
  const { job } = attempt;
  let speed = worker.speeds.get(job.jobId);
  if (speed === undefined || speed.stage !== attempt.stage) {
    speed = { stage: attempt.stage, fps: 0, overheadMs: -1, samples: 0 };
    worker.speeds.set(job.jobId, speed);
  }
  return speed;
}

function learn(
  state: SchedulerState,
  attempt: Attempt,
  fps: number,
  weight: number,
): void {
  const worker = state.workers.get(attempt.workerId);
  if (worker === undefined || !(fps > 0)) return;
  const { job } = attempt;
  const speed = speedOf(attempt, worker);
  speed.fps =
    speed.samples === 0 ? fps : speed.fps + weight * (fps - speed.fps);
  speed.samples++;
  if (job.rate === null) {
    worker.power ??= 1;
    job.rate = fps / worker.power;
  } else if (worker.power === null) {
    worker.power = fps / job.rate;
  } else {
    // Both known: move each a little towards the other's reading of the measure.
    const { power } = worker;
    worker.power += sharedWeight * weight * (fps / job.rate - power);
    job.rate += sharedWeight * weight * (fps / power - job.rate);
  }
}

function learnOverhead(
  state: SchedulerState,
  attempt: Attempt,
  sampleMs: number,
): void {
  const worker = state.workers.get(attempt.workerId);
  if (worker === undefined) return;
  const speed = speedOf(attempt, worker);
  const bounded = Math.min(Math.max(sampleMs, 0), 60_000);
  speed.overheadMs =
    speed.overheadMs < 0
      ? bounded
      : speed.overheadMs + sampleWeight * (bounded - speed.overheadMs);
}

/** Frames per second an attempt runs at, judged by how long it has been silent about progress. */
export function attemptFps(
  state: SchedulerState,
  attempt: Attempt,
  nowMs: number,
): number {
  const worker = state.workers.get(attempt.workerId)!;
  const expected = attempt.recentFps ?? slotFps(state, worker, attempt.job);
  if (attempt.startedAtMs === null) return expected;
  const quietMs = nowMs - attempt.progressedAtMs;
  const frames = attempt.endFrame - attempt.startFrame;
  if (attempt.framesDone >= frames) return expected;
  const patienceMs = Math.max(
    state.config.stallMs,
    attempt.recentFps === null ? overheadMs(state, worker, attempt.job) * 3 : 0,
  );
  return quietMs <= patienceMs
    ? expected
    : (expected * patienceMs) / quietMs / 2;
}

/** When an attempt is expected to be verified; Infinity while its worker is suspended. */
export function expectedEndMs(
  state: SchedulerState,
  attempt: Attempt,
  nowMs: number,
): number {
  const worker = state.workers.get(attempt.workerId)!;
  if (worker.availability.kind === "suspended") return Infinity;
  const frames = attempt.endFrame - attempt.startFrame;
  if (attempt.task.kind === "audio")
    return expectedAudioEndMs(state, worker, attempt, nowMs);
  const fps = attemptFps(state, attempt, nowMs);
  if (attempt.startedAtMs === null)
    return (
      slotFreeMs(state, worker, attempt, nowMs) +
      (frames * 1000) / fps +
      overheadMs(state, worker, attempt.job)
    );
  const sinceMs = Math.min(
    nowMs - attempt.progressedAtMs,
    state.config.stallMs,
  );
  const done = Math.min(frames, attempt.framesDone + (fps * sinceMs) / 1000);
  return (
    nowMs +
    ((frames - done) * 1000) / fps +
    overheadMs(state, worker, attempt.job)
  );
}

/** Audio tells little of its progress: by the expected time, and half as long again as it is overdue. */
function expectedAudioEndMs(
  state: SchedulerState,
  worker: Worker,
  attempt: Attempt,
  nowMs: number,
): number {
  const { job } = attempt;
  const beganMs =
    attempt.startedAtMs ?? slotFreeMs(state, worker, attempt, nowMs);
  const endMs =
    beganMs +
    ((attempt.endFrame - attempt.startFrame) * 1000) /
      slotFps(state, worker, job) +
    overheadMs(state, worker, job);
  return endMs > nowMs ? endMs : nowMs + (nowMs - beganMs) / 2;
}

/** When a worker is expected to have a free slot for what comes after all it holds to begin with. */
export function freeSlotMs(
  state: SchedulerState,
  worker: Worker,
  nowMs: number,
): number {
  if (worker.attempts.length < worker.slots) return nowMs;
  let freeMs = Infinity;
  // The first ones have the slots, or are about to.
  for (const attempt of worker.attempts.slice(0, worker.slots))
    freeMs = Math.min(freeMs, expectedEndMs(state, attempt, nowMs));
  return freeMs;
}

/** When the slot an attempt waits for is expected to be free. */
function slotFreeMs(
  state: SchedulerState,
  worker: Worker,
  attempt: Attempt,
  nowMs: number,
): number {
  let earliestMs = Infinity;
  let started = 0;
  for (const other of worker.attempts) {
    if (other === attempt || other.startedAtMs === null) continue;
    started++;
    earliestMs = Math.min(earliestMs, expectedEndMs(state, other, nowMs));
  }
  return started < worker.slots ? nowMs : earliestMs;
}

/** When a worker with a free slot would be done with so many frames. */
export function expectedEndOnMs(
  state: SchedulerState,
  worker: Worker,
  job: Job,
  frames: number,
  nowMs: number,
): number {
  return (
    nowMs +
    (frames * 1000) / slotFps(state, worker, job) +
    overheadMs(state, worker, job)
  );
}
