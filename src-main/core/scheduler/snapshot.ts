import type { AttemptId, JobId, TaskId } from "../identifiers.ts";
import type { FrameRange } from "./events.ts";
import type { SchedulerState } from "./state.ts";

/** What of a job's present stage outlives the master; comes back through `StageSpec.restored`. */
export interface JobSnapshot {
  readonly stage: number;
  readonly segments: readonly (FrameRange & {
    readonly taskId: TaskId;
    readonly attemptId: AttemptId | null;
  })[];
  readonly wholeTasks: readonly {
    readonly taskId: TaskId;
    readonly attemptId: AttemptId | null;
  }[];
}

/** The finished pieces of a job in presentation order, or null when it is unknown. O(segments). */
export function exportJob(
  state: SchedulerState,
  jobId: JobId,
): JobSnapshot | null {
  const job = state.jobs.get(jobId);
  if (job === undefined) return null;
  return {
    stage: job.stage.stage,
    segments: job.stage.segments
      .map(({ startFrame, endFrame, taskId, attemptId }) => ({
        startFrame,
        endFrame,
        taskId,
        attemptId,
      }))
      .sort((a, b) => a.startFrame - b.startFrame),
    wholeTasks: job.stage.audio.flatMap(({ taskId, done }) =>
      done === null ? [] : [{ taskId, attemptId: done.attemptId }],
    ),
  };
}
