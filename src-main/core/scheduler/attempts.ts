/** How attempts begin and end. Each way an attempt can end is one function here. */
import type { ErrorCode } from "../errors.ts";
import type { AttemptId } from "../identifiers.ts";
import { blockKey, needsOf } from "./eligibility.ts";
import type { CancelReason } from "./effects.ts";
import { completeStageIfDone } from "./jobs.ts";
import { recordFailure } from "./failures.ts";
import { nextAttemptId } from "./ids.ts";
import { markStarted, observeProgress, observeResult } from "./speeds.ts";
import type {
  Attempt,
  Job,
  SchedulerState,
  Task,
  VideoTask,
  Worker,
} from "./state.ts";
import { addSegment, clearForResult, splitTask } from "./timeline.ts";
import { wakeWorkers, type Turn } from "./turn.ts";

/** Gives a task to a worker. */
export function assign(
  turn: Turn,
  job: Job,
  task: Task,
  worker: Worker,
): Attempt {
  const attempt = createAttempt(turn, job, task, worker, {
    attemptId: nextAttemptId(turn.state),
    inherited: false,
  });
  task.reserved = null;
  attach(turn, attempt, worker);
  const common = {
    attemptId: attempt.attemptId,
    jobId: job.jobId,
    stage: attempt.stage,
    taskId: task.taskId,
    workerId: worker.workerId,
    isDuplicate: attempt.isDuplicate,
  };
  turn.effects.push({
    type: "assign",
    assignment:
      task.kind === "audio"
        ? { ...common, kind: "audio" }
        : {
            ...common,
            kind: "video",
            range: { startFrame: task.startFrame, endFrame: task.endFrame },
            isLast: job.timelineComplete && task.endFrame === job.knownFrames,
          },
  });
  return attempt;
}

/** An attempt of a worker at a task, not yet in any list. */
export function createAttempt(
  turn: Turn,
  job: Job,
  task: Task,
  worker: Worker,
  identity: Pick<Attempt, "attemptId" | "inherited">,
): Attempt {
  return {
    ...identity,
    job,
    stage: job.stage.stage,
    task,
    workerId: worker.workerId,
    isDuplicate: task.attempts.length > 0,
    startFrame: task.kind === "video" ? task.startFrame : 0,
    endFrame: task.kind === "video" ? task.endFrame : task.costFrames,
    assignedAtMs: turn.nowMs,
    wasPrefetched: worker.attempts.length >= worker.slots,
    startedAtMs: null,
    framesDone: 0,
    framesFed: 0,
    progressedAtMs: turn.nowMs,
    windowFrames: 0,
    windowAtMs: turn.nowMs,
    recentFps: null,
    shorten: null,
    unstealable: false,
    outlivesPause: false,
  };
}

/** Enters a new attempt into every list; its task is running now. */
export function attach(turn: Turn, attempt: Attempt, worker: Worker): void {
  const { task, job } = attempt;
  task.attempts.push(attempt);
  if (task.kind === "video") {
    job.stage.returned.delete(task);
    job.stage.running.add(task);
  }
  worker.attempts.push(attempt);
  job.attempts.set(attempt.attemptId, attempt);
  turn.state.attempts.set(attempt.attemptId, attempt);
}

/** Takes a live attempt out of every list; its task stays running if another attempt lives, or becomes open. */
function detach(turn: Turn, attempt: Attempt): void {
  const { state } = turn;
  const { task, job } = attempt;
  state.attempts.delete(attempt.attemptId);
  job.attempts.delete(attempt.attemptId);
  task.attempts.splice(task.attempts.indexOf(attempt), 1);
  const worker = state.workers.get(attempt.workerId)!;
  worker.attempts.splice(worker.attempts.indexOf(attempt), 1);
  endQuestion(state, attempt);
  if (task.kind === "video" && task.attempts.length === 0) {
    job.stage.running.delete(task);
    job.stage.returned.add(task);
  }
  wakeWorkers(turn);
}

/** Nobody waits any more for the later part of its range. */
function endQuestion(state: SchedulerState, attempt: Attempt): void {
  const thief = attempt.shorten?.thief ?? null;
  attempt.shorten = null;
  if (thief === null) return;
  const asker = state.workers.get(thief);
  if (asker?.stealing === attempt) asker.stealing = null;
}

