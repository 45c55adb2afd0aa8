/** What the scheduler wants done. The master carries effects out in order and reports back by events. */
import type { ErrorCode } from "../errors.ts";
import type { AttemptId, DeviceId, JobId, TaskId } from "../identifiers.ts";
import type { FrameRange } from "./events.ts";

export type Assignment = {
  readonly attemptId: AttemptId;
  readonly jobId: JobId;
  readonly stage: number;
  readonly taskId: TaskId;
  readonly workerId: DeviceId;
  /** A second attempt at a task that is still running elsewhere. */
  readonly isDuplicate: boolean;
} & (
  | {
      readonly kind: "video";
      readonly range: FrameRange;
      /** The range reaches the end of the source (it has no end bound). */
      readonly isLast: boolean;
    }
  | { readonly kind: "audio" }
);

export type CancelReason =
  | "job-cancelled"
  | "job-paused"
  | "job-failed"
  | "duplicate-lost"
  | "lease-expired"
  | "worker-left"
  | "superseded"
  /** The worker still runs an attempt the master no longer knows. */
  | "unknown";

export interface FailureRecord {
  readonly taskId: TaskId;
  readonly workerId: DeviceId;
  readonly code: ErrorCode;
  readonly atMs: number;
}

export type SchedulerEffect =
  | { readonly type: "assign"; readonly assignment: Assignment }
  /** Ask for the later part of a running range back (stealing). */
  | {
      readonly type: "shorten";
      readonly attemptId: AttemptId;
      readonly endFrame: number;
    }
  | {
      readonly type: "cancel";
      readonly attemptId: AttemptId;
      readonly workerId: DeviceId;
      readonly reason: CancelReason;
    }
  /** Every task of the stage is verified: begin the next one, or stitch. */
  | {
      readonly type: "complete-stage";
      readonly jobId: JobId;
      readonly stage: number;
      /** In presentation order. */
      readonly segments: readonly (FrameRange & {
        readonly taskId: TaskId;
        readonly attemptId: AttemptId | null;
      })[];
      readonly wholeTasks: readonly {
        readonly taskId: TaskId;
        readonly attemptId: AttemptId | null;
      }[];
    }
  | {
      readonly type: "fail-job";
      readonly jobId: JobId;
      readonly code: ErrorCode;
      readonly failures: readonly FailureRecord[];
    }
  /** Cut, it cannot be done right: answer with `job-made-whole`. Until then nothing of it is handed out. */
  | {
      readonly type: "make-whole";
      readonly jobId: JobId;
      readonly code: ErrorCode;
      readonly failures: readonly FailureRecord[];
    }
  /** It missed its lease: close its connection. It gets nothing until it joins again. */
  | { readonly type: "disconnect-worker"; readonly workerId: DeviceId }
  /** A worker is set aside for an encoder for a while; people are shown why. */
  | {
      readonly type: "block-worker";
      readonly workerId: DeviceId;
      readonly capability: string;
      readonly code: ErrorCode;
      readonly untilMs: number;
    };
