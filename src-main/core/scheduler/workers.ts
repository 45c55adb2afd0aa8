/** Workers come, fall silent, change their mind, and go. */
import type { AttemptId, DeviceId } from "../identifiers.ts";
import { cancelAttempt, loseAttempt, reviveAttempt } from "./attempts.ts";
import { isEligible, needsOf } from "./eligibility.ts";
import type { Availability, WorkerSpec } from "./events.ts";
import { forgive } from "./failures.ts";
import { keepClear } from "./ids.ts";
import { expectedEndMs } from "./speeds.ts";
import type { Attempt, Worker } from "./state.ts";
import { splitTask } from "./timeline.ts";
import { wakeWorkers, type Turn } from "./turn.ts";

/** A worker joins, or joins again; what it still runs goes on if it is still wanted. */
export function workerJoined(turn: Turn, spec: WorkerSpec): void {
  const { state, nowMs } = turn;
  const worker = state.workers.get(spec.workerId) ?? createWorker(spec, nowMs);
  state.workers.set(spec.workerId, worker);
  worker.capabilities = new Set(spec.capabilities);
  worker.slots = Math.max(1, Math.floor(spec.slots));
  worker.isLocal = spec.isLocal;
  worker.presence = "present";
  worker.availability = { kind: "ready" };
  worker.suspendedSinceMs = null;
  worker.heardAtMs = nowMs;
  worker.doubtedUntilMs = null;
  worker.restUntilMs = 0;
  worker.stealing = null;
  wakeWorkers(turn);
  const running = new Set(spec.running);
  keepClear(state, running);
  for (const attempt of [...worker.attempts])
    if (!running.has(attempt.attemptId))
      loseAttempt(turn, attempt, "worker-left");
  for (const id of running) takeBack(turn, worker, id);
}

function createWorker(spec: WorkerSpec, nowMs: number): Worker {
  return {
    workerId: spec.workerId,
    presence: "present",
    capabilities: new Set(),
    slots: 1,
    isLocal: spec.isLocal,
    availability: { kind: "ready" },
    suspendedSinceMs: null,
    heardAtMs: nowMs,
    doubtedUntilMs: null,
    attempts: [],
    speeds: new Map(),
    power: null,
    blocks: new Map(),
    strikes: new Map(),
    restUntilMs: 0,
    stealing: null,
    foundNothingAt: -1,
  };
}

function takeBack(turn: Turn, worker: Worker, attemptId: AttemptId): void {
  const { state } = turn;
  if (state.attempts.get(attemptId)?.workerId === worker.workerId) return;
  const attempt = state.lost.get(attemptId);
  if (
    attempt !== undefined &&
    attempt.workerId === worker.workerId &&
    isWanted(turn, worker, attempt)
  ) {
    // What has not begun elsewhere need not.
    for (const other of [...attempt.task.attempts])
      if (other.startedAtMs === null) cancelAttempt(turn, other, "superseded");
    reviveAttempt(turn, attempt, worker);
    return;
  }
  turn.effects.push({
    type: "cancel",
    attemptId,
    workerId: worker.workerId,
    reason: "unknown",
  });
}

/** Whether a lost attempt's task is open, or so little advanced elsewhere that this one wins. */
function isWanted(turn: Turn, worker: Worker, attempt: Attempt): boolean {
  const { state, nowMs } = turn;
  const { job, task } = attempt;
  if (state.jobs.get(job.jobId) !== job || job.stage.stage !== attempt.stage)
    return false;
  if (job.status.kind !== "open") return false;
  if (job.paused && !attempt.outlivesPause) return false;
  if (!isEligible(worker, job, needsOf(job, task), nowMs)) return false;
  if (task.kind === "audio") {
    if (task.done !== null || !job.stage.audio.includes(task)) return false;
  } else {
    const open = job.stage.returned.has(task) || job.stage.running.has(task);
    if (!open || task.endFrame < attempt.endFrame) return false;
  }
  const elsewhere = task.attempts[0];
  if (elsewhere === undefined) {
    if (task.kind === "video" && task.endFrame > attempt.endFrame)
      splitTask(state, job.stage, task, attempt.endFrame, true);
    return true;
  }
  if (task.attempts.length > 1 || attempt.endFrame !== elsewhere.endFrame)
    return false;
  const otherLeftMs = expectedEndMs(state, elsewhere, nowMs) - nowMs;
  const fps = attempt.recentFps ?? 0;
  return (
    ((attempt.endFrame - attempt.startFrame - attempt.framesDone) * 1000) /
      fps <
    otherLeftMs
  );
}

