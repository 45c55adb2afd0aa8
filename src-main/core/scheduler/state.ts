/**
 * What the scheduler knows. Plain data, owned by the caller, changed only by
 * `step`. Segments that are done live in an interval set and an append-only
 * list, so no event costs more the longer a job is.
 *
 * A task is open (no attempt), running (one attempt, or two with a duplicate)
 * or done. It is entered open: cut from the fresh frames, split off another,
 * or given back. It leaves by a verified attempt. Its frames belong to it alone
 * until then.
 *
 * An attempt is live (assigned, then started) or lost (its worker fell silent
 * or left). A live one ends by verified, failed, or cancelled. A lost one is
 * remembered so that its result can still count when nobody was quicker.
 *
 * A worker is present, silent (lease missed: nothing until it joins again) or
 * gone. A job is open, held (until a time), remaking (waits for
 * `job-made-whole`), staged (waits for `stage-begun`) or failed.
 */
import { assert } from "../assert.ts";
import type { ErrorCode } from "../errors.ts";
import type { AttemptId, DeviceId, JobId, TaskId } from "../identifiers.ts";
import { defaultConfig, type SchedulerConfig } from "./config.ts";
import type { FailureRecord } from "./effects.ts";
import type { Availability, FrameRange } from "./events.ts";
import type { IntervalSet } from "./intervals.ts";

interface TaskBase {
  readonly taskId: TaskId;
  /** Live ones only. */
  readonly attempts: Attempt[];
  readonly failures: FailureRecord[];
  /** Kept for the worker that asked for it by stealing. */
  reserved: { readonly workerId: DeviceId; readonly untilMs: number } | null;
}

export interface VideoTask extends TaskBase {
  readonly kind: "video";
  readonly startFrame: number;
  endFrame: number;
  /** Split off a running attempt. */
  readonly stolen: boolean;
}

export interface AudioTask extends TaskBase {
  readonly kind: "audio";
  readonly costFrames: number;
  readonly needs: readonly string[];
  done: { readonly attemptId: AttemptId | null } | null;
}

export type Task = VideoTask | AudioTask;

export interface Attempt {
  readonly attemptId: AttemptId;
  readonly job: Job;
  readonly stage: number;
  readonly task: Task;
  readonly workerId: DeviceId;
  isDuplicate: boolean;
  /** Its own range: shorter than the task's only when it was shortened while a duplicate ran. Audio: `[0, costFrames)`. */
  readonly startFrame: number;
  endFrame: number;
  readonly assignedAtMs: number;
  /** Every slot of the worker was taken when it was assigned. */
  readonly wasPrefetched: boolean;
  startedAtMs: number | null;
  framesDone: number;
  framesFed: number;
  progressedAtMs: number;
  /** Where the present speed window began. */
  windowFrames: number;
  windowAtMs: number;
  /** Null until a window is full. */
  recentFps: number | null;
  /** A `shorten` that is not answered yet. */
  shorten: {
    readonly endFrame: number;
    /** Null: for everybody. */
    readonly thief: DeviceId | null;
    readonly askedAtMs: number;
  } | null;
  /** Asked and refused, or it cannot be asked: not asked (again). */
  unstealable: boolean;
  /** Of the master's earlier life: when it began, and what it was fed, is not known. */
  readonly inherited: boolean;
  /** Inherited while its job was paused: that pause does not end it. */
  outlivesPause: boolean;
}

export interface Segment extends FrameRange {
  readonly taskId: TaskId;
  readonly attemptId: AttemptId | null;
  readonly workerId: DeviceId | null;
  readonly stolen: boolean;
}

export interface Stage {
  readonly stage: number;
  /** Goes before the job's own; null: as the job says. */
  readonly fixedSegmentS: number | null;
  /** Never handed out, ascending; consumed from `freshHead`. */
  readonly fresh: { startFrame: number; endFrame: number }[];
  freshHead: number;
  freshFrames: number;
  /** Open tasks that already have a range: given back or split off. Few. */
  readonly returned: Set<VideoTask>;
  /** Video tasks with live attempts. */
  readonly running: Set<VideoTask>;
  readonly audio: AudioTask[];
  readonly verified: IntervalSet;
  readonly segments: Segment[];
  totalFrames: number;
  /** Whether it reaches the end of the timeline and so grows with it. */
  readonly grows: boolean;
}

