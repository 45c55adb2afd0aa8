/**
 * What a node keeps on disk: settings, the queue, and per job its finished
 * segments and events. The schemas check what is read back; a change of any
 * shape here raises `storeVersion` and adds a migration (store/migrations.ts).
 */
import { z } from "zod";
import { isErrorCode } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import { isDeviceId } from "../core/identifiers.ts";
import type {
  AttemptId,
  DeviceId,
  JobId,
  TaskId,
} from "../core/identifiers.ts";
import type { Recipe } from "../core/recipe.ts";
import type { FrameRange } from "../core/scheduler/events.ts";

/** Version of every stored document and journal line this program writes. */
export const storeVersion = 1;

export interface StoredDevice {
  readonly deviceId: DeviceId;
  readonly label: string;
  readonly allowedAtMs: number;
}

export interface StoredMaster {
  readonly deviceId: DeviceId;
  readonly label: string;
  /** `host:port` where it was last reached. */
  readonly address: string;
}

/** A stretch of one weekday (0 = Sunday) in minutes after midnight, local time. */
export interface WeekHours {
  readonly day: number;
  readonly startMinute: number;
  readonly endMinute: number;
}

/** What a worker's owner allows (design 10). Null: no such limit. */
export interface WorkerLimits {
  readonly enabled: boolean;
  readonly idleMinutes: number | null;
  readonly onlyOnMains: boolean;
  readonly hours: readonly WeekHours[] | null;
  readonly threads: number | null;
  readonly lowPriority: boolean;
  readonly pausedUntilMs: number | null;
}

export interface Settings {
  readonly name: string;
  /** Undecided until the first-run question is answered. */
  readonly role: "undecided" | "master" | "worker" | "both";
  readonly listen: { readonly host: string; readonly port: number };
  readonly discovery: boolean;
  /** Masters this node works for or has worked for. */
  readonly masters: readonly StoredMaster[];
  /** Devices let in by pairing or by hand. */
  readonly allowedDevices: readonly StoredDevice[];
  readonly limits: WorkerLimits;
  readonly queuePaused: boolean;
  readonly outputFolder: string | null;
  readonly defaultPreset: string | null;
  readonly ffmpegPath: string | null;
  readonly ffprobePath: string | null;
  /** SHA-256 of the token that opens the UI, hex. */
  readonly uiTokenHash: string | null;
}

export const defaultSettings: Settings = {
  name: "",
  role: "undecided",
  listen: { host: "0.0.0.0", port: 0 },
  discovery: true,
  masters: [],
  allowedDevices: [],
  limits: {
    enabled: true,
    idleMinutes: null,
    onlyOnMains: false,
    hours: null,
    threads: null,
    lowPriority: true,
    pausedUntilMs: null,
  },
  queuePaused: false,
  outputFolder: null,
  defaultPreset: null,
  ffmpegPath: null,
  ffprobePath: null,
  uiTokenHash: null,
};

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
}

const deviceId = z.custom<DeviceId>(
  (value) => typeof value === "string" && isDeviceId(value),
);
const errorCode = z.custom<ErrorCode>(
  (value) => typeof value === "string" && isErrorCode(value),
);
/** Becomes a file name, so nothing but letters, digits, `-` and `_`. */
const jobIdPattern = /^[A-Za-z0-9_-]{1,64}$/;
/** Whether a text may be a stored job's id (it becomes a file name). */
export const isStorableJobId = (text: string): boolean =>
  jobIdPattern.test(text);
const jobId = z.custom<JobId>(
  (value) => typeof value === "string" && isStorableJobId(value),
);
const taskId = z.custom<TaskId>((value) => typeof value === "string");
const attemptId = z.custom<AttemptId>((value) => typeof value === "string");
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

export const settingsSchema: z.ZodType<Settings> = z.strictObject({
  name: z.string().max(200),
  role: z.enum(["undecided", "master", "worker", "both"]),
  listen: z.strictObject({
    host: z.string().max(255),
    port: z.number().int().min(0).max(65_535),
  }),
  discovery: z.boolean(),
  masters: z.array(
    z.strictObject({ deviceId, label: z.string(), address: z.string() }),
  ),
  allowedDevices: z.array(
    z.strictObject({ deviceId, label: z.string(), allowedAtMs: z.number() }),
  ),
  limits: z.strictObject({
    enabled: z.boolean(),
    idleMinutes: z.number().positive().nullable(),
    onlyOnMains: z.boolean(),
    hours: z
      .array(
        z.strictObject({
          day: z.number().int().min(0).max(6),
          startMinute: z.number().int().min(0).max(1440),
          endMinute: z.number().int().min(0).max(1440),
        }),
      )
      .nullable(),
    threads: z.number().int().positive().nullable(),
    lowPriority: z.boolean(),
    pausedUntilMs: z.number().nullable(),
  }),
  queuePaused: z.boolean(),
  outputFolder: z.string().nullable(),
  defaultPreset: z.string().nullable(),
  ffmpegPath: z.string().nullable(),
  ffprobePath: z.string().nullable(),
  uiTokenHash: z.string().nullable(),
});