/** Its attempts are lost at once and their tasks open; a result that still comes can count. */
export function workerLeft(turn: Turn, workerId: DeviceId): void {
  const worker = turn.state.workers.get(workerId);
  if (worker === undefined || worker.presence === "gone") return;
  for (const attempt of [...worker.attempts])
    loseAttempt(turn, attempt, "worker-left");
  worker.presence = "gone";
  worker.stealing = null;
  wakeWorkers(turn);
  forgetOldest(turn);
}

/** Gone workers are remembered for their speed and blocks, within a limit. */
function forgetOldest(turn: Turn): void {
  const { workers, config } = turn.state;
  if (workers.size <= config.rememberedWorkers) return;
  for (const [id, worker] of workers)
    if (worker.presence === "gone") {
      workers.delete(id);
      return;
    }
}

/** A sign of life. A silent worker stays silent until it joins again: nobody knows what it missed. */
export function workerHeard(turn: Turn, workerId: DeviceId): void {
  const worker = turn.state.workers.get(workerId);
  if (worker?.presence !== "present") return;
  worker.heardAtMs = turn.nowMs;
  worker.doubtedUntilMs = null;
}

/** What a worker's owner allows now. */
export function availabilityChanged(
  turn: Turn,
  workerId: DeviceId,
  availability: Availability,
): void {
  const worker = turn.state.workers.get(workerId);
  if (worker === undefined) return;
  const wasSuspended = worker.availability.kind === "suspended";
  worker.availability = availability;
  wakeWorkers(turn);
  if (availability.kind !== "suspended") {
    worker.suspendedSinceMs = null;
    if (wasSuspended) resumeMeasuring(worker, turn.nowMs);
  } else if (!wasSuspended) {
    worker.suspendedSinceMs = turn.nowMs;
  }
  // What has not begun there can begin elsewhere.
  if (availability.kind !== "ready")
    for (const attempt of [...worker.attempts])
      if (attempt.startedAtMs === null && attempt.wasPrefetched)
        cancelAttempt(turn, attempt, "superseded");
}

/** The time a worker stood still says nothing of its speed. */
function resumeMeasuring(worker: Worker, nowMs: number): void {
  for (const attempt of worker.attempts) {
    attempt.progressedAtMs = nowMs;
    attempt.windowAtMs = nowMs;
    attempt.windowFrames = attempt.framesDone;
  }
}

/** A person lifts a worker's soft block. */
export function workerForgiven(turn: Turn, workerId: DeviceId): void {
  const worker = turn.state.workers.get(workerId);
  if (worker !== undefined) forgive(turn, worker);
}

/** Everything that happens to workers by time alone. */
export function expireWorkers(turn: Turn): void {
  const { state, nowMs } = turn;
  const { config } = state;
  for (const worker of state.workers.values()) {
    for (const [key, block] of worker.blocks)
      if (block.untilMs <= nowMs) {
        worker.blocks.delete(key);
        wakeWorkers(turn);
      }
    if (worker.presence !== "present") continue;
    if (nowMs - worker.heardAtMs >= config.leaseMs) {
      expireLease(turn, worker);
    } else if (
      worker.suspendedSinceMs !== null &&
      nowMs - worker.suspendedSinceMs >= config.suspendedGraceMs
    ) {
      for (const attempt of [...worker.attempts])
        cancelAttempt(turn, attempt, "superseded");
    }
  }
}

function expireLease(turn: Turn, worker: Worker): void {
  const { config } = turn.state;
  if (turn.gapMs >= config.lagMs)
    worker.doubtedUntilMs ??= turn.nowMs + config.lagGraceMs;
  if (worker.doubtedUntilMs !== null && turn.nowMs < worker.doubtedUntilMs)
    return;
  for (const attempt of [...worker.attempts])
    loseAttempt(turn, attempt, "lease-expired");
  worker.presence = "silent";
  worker.stealing = null;
  turn.effects.push({ type: "disconnect-worker", workerId: worker.workerId });
  wakeWorkers(turn);
}
