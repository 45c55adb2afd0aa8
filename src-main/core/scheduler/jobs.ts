/** What happens to jobs as wholes. */
import type { ErrorCode } from "../errors.ts";
import type { DeviceId, JobId } from "../identifiers.ts";
import { cancelAttempt } from "./attempts.ts";
import { blockKey } from "./eligibility.ts";
import type { CancelReason, FailureRecord } from "./effects.ts";
import type { JobSpec, StageSpec } from "./events.ts";
import { keepClear } from "./ids.ts";
import type { Job } from "./state.ts";
import { createStage, extendStage, stageDone } from "./timeline.ts";
import { wakeWorkers, type Turn } from "./turn.ts";

/** Takes a job in at its place by priority; one already known is left as it is. */
export function addJob(turn: Turn, spec: JobSpec): void {
  const { state } = turn;
  if (state.jobs.has(spec.jobId)) return;
  keepClearOf(turn, spec.firstStage);
  const job: Job = {
    jobId: spec.jobId,
    priority: spec.priority,
    needs: spec.needs,
    framesPerSecond: spec.framesPerSecond,
    splittable: spec.splittable,
    fixedSegmentS: spec.fixedSegmentS,
    allowedWorkers:
      spec.allowedWorkers === null ? null : new Set(spec.allowedWorkers),
    knownFrames: spec.knownFrames,
    timelineComplete: spec.timelineComplete,
    cutPoints: [...spec.cutPoints],
    paused: spec.paused,
    status: { kind: "open" },
    stage: createStage(
      spec.firstStage,
      spec.knownFrames,
      spec.timelineComplete,
    ),
    attempts: new Map(),
    rate: null,
    wastedFrames: 0,
    failures: [],
    addedAtMs: turn.nowMs,
    unableSinceMs: turn.nowMs,
    farm: { fps: 1, atMs: -Infinity },
  };
  state.jobs.set(job.jobId, job);
  insertByPriority(state.order, job);
  wakeWorkers(turn);
  completeStageIfDone(turn, job);
}

/** Behind all of the same or a higher priority. From the back: new jobs usually belong there. */
function insertByPriority(order: Job[], job: Job): void {
  let at = order.length;
  while (at > 0 && order[at - 1]!.priority < job.priority) at--;
  order.splice(at, 0, job);
}

/** Puts a job before another one of its priority; null: last. */
export function moveJob(
  turn: Turn,
  jobId: JobId,
  beforeJobId: JobId | null,
): void {
  const { order, jobs } = turn.state;
  const job = jobs.get(jobId);
  if (job === undefined || beforeJobId === jobId) return;
  order.splice(order.indexOf(job), 1);
  const before = beforeJobId === null ? undefined : jobs.get(beforeJobId);
  if (before?.priority === job.priority)
    order.splice(order.indexOf(before), 0, job);
  else insertByPriority(order, job);
  wakeWorkers(turn);
}

/** Changes a job's priority and so its place. */
export function prioritiseJob(
  turn: Turn,
  jobId: JobId,
  priority: number,
): void {
  const { order, jobs } = turn.state;
  const job = jobs.get(jobId);
  if (job === undefined) return;
  job.priority = priority;
  order.splice(order.indexOf(job), 1);
  insertByPriority(order, job);
  wakeWorkers(turn);
}

/** Restricts a job to some workers (null: all); attempts elsewhere are cancelled. */
export function chooseWorkers(
  turn: Turn,
  jobId: JobId,
  allowed: readonly DeviceId[] | null,
): void {
  const job = turn.state.jobs.get(jobId);
  if (job === undefined) return;
  job.allowedWorkers = allowed === null ? null : new Set(allowed);
  for (const attempt of [...job.attempts.values()])
    if (
      job.allowedWorkers !== null &&
      !job.allowedWorkers.has(attempt.workerId)
    )
      cancelAttempt(turn, attempt, "superseded");
  wakeWorkers(turn);
}

/** More frames of a source are known, or all of them. */
export function extendTimeline(
  turn: Turn,
  jobId: JobId,
  news: {
    readonly knownFrames: number;
    readonly newCutPoints: readonly number[];
    readonly complete: boolean;
    readonly framesPerSecond: number;
  },
): void {
  const job = turn.state.jobs.get(jobId);
  if (job === undefined || job.timelineComplete) return;
  job.framesPerSecond = news.framesPerSecond;
  const last = job.cutPoints.at(-1) ?? -1;
  for (const cut of news.newCutPoints) if (cut > last) job.cutPoints.push(cut);
  extendStage(job.stage, job.knownFrames, news.knownFrames);
  job.knownFrames = Math.max(job.knownFrames, news.knownFrames);
  job.timelineComplete = news.complete;
  wakeWorkers(turn);
  completeStageIfDone(turn, job);
}

/** The next pass over the source. */
export function beginStage(turn: Turn, jobId: JobId, spec: StageSpec): void {
  const job = turn.state.jobs.get(jobId);
  if (job === undefined) return;
  replaceStage(turn, job, spec);
}

/** Drops everything and does the source again as one segment. */
export function remakeWhole(turn: Turn, jobId: JobId, spec: StageSpec): void {
  const job = turn.state.jobs.get(jobId);
  if (job === undefined) return;
  job.splittable = false;
  replaceStage(turn, job, spec);
}