export type JobStatus =
  | { readonly kind: "open" }
  | {
      readonly kind: "held";
      readonly untilMs: number;
      readonly code: ErrorCode;
    }
  | { readonly kind: "remaking" }
  | { readonly kind: "staged" }
  | { readonly kind: "failed"; readonly code: ErrorCode };

export interface Job {
  readonly jobId: JobId;
  priority: number;
  readonly needs: readonly string[];
  framesPerSecond: number;
  splittable: boolean;
  readonly fixedSegmentS: number | null;
  allowedWorkers: ReadonlySet<DeviceId> | null;
  knownFrames: number;
  timelineComplete: boolean;
  readonly cutPoints: number[];
  paused: boolean;
  status: JobStatus;
  stage: Stage;
  readonly attempts: Map<AttemptId, Attempt>;
  /** Frames per second of a slot of power 1; null until measured. */
  rate: number | null;
  /** Frames per second of all that may help, as it was lately. */
  farm: { readonly fps: number; readonly atMs: number };
  /** Frames encoded and thrown away by duplicates. */
  wastedFrames: number;
  readonly failures: FailureRecord[];
  readonly addedAtMs: number;
  /** Since when no present worker can do it; null when one can. */
  unableSinceMs: number | null;
}

export interface Speed {
  readonly stage: number;
  /** Of one slot. */
  fps: number;
  /** From the last encoded frame to the verified result, and from the order to the first frame. */
  overheadMs: number;
  samples: number;
}

export interface Block {
  readonly capability: string;
  readonly code: ErrorCode;
  readonly untilMs: number;
}

/** What a worker did wrong lately with one encoder. */
export interface Strikes {
  inRow: number;
  timesBlocked: number;
}

export interface Worker {
  readonly workerId: DeviceId;
  presence: "present" | "silent" | "gone";
  capabilities: ReadonlySet<string>;
  slots: number;
  isLocal: boolean;
  availability: Availability;
  suspendedSinceMs: number | null;
  heardAtMs: number;
  /** Overdue since a lag of the master: given up only then. */
  doubtedUntilMs: number | null;
  /** Live ones in the order they were assigned. */
  readonly attempts: Attempt[];
  readonly speeds: Map<JobId, Speed>;
  /** Relative to the other workers; null until measured. */
  power: number | null;
  readonly blocks: Map<string, Block>;
  readonly strikes: Map<string, Strikes>;
  restUntilMs: number;
  /** Waits for the answer to its `shorten`. */
  stealing: Attempt | null;
  /** The `workVersion` at which it found nothing to take. */
  foundNothingAt: number;
}

export interface SchedulerState {
  config: SchedulerConfig;
  taskCounter: number;
  attemptCounter: number;
  readonly jobs: Map<JobId, Job>;
  /** By priority, then as the queue stands. */
  readonly order: Job[];
  readonly workers: Map<DeviceId, Worker>;
  readonly attempts: Map<AttemptId, Attempt>;
  readonly lost: Map<AttemptId, Attempt>;
  queuePaused: boolean;
  /** Changes whenever there may be something to take for a worker that found nothing. */
  workVersion: number;
  /** The caller's clock at the last step, and the scheduler's own, which neither jumps nor goes back. */
  callerMs: number | null;
  clockMs: number;
}

/** An empty farm. `config` overrides single values of `defaultConfig`. */
export function createScheduler(
  config: Partial<SchedulerConfig> = {},
): SchedulerState {
  const { idPrefix = "" } = config;
  // So that ids of two prefixes are never the same.
  assert(
    idPrefix === "" || idPrefix.endsWith("-"),
    "an id prefix ends with a hyphen",
  );
  return {
    config: { ...defaultConfig, ...config },
    taskCounter: 0,
    attemptCounter: 0,
    jobs: new Map(),
    order: [],
    workers: new Map(),
    attempts: new Map(),
    lost: new Map(),
    queuePaused: false,
    workVersion: 0,
    callerMs: null,
    clockMs: 0,
  };
}