/** Ends a live attempt that is not wanted any more; its task is open again unless another attempt lives. */
export function cancelAttempt(
  turn: Turn,
  attempt: Attempt,
  reason: CancelReason,
): void {
  detach(turn, attempt);
  turn.effects.push({
    type: "cancel",
    attemptId: attempt.attemptId,
    workerId: attempt.workerId,
    reason,
  });
}

/** Ends a live attempt whose worker cannot be reached; its result may still come. */
export function loseAttempt(
  turn: Turn,
  attempt: Attempt,
  reason: "lease-expired" | "worker-left",
): void {
  cancelAttempt(turn, attempt, reason);
  const { lost, config } = turn.state;
  lost.set(attempt.attemptId, attempt);
  if (lost.size > config.rememberedAttempts)
    lost.delete(lost.keys().next().value!);
}

/** A worker is back and still runs it: goes on as if nothing had happened. */
export function reviveAttempt(
  turn: Turn,
  attempt: Attempt,
  worker: Worker,
): void {
  turn.state.lost.delete(attempt.attemptId);
  attempt.isDuplicate = attempt.task.attempts.length > 0;
  attempt.progressedAtMs = turn.nowMs;
  attempt.windowAtMs = turn.nowMs;
  attempt.windowFrames = attempt.framesDone;
  attach(turn, attempt, worker);
}

/** The worker has begun to encode; its speed is measured from here. */
export function attemptStarted(turn: Turn, attemptId: AttemptId): void {
  const attempt = turn.state.attempts.get(attemptId);
  if (attempt !== undefined && attempt.startedAtMs === null)
    markStarted(attempt, turn.nowMs);
}

/** Frames encoded, and frames that left the master: the range cannot be shortened to fewer. */
export function attemptProgressed(
  turn: Turn,
  attemptId: AttemptId,
  framesDone: number,
  framesFed: number,
): void {
  const attempt = turn.state.attempts.get(attemptId);
  if (attempt !== undefined)
    observeProgress(turn.state, attempt, framesDone, framesFed, turn.nowMs);
}

/** Answer to `shorten`, or the news of an earlier one that was thought lost. */
export function attemptShortened(
  turn: Turn,
  attemptId: AttemptId,
  endFrame: number,
): void {
  const { state, nowMs } = turn;
  const attempt = state.attempts.get(attemptId) ?? state.lost.get(attemptId);
  if (attempt === undefined || attempt.task.kind !== "video") return;
  const { shorten, task } = attempt;
  endQuestion(state, attempt);
  wakeWorkers(turn);
  if (endFrame >= attempt.endFrame || endFrame <= attempt.startFrame) {
    if (shorten !== null) attempt.unstealable = true;
    return;
  }
  attempt.endFrame = endFrame;
  // A lost attempt's task, or one with a duplicate, keeps its range: someone else still does all of it.
  if (!state.attempts.has(attemptId) || task.attempts.length > 1) return;
  const later = splitTask(state, attempt.job.stage, task, endFrame, true);
  if (shorten !== null && shorten.thief !== null)
    later.reserved = {
      workerId: shorten.thief,
      untilMs: nowMs + state.config.shortenAnswerMs,
    };
}

/** A verified result: the first for its frames counts, every other attempt at them is cancelled. */
export function attemptVerified(turn: Turn, attemptId: AttemptId): void {
  const { state } = turn;
  const live = state.attempts.get(attemptId);
  if (live === undefined) return lateResult(turn, attemptId);
  const code = suspicion(turn, live);
  if (code !== null) {
    cancelAttempt(turn, live, "superseded");
    recordFailure(turn, live, code);
    return;
  }
  observeResult(state, live, turn.nowMs);
  praise(turn, live);
  const { task } = live;
  detach(turn, live);
  for (const other of [...task.attempts]) loseRace(turn, other);
  if (task.kind === "audio") task.done = { attemptId };
  else finishVideo(turn, live, task);
  completeStageIfDone(turn, live.job);
}

