/** Read-only views of running work for the UI: progress, speed, time left, segments. */
import type { DeviceId, JobId } from "../identifiers.ts";
import { clockAt } from "./clock.ts";
import { isRunnable } from "./open-work.ts";
import { attemptFps, expectedEndMs, farmFps, overheadMs } from "./speeds.ts";
import type { Attempt, Job, SchedulerState, Task } from "./state.ts";

export type SegmentState =
  "waiting" | "running" | "duplicate" | "verified" | "failed";

/** One piece of a job as people see it. */
export interface SegmentView {
  /** Empty for frames that are not cut into tasks yet. */
  readonly taskId: string;
  readonly kind: "video" | "audio";
  readonly startFrame: number;
  readonly endFrame: number;
  /** Place in the whole timeline, 0 to 1. */
  readonly startRatio: number;
  readonly endRatio: number;
  /** `duplicate`: a second attempt is under way. `failed`: it failed and waits for another worker. */
  readonly state: SegmentState;
  /** Who works on it, or who did. */
  readonly workerIds: readonly DeviceId[];
  /** On a worker, but not begun. */
  readonly isPrefetched: boolean;
  readonly stolen: boolean;
  /** Of the attempt that is ahead. */
  readonly progressRatio: number;
}

export interface JobProgress {
  readonly stage: number;
  readonly framesTotal: number;
  /** Verified, plus what running attempts have encoded. */
  readonly framesDone: number;
  readonly framesVerified: number;
  readonly progressRatio: number;
  readonly framesPerSecond: number;
  /** Until the stage's last frame is verified; null when nobody can tell. */
  readonly etaMs: number | null;
  readonly wastedFrames: number;
  /** In presentation order, audio last. Made when asked for: O(segments). */
  readonly segments: readonly SegmentView[];
}

/** How far a job's present stage is; null for an unknown job. O(attempts). */
export function jobProgress(
  state: SchedulerState,
  jobId: JobId,
  nowMs: number,
): JobProgress | null {
  const job = state.jobs.get(jobId);
  if (job === undefined) return null;
  const clockMs = clockAt(state, nowMs);
  const { stage } = job;
  let framesDone = stage.verified.frames;
  for (const task of stage.running)
    framesDone += ahead(task.attempts).framesDone;
  let framesPerSecond = 0;
  for (const attempt of job.attempts.values())
    if (isMoving(state, attempt))
      framesPerSecond += attemptFps(state, attempt, clockMs);
  return {
    stage: stage.stage,
    framesTotal: stage.totalFrames,
    framesDone,
    framesVerified: stage.verified.frames,
    progressRatio:
      stage.totalFrames === 0
        ? job.status.kind === "staged"
          ? 1
          : 0
        : framesDone / stage.totalFrames,
    framesPerSecond,
    etaMs: etaMs(state, job, framesDone, clockMs),
    wastedFrames: job.wastedFrames,
    get segments() {
      return segmentsOf(job);
    },
  };
}

const ahead = (attempts: readonly Attempt[]): Attempt =>
  attempts.reduce((best, other) =>
    other.framesDone > best.framesDone ? other : best,
  );

function isMoving(state: SchedulerState, attempt: Attempt): boolean {
  return (
    attempt.startedAtMs !== null &&
    attempt.task.kind === "video" &&
    state.workers.get(attempt.workerId)?.availability.kind !== "suspended"
  );
}

/**
 * What is left over the speed of all who may help (stealing keeps them busy to
 * the end), but no sooner than what cannot be split (audio) is expected to end.
 */
function etaMs(
  state: SchedulerState,
  job: Job,
  framesDone: number,
  clockMs: number,
): number | null {
  if (job.status.kind === "staged") return 0;
  if (!isRunnable(job) || state.queuePaused || job.attempts.size === 0)
    return null;
  if (job.stage.grows && !job.timelineComplete) return null;
  const fps = farmFps(state, job, clockMs);
  if (fps <= 0) return null;
  let left = job.stage.totalFrames - framesDone;
  let overhead = 0;
  let soonestMs = 0;
  for (const attempt of job.attempts.values()) {
    const worker = state.workers.get(attempt.workerId)!;
    overhead = Math.max(overhead, overheadMs(state, worker, job));
    if (attempt.task.kind !== "audio") continue;
    const endMs = expectedEndMs(state, attempt, clockMs);
    if (endMs !== Infinity) soonestMs = Math.max(soonestMs, endMs - clockMs);
    // Its worker does no video meanwhile.
    left += Math.max(0, attempt.endFrame - attempt.framesDone) / 2;
  }
  for (const task of job.stage.audio)
    if (task.done === null && task.attempts.length === 0)
      left += task.costFrames;
  return Math.max((left * 1000) / fps + overhead, soonestMs);
}

/** Frames per second a worker is doing now, all jobs together. */
export function workerFramesPerSecond(
  state: SchedulerState,
  workerId: DeviceId,
  nowMs: number | null = null,
): number {
  const worker = state.workers.get(workerId);
  if (worker === undefined) return 0;
  const clockMs = nowMs === null ? state.clockMs : clockAt(state, nowMs);
  let fps = 0;
  for (const attempt of worker.attempts)
    if (isMoving(state, attempt)) fps += attemptFps(state, attempt, clockMs);
  return fps;
}

function segmentsOf(job: Job): SegmentView[] {
  const { stage } = job;
  const total = Math.max(1, job.knownFrames);
  const place = (startFrame: number, endFrame: number) => ({
    kind: "video" as const,
    startFrame,
    endFrame,
    startRatio: startFrame / total,
    endRatio: endFrame / total,
  });
  const views: SegmentView[] = [];
  for (const {
    startFrame,
    endFrame,
    taskId,
    workerId,
    stolen,
  } of stage.segments)
    views.push({
      ...place(startFrame, endFrame),
      taskId,
      state: "verified",
      workerIds: workerId === null ? [] : [workerId],
      isPrefetched: false,
      stolen,
      progressRatio: 1,
    });
  for (const { startFrame, endFrame } of stage.fresh.slice(stage.freshHead))
    views.push({
      ...place(startFrame, endFrame),
      taskId: "",
      state: "waiting",
      workerIds: [],
      isPrefetched: false,
      stolen: false,
      progressRatio: 0,
    });
  for (const task of [...stage.returned, ...stage.running])
    views.push({
      ...place(task.startFrame, task.endFrame),
      ...taskView(task),
      stolen: task.stolen,
    });
  views.sort((a, b) => a.startFrame - b.startFrame);
  for (const task of stage.audio)
    views.push({
      ...place(0, job.knownFrames),
      ...taskView(task),
      kind: "audio",
      endRatio: 1,
      stolen: false,
    });
  return views;
}

function taskView(task: Task) {
  const { taskId, attempts, failures } = task;
  const isDone = task.kind === "audio" && task.done !== null;
  const best = attempts.length === 0 ? null : ahead(attempts);
  const begun = attempts.some((attempt) => attempt.startedAtMs !== null);
  const state: SegmentState = isDone
    ? "verified"
    : attempts.length > 1
      ? "duplicate"
      : begun
        ? "running"
        : failures.length > 0 && best === null
          ? "failed"
          : "waiting";
  return {
    taskId,
    state,
    workerIds: attempts.map((attempt) => attempt.workerId),
    isPrefetched: best !== null && !begun,
    progressRatio: isDone
      ? 1
      : best === null
        ? 0
        : best.framesDone / Math.max(1, best.endFrame - best.startFrame),
  };
}
