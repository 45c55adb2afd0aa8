/**
 * What the scheduler is told. Frames are ordinals of the source in presentation
 * order; the scheduler knows nothing of seconds but a job's average frame rate.
 */
import type { ErrorCode } from "../errors.ts";
import type { AttemptId, DeviceId, JobId, TaskId } from "../identifiers.ts";

/** `[startFrame, endFrame)`. */
export interface FrameRange {
  readonly startFrame: number;
  readonly endFrame: number;
}

/** A task that is never cut: the audio of a job. `costFrames` is its work in video frames. */
export interface WholeTask {
  readonly taskId: TaskId;
  readonly kind: "audio";
  readonly costFrames: number;
  /** Every key must be among a worker's capabilities. */
  readonly needs: readonly string[];
}

/** One pass over the source: an analysis, or the encode itself. */
export interface StageSpec {
  readonly stage: number;
  /** Work of this stage; grows with `timeline-extended` while the source is still being indexed. */
  readonly ranges: readonly FrameRange[];
  /** Finished pieces found on disk after a restart; they are not done again. */
  readonly restored: readonly (FrameRange & { readonly taskId: TaskId })[];
  readonly restoredWholeTasks: readonly TaskId[];
  readonly wholeTasks: readonly WholeTask[];
  /** Segments of this stage are this long, whatever the job says; left out: as the job says. */
  readonly fixedSegmentS?: number;
}

export interface JobSpec {
  readonly jobId: JobId;
  /** Higher goes first; equal ones in queue order. */
  readonly priority: number;
  /** Capability keys a worker must have for video, e.g. `encoder:x264`, `filter:zscale`. */
  readonly needs: readonly string[];
  readonly framesPerSecond: number;
  /** False: the whole timeline is one segment. */
  readonly splittable: boolean;
  /** Set by the user: every segment this long instead of guided sizes. Null: guided. */
  readonly fixedSegmentS: number | null;
  /** Null: any worker. */
  readonly allowedWorkers: readonly DeviceId[] | null;
  /** Frames known so far and whether these are all. */
  readonly knownFrames: number;
  readonly timelineComplete: boolean;
  /** Ordinals where the source can be cut at a keyframe, ascending. Bounds prefer them. */
  readonly cutPoints: readonly number[];
  readonly firstStage: StageSpec;
  readonly paused: boolean;
}

export interface WorkerSpec {
  readonly workerId: DeviceId;
  readonly capabilities: readonly string[];
  /** Attempts it encodes at the same time; one more per slot is prefetched. */
  readonly slots: number;
  /** Whether its input is read from the master's own machine (no transfer to wait for). */
  readonly isLocal: boolean;
  /** Attempts still alive on it from before the connection was lost. */
  readonly running: readonly AttemptId[];
}

export type Availability =
  /** Takes work. */
  | { readonly kind: "ready" }
  /** Finishes what it has and takes nothing new. */
  | { readonly kind: "draining" }
  /** Its owner needs the machine: encodes are stopped for now. `reason` is a catalogue key. */
  | { readonly kind: "suspended"; readonly reason: string };

/** What people may change of the scheduler's numbers while it runs (`SchedulerConfig`). */
export interface QueueSettings {
  readonly smallJobShare: number;
  readonly stealing: boolean;
  readonly duplicates: boolean;
}

/** What the master wrote down of an attempt before it was restarted. */
export interface InheritedAttempt {
  readonly attemptId: AttemptId;
  readonly jobId: JobId;
  readonly stage: number;
  readonly taskId: TaskId;
  readonly workerId: DeviceId;
  /** As it was last agreed with the worker. Null: audio; `taskId` is the job's audio task. */
  readonly range: FrameRange | null;
  /** The range was handed out as the end of the source (and may have been shortened since). */
  readonly isLast: boolean;
}

export type SchedulerEvent =
  | { readonly type: "job-added"; readonly job: JobSpec }
  | {
      readonly type: "timeline-extended";
      readonly jobId: JobId;
      readonly knownFrames: number;
      readonly newCutPoints: readonly number[];
      readonly complete: boolean;
      readonly framesPerSecond: number;
    }
  | {
      readonly type: "stage-begun";
      readonly jobId: JobId;
      readonly stage: StageSpec;
    }
  /** The source turned out not to be cuttable: drop all segments, do it again as one. */
  | {
      readonly type: "job-made-whole";
      readonly jobId: JobId;
      readonly stage: StageSpec;
    }
  | { readonly type: "job-paused"; readonly jobId: JobId }
  | { readonly type: "job-resumed"; readonly jobId: JobId }
  | { readonly type: "job-cancelled"; readonly jobId: JobId }
  /** A person asks to try the failed parts again: budgets start afresh, finished segments stay. */
  | { readonly type: "job-retried"; readonly jobId: JobId }
  /** Finished, failed for a reason outside the scheduler, or taken off the list. */
  | { readonly type: "job-ended"; readonly jobId: JobId }
  /** Before which other job it now stands; null: last. */
  | {
      readonly type: "job-moved";
      readonly jobId: JobId;
      readonly beforeJobId: JobId | null;
    }
  | {
      readonly type: "job-prioritised";
      readonly jobId: JobId;
      readonly priority: number;
    }
  | {
      readonly type: "job-workers-chosen";
      readonly jobId: JobId;
      readonly allowedWorkers: readonly DeviceId[] | null;
    }
  | { readonly type: "queue-paused" }
  | { readonly type: "queue-resumed" }
  /** A person wants work shared out in another way; what is at work goes on. */
  | { readonly type: "queue-configured"; readonly settings: QueueSettings }
  | { readonly type: "worker-joined"; readonly worker: WorkerSpec }
  | { readonly type: "worker-left"; readonly workerId: DeviceId }
  /** Any sign of life; renews the lease of all its attempts. */
  | { readonly type: "worker-heard"; readonly workerId: DeviceId }
  | {
      readonly type: "worker-availability-changed";
      readonly workerId: DeviceId;
      readonly availability: Availability;
    }
  /** A person lifts a worker's soft block. */
  | { readonly type: "worker-forgiven"; readonly workerId: DeviceId }
  /**
   * An attempt of the master's earlier life is alive on a worker that has
   * joined: its job is known, paused or not. Answered by `cancel` ("unknown")
   * when it is not wanted.
   */
  | {
      readonly type: "attempt-inherited";
      readonly attempt: InheritedAttempt;
    }
  /** The encode has begun (it is no longer only prefetched). */
  | { readonly type: "attempt-started"; readonly attemptId: AttemptId }
  | {
      readonly type: "attempt-progressed";
      readonly attemptId: AttemptId;
      /** Frames encoded so far. */
      readonly framesDone: number;
      /** Frames of the range that already left the master: the range cannot be shortened before them. */
      readonly framesFed: number;
    }
  /** The whole result is on the master's disk and passed verification. */
  | {
      readonly type: "attempt-verified";
      readonly attemptId: AttemptId;
      readonly sizeBytes: number;
    }
  | {
      readonly type: "attempt-failed";
      readonly attemptId: AttemptId;
      readonly code: ErrorCode;
    }
  /** Answer to `shorten`: the range now ends at `endFrame` (the old end: too late, nothing changed). */
  | {
      readonly type: "attempt-shortened";
      readonly attemptId: AttemptId;
      readonly endFrame: number;
    }
  /** Nothing happened; time went by. */
  | { readonly type: "ticked" };