function finishVideo(turn: Turn, attempt: Attempt, task: VideoTask): void {
  const { stage } = attempt.job;
  // Shortened while its duplicate ran: the rest is still to be done.
  if (attempt.endFrame < task.endFrame)
    splitTask(turn.state, stage, task, attempt.endFrame, true);
  stage.returned.delete(task);
  addSegment(stage, {
    startFrame: attempt.startFrame,
    endFrame: attempt.endFrame,
    taskId: task.taskId,
    attemptId: attempt.attemptId,
    workerId: attempt.workerId,
    stolen: task.stolen,
  });
}

function loseRace(turn: Turn, attempt: Attempt): void {
  attempt.job.wastedFrames += attempt.framesDone;
  cancelAttempt(turn, attempt, "duplicate-lost");
}

/** A result of a worker that was given up: counts if its frames are still undone and nobody has just parts of them in work. */
function lateResult(turn: Turn, attemptId: AttemptId): void {
  const { state } = turn;
  const attempt = state.lost.get(attemptId);
  if (attempt === undefined) return;
  state.lost.delete(attemptId);
  const { job, task } = attempt;
  const current =
    state.jobs.get(job.jobId) === job && job.stage.stage === attempt.stage;
  if (
    !current ||
    job.status.kind === "staged" ||
    suspicion(turn, attempt) !== null
  )
    return discard(turn, attempt);
  if (task.kind === "audio") {
    if (task.done !== null || !job.stage.audio.includes(task))
      return discard(turn, attempt);
    for (const other of [...task.attempts]) loseRace(turn, other);
    task.done = { attemptId };
  } else {
    const superseded = clearForResult(state, job.stage, attempt);
    if (superseded === null) return discard(turn, attempt);
    for (const running of superseded) {
      for (const other of [...running.attempts]) loseRace(turn, other);
      job.stage.returned.delete(running);
    }
    addSegment(job.stage, {
      startFrame: attempt.startFrame,
      endFrame: attempt.endFrame,
      taskId: task.taskId,
      attemptId,
      workerId: attempt.workerId,
      stolen: task.stolen,
    });
  }
  wakeWorkers(turn);
  completeStageIfDone(turn, job);
}

/** A verified result that does not count: its file can go. */
function discard(turn: Turn, attempt: Attempt): void {
  turn.effects.push({
    type: "cancel",
    attemptId: attempt.attemptId,
    workerId: attempt.workerId,
    reason: "superseded",
  });
}

/** Too fast to be true: quicker than a process starts, or far quicker than the quickest other worker. */
function suspicion(turn: Turn, attempt: Attempt): ErrorCode | null {
  const { config, workers } = turn.state;
  const { job, task } = attempt;
  // Of an inherited one nobody knows here how long it took.
  if (task.kind === "audio" || attempt.inherited) return null;
  const frames = attempt.endFrame - attempt.startFrame;
  if (frames < job.framesPerSecond) return null;
  const tookMs = turn.nowMs - attempt.assignedAtMs;
  if (tookMs < config.tooFastMs) return "too-fast";
  let quickest = 0;
  for (const worker of workers.values()) {
    const speed = worker.speeds.get(job.jobId);
    if (
      worker.workerId !== attempt.workerId &&
      speed?.stage === attempt.stage &&
      speed.samples >= 2
    )
      quickest = Math.max(quickest, speed.fps);
  }
  if (quickest === 0) return null;
  const enough = frames >= job.framesPerSecond * config.minSegmentS;
  return enough && (frames * 1000) / tookMs > quickest * config.tooFastFactor
    ? "too-fast"
    : null;
}

/** A good result ends a run of bad luck. */
function praise(turn: Turn, attempt: Attempt): void {
  const worker = turn.state.workers.get(attempt.workerId)!;
  worker.restUntilMs = 0;
  worker.strikes.delete(blockKey(needsOf(attempt.job, attempt.task)));
}

/** Ends a failed attempt and draws the consequences for its task, worker and job (failures.ts). */
export function attemptFailed(
  turn: Turn,
  attemptId: AttemptId,
  code: ErrorCode,
): void {
  const attempt = turn.state.attempts.get(attemptId);
  if (attempt === undefined) {
    turn.state.lost.delete(attemptId);
    return;
  }
  detach(turn, attempt);
  recordFailure(turn, attempt, code);
}