function replaceStage(turn: Turn, job: Job, spec: StageSpec): void {
  cancelAll(turn, job, "superseded");
  forgetLost(turn, job);
  keepClearOf(turn, spec);
  job.stage = createStage(spec, job.knownFrames, job.timelineComplete);
  job.status = { kind: "open" };
  job.rate = null;
  wakeWorkers(turn);
  completeStageIfDone(turn, job);
}

function keepClearOf({ state }: Turn, spec: StageSpec): void {
  for (const { taskId } of spec.restored) keepClear(state, [taskId]);
  keepClear(state, spec.restoredWholeTasks);
}

/** Cancels a job's attempts; its finished segments stay. */
export function pauseJob(turn: Turn, jobId: JobId): void {
  const job = turn.state.jobs.get(jobId);
  if (job === undefined || job.paused) return;
  job.paused = true;
  cancelAll(turn, job, "job-paused");
  for (const attempt of turn.state.lost.values())
    if (attempt.job === job) attempt.outlivesPause = false;
}

/** Lets a paused or held job go on. */
export function resumeJob(turn: Turn, jobId: JobId): void {
  const job = turn.state.jobs.get(jobId);
  if (job === undefined) return;
  job.paused = false;
  if (job.status.kind === "held") job.status = { kind: "open" };
  wakeWorkers(turn);
}

/** Budgets start afresh; finished segments stay. */
export function retryJob(turn: Turn, jobId: JobId): void {
  const { jobs, workers } = turn.state;
  const job = jobs.get(jobId);
  if (job === undefined) return;
  if (job.status.kind === "failed" || job.status.kind === "held")
    job.status = { kind: "open" };
  job.failures.length = 0;
  for (const tasks of [job.stage.returned, job.stage.running, job.stage.audio])
    for (const task of tasks) task.failures.length = 0;
  const keys = new Set([
    blockKey(job.needs),
    ...job.stage.audio.map((task) => blockKey(task.needs)),
  ]);
  for (const worker of workers.values())
    for (const key of keys) {
      worker.blocks.delete(key);
      worker.strikes.delete(key);
      worker.restUntilMs = 0;
    }
  wakeWorkers(turn);
  completeStageIfDone(turn, job);
}

/** Forgets a job and cancels what runs of it. */
export function endJob(turn: Turn, jobId: JobId): void {
  const { state } = turn;
  const job = state.jobs.get(jobId);
  if (job === undefined) return;
  cancelAll(turn, job, "job-cancelled");
  forgetLost(turn, job);
  state.jobs.delete(jobId);
  state.order.splice(state.order.indexOf(job), 1);
  for (const worker of state.workers.values()) worker.speeds.delete(jobId);
  wakeWorkers(turn);
}

/** Gives a job up with the reasons; it can be retried. */
export function failJob(
  turn: Turn,
  job: Job,
  code: ErrorCode,
  failures: readonly FailureRecord[],
): void {
  if (job.status.kind === "failed") return;
  job.status = { kind: "failed", code };
  cancelAll(turn, job, "job-failed");
  turn.effects.push({ type: "fail-job", jobId: job.jobId, code, failures });
}

/** Everybody waits for the master's own trouble (a full disk) to pass. */
export function holdJob(turn: Turn, job: Job, code: ErrorCode): void {
  if (job.status.kind !== "open") return;
  job.status = {
    kind: "held",
    untilMs: turn.nowMs + turn.state.config.holdMs,
    code,
  };
  cancelAll(turn, job, "job-paused");
}

/** Asks for the job as one piece; nothing of it is handed out until the answer. */
export function makeWhole(turn: Turn, job: Job, code: ErrorCode): void {
  if (!job.splittable) return failJob(turn, job, code, [...job.failures]);
  if (job.status.kind === "remaking") return;
  job.status = { kind: "remaking" };
  cancelAll(turn, job, "superseded");
  turn.effects.push({
    type: "make-whole",
    jobId: job.jobId,
    code,
    failures: [...job.failures],
  });
}

/** Cancels every live attempt of a job. */
export function cancelAll(turn: Turn, job: Job, reason: CancelReason): void {
  for (const attempt of [...job.attempts.values()])
    cancelAttempt(turn, attempt, reason);
}

function forgetLost(turn: Turn, job: Job): void {
  for (const [id, attempt] of turn.state.lost)
    if (attempt.job === job) turn.state.lost.delete(id);
}

/** Says once that nothing of the stage is left. */
export function completeStageIfDone(turn: Turn, job: Job): void {
  if (job.status.kind !== "open" && job.status.kind !== "held") return;
  if (!stageDone(job)) return;
  job.status = { kind: "staged" };
  forgetLost(turn, job);
  turn.effects.push({
    type: "complete-stage",
    jobId: job.jobId,
    stage: job.stage.stage,
    segments: [...job.stage.segments]
      .sort((a, b) => a.startFrame - b.startFrame)
      .map(({ startFrame, endFrame, taskId, attemptId }) => ({
        startFrame,
        endFrame,
        taskId,
        attemptId,
      })),
    wholeTasks: job.stage.audio.map((task) => ({
      taskId: task.taskId,
      attemptId: task.done?.attemptId ?? null,
    })),
  });
}