export const jobRecordSchema: z.ZodType<JobRecord> = z.strictObject({
  id: jobId,
  sources: z.array(z.string()),
  presetName: z.string(),
  recipe,
  outputPath: z.string(),
  options: z.strictObject({
    priority: z.number(),
    segmentS: z.number().positive().nullable(),
    allowedWorkers: z.array(deviceId).nullable(),
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
  failure: z.strictObject({ code: errorCode, detail: z.string() }).nullable(),
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
  taskId,
  stage: count,
  kind: z.enum(["video", "audio"]),
  range,
  fileName: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
  sizeBytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  workerId: deviceId.nullable(),
  recordedAtMs: z.number(),
});

export const jobEventSchema: z.ZodType<JobEvent> = z.strictObject({
  atMs: z.number(),
  kind: z.enum(["note", "failure"]),
  code: errorCode.nullable(),
  text: z.string(),
  taskId: taskId.nullable(),
  workerId: deviceId.nullable(),
});

export const storedAttemptSchema: z.ZodType<StoredAttempt> = z.strictObject({
  attemptId,
  jobId,
  stage: count,
  taskId,
  workerId: deviceId,
  kind: z.enum(["video", "audio"]),
  range,
  isLast: z.boolean(),
  startedAtMs: z.number(),
});

/** The document of settings, running attempts and the queue, in queue order. */
export interface IndexDocument {
  /** Journal lines up to this one are contained. */
  readonly sequence: number;
  readonly settings: Settings;
  readonly attempts: readonly StoredAttempt[];
  readonly jobs: readonly IndexedJob[];
}

export interface IndexedJob {
  /** Journal line that added the job; tells its document from one of a removed namesake. */
  readonly born: number;
  readonly summary: SegmentSummary;
  readonly job: JobRecord;
}

export const indexedJobSchema: z.ZodType<IndexedJob> = z.strictObject({
  born: count,
  summary: segmentSummarySchema,
  job: jobRecordSchema,
});

export const indexDocumentSchema: z.ZodType<IndexDocument> = z.strictObject({
  sequence: count,
  settings: settingsSchema,
  attempts: z.array(storedAttemptSchema),
  jobs: z.array(indexedJobSchema),
});

/** One job's document: its record again (to rebuild a lost queue), segments and events. */
export interface JobDocument extends IndexedJob {
  readonly sequence: number;
  readonly segments: readonly StoredSegment[];
  readonly events: readonly JobEvent[];
}

export const jobDocumentSchema: z.ZodType<JobDocument> = z.strictObject({
  sequence: count,
  born: count,
  summary: segmentSummarySchema,
  job: jobRecordSchema,
  segments: z.array(storedSegmentSchema),
  events: z.array(jobEventSchema),
});

/** One change, as the journal keeps it. */
export type JournalEntry =
  | { readonly op: "settings"; readonly change: Partial<Settings> }
  /** Changes the job, or adds it at the end of the queue. */
  | { readonly op: "job"; readonly job: JobRecord }
  | { readonly op: "move"; readonly id: JobId; readonly before: JobId | null }
  | { readonly op: "remove"; readonly id: JobId }
  | {
      readonly op: "segment";
      readonly id: JobId;
      readonly segment: StoredSegment;
      /** After this change, so that replay need not load the other segments. */
      readonly summary: SegmentSummary;
    }
  | {
      readonly op: "segments-dropped";
      readonly id: JobId;
      readonly stage: number | null;
      readonly taskIds: readonly TaskId[] | null;
      readonly summary: SegmentSummary;
    }
  | { readonly op: "event"; readonly id: JobId; readonly event: JobEvent }
  | { readonly op: "attempt"; readonly attempt: StoredAttempt }
  | { readonly op: "attempt-ended"; readonly attemptId: AttemptId };

export const journalEntrySchema = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("settings"),
    change: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({ op: z.literal("job"), job: jobRecordSchema }),
  z.strictObject({
    op: z.literal("move"),
    id: jobId,
    before: jobId.nullable(),
  }),
  z.strictObject({ op: z.literal("remove"), id: jobId }),
  z.strictObject({
    op: z.literal("segment"),
    id: jobId,
    segment: storedSegmentSchema,
    summary: segmentSummarySchema,
  }),
  z.strictObject({
    op: z.literal("segments-dropped"),
    id: jobId,
    stage: count.nullable(),
    taskIds: z.array(taskId).nullable(),
    summary: segmentSummarySchema,
  }),
  z.strictObject({ op: z.literal("event"), id: jobId, event: jobEventSchema }),
  z.strictObject({ op: z.literal("attempt"), attempt: storedAttemptSchema }),
  z.strictObject({ op: z.literal("attempt-ended"), attemptId }),
]);
