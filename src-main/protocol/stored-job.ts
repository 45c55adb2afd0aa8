/** A job as it is kept: its record, finished segments, events and running attempts. */
import { z } from "zod";
import type { ErrorCode } from "../core/errors.ts";
import type {
  AttemptId,
  DeviceId,
  JobId,
  TaskId,
} from "../core/identifiers.ts";
import type { Recipe } from "../core/recipe.ts";
import type { FrameRange } from "../core/scheduler/events.ts";
import {
  attemptIdSchema,
  deviceIdSchema,
  errorCodeSchema,
  jobIdSchema,
  taskIdSchema,
} from "./identifier-schemas.ts";

export const storedJobStates = [
  "queued",
  "active",
  "paused",
  "done",
  "failed",
  "cancelled",
] as const;
export type StoredJobState = (typeof storedJobStates)[number];

export interface StoredJobOptions {
  readonly priority: number;
  /** Null: guided sizes. */
  readonly segmentS: number | null;
  /** Null: any worker. */
  readonly allowedWorkers: readonly DeviceId[] | null;
  readonly overwrite: boolean;
}

/** Facts of a finished job. */
export interface FinishedFacts {
  readonly sourceBytes: number;
  readonly outputBytes: number;
  readonly frames: number | null;
  readonly durationS: number | null;
  readonly elapsedMs: number;
}

/** What the caller writes of a job; its segments and events are recorded one by one. */
export interface JobRecord {
  readonly id: JobId;
  readonly sources: readonly string[];
  readonly presetName: string;
  readonly recipe: Recipe;
  readonly outputPath: string;
  readonly options: StoredJobOptions;
  readonly state: StoredJobState;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly finished: FinishedFacts | null;
  readonly failure: {
    readonly code: ErrorCode;
    readonly detail: string;
  } | null;
  readonly notes: readonly string[];
  /** What the master settled on the way and must not decide again: chosen quality, made whole, … */
  readonly settled: Readonly<Record<string, string | number | boolean | null>>;
}

/** Sums over a job's finished segments, so that lists need not load them. */
export interface SegmentSummary {
  readonly count: number;
  readonly frames: number;
  readonly sizeBytes: number;
}

/** A job as the queue lists it. The summary is kept by the store. */
export interface StoredJob extends JobRecord {
  readonly segmentSummary: SegmentSummary;
}

/** A finished, verified segment (or the audio task) in the job's work folder. */
export interface StoredSegment {
  readonly taskId: TaskId;
  readonly stage: number;
  readonly kind: "video" | "audio";
  /** Null for audio. */
  readonly range: FrameRange | null;
  /** Name within the job's work folder, made by this program. */
  readonly fileName: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  readonly workerId: DeviceId | null;
  readonly recordedAtMs: number;
  /** Chosen for it alone, where a bitrate or a size was asked for. */
  readonly quality?: number | undefined;
}

export interface JobEvent {
  readonly atMs: number;
  readonly kind: "note" | "failure";
  readonly code: ErrorCode | null;
  readonly text: string;
  readonly taskId: TaskId | null;
  readonly workerId: DeviceId | null;
}

export interface JobDetails {
  /** By stage, then in the order first recorded. */
  readonly segments: readonly StoredSegment[];
  /** Oldest first; only the latest `maxJobEvents`. */
  readonly events: readonly JobEvent[];
}

/** An attempt a worker was given and has not ended; a restarted master takes its result. */
export interface StoredAttempt {
  readonly attemptId: AttemptId;
  readonly jobId: JobId;
  readonly stage: number;
  readonly taskId: TaskId;
  readonly workerId: DeviceId;
  readonly kind: "video" | "audio";
  /** Null for audio. */
  readonly range: FrameRange | null;
  readonly isLast: boolean;
  readonly startedAtMs: number;
  /** As of a segment. */
  readonly quality?: number | undefined;
}

/** The whole recipe is checked where it is used; the checksum vouches for its bytes. */
const recipe = z.custom<Recipe>(
  (value) =>
    typeof value === "object" &&
    value !== null &&
    "container" in value &&
    "video" in value,
);
const count = z.number().int().nonnegative();
const range = z.strictObject({ startFrame: count, endFrame: count }).nullable();

export const jobRecordSchema: z.ZodType<JobRecord> = z.strictObject({
  id: jobIdSchema,
  sources: z.array(z.string()),
  presetName: z.string(),
  recipe,
  outputPath: z.string(),
  options: z.strictObject({
    priority: z.number(),
    segmentS: z.number().positive().nullable(),
    allowedWorkers: z.array(deviceIdSchema).nullable(),
    overwrite: z.boolean(),
  }),
  state: z.enum(storedJobStates),
  createdAtMs: z.number(),
  startedAtMs: z.number().nullable(),
  finishedAtMs: z.number().nullable(),
  finished: z
    .strictObject({
      sourceBytes: z.number(),
      outputBytes: z.number(),
      frames: count.nullable(),
      durationS: z.number().nullable(),
      elapsedMs: z.number(),
    })
    .nullable(),
  failure: z
    .strictObject({ code: errorCodeSchema, detail: z.string() })
    .nullable(),
  notes: z.array(z.string()),
  settled: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.null()]),
  ),
});

export const segmentSummarySchema: z.ZodType<SegmentSummary> = z.strictObject({
  count,
  frames: count,
  sizeBytes: count,
});

export const storedSegmentSchema: z.ZodType<StoredSegment> = z.strictObject({
  taskId: taskIdSchema,
  stage: count,
  kind: z.enum(["video", "audio"]),
  range,
  fileName: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
  sizeBytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  workerId: deviceIdSchema.nullable(),
  recordedAtMs: z.number(),
  quality: z.number().optional(),
});

export const jobEventSchema: z.ZodType<JobEvent> = z.strictObject({
  atMs: z.number(),
  kind: z.enum(["note", "failure"]),
  code: errorCodeSchema.nullable(),
  text: z.string(),
  taskId: taskIdSchema.nullable(),
  workerId: deviceIdSchema.nullable(),
});

export const storedAttemptSchema: z.ZodType<StoredAttempt> = z.strictObject({
  attemptId: attemptIdSchema,
  jobId: jobIdSchema,
  stage: count,
  taskId: taskIdSchema,
  workerId: deviceIdSchema,
  kind: z.enum(["video", "audio"]),
  range,
  isLast: z.boolean(),
  startedAtMs: z.number(),
  quality: z.number().optional(),
});
