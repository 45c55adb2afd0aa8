/**
 * What a node keeps on disk: the index of settings and queue, a document per
 * job, and the journal of changes. The schemas check what is read back; a
 * change of any shape here, or of one they are made of, raises `storeVersion`
 * and adds a migration (store/migrations.ts).
 */
import { z } from "zod";
import type { AttemptId, JobId, TaskId } from "../core/identifiers.ts";
import {
  attemptIdSchema,
  jobIdSchema,
  taskIdSchema,
} from "./identifier-schemas.ts";
import {
  settingsChangeSchema,
  settingsSchema,
  type Settings,
} from "./settings.ts";
import {
  jobEventSchema,
  jobRecordSchema,
  segmentSummarySchema,
  storedAttemptSchema,
  storedSegmentSchema,
} from "./stored-job.ts";
import type {
  JobEvent,
  JobRecord,
  SegmentSummary,
  StoredAttempt,
  StoredSegment,
} from "./stored-job.ts";

/** Version of every stored document and journal line this program writes. */
export const storeVersion = 3;

const count = z.number().int().nonnegative();

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
    change: settingsChangeSchema,
  }),
  z.strictObject({ op: z.literal("job"), job: jobRecordSchema }),
  z.strictObject({
    op: z.literal("move"),
    id: jobIdSchema,
    before: jobIdSchema.nullable(),
  }),
  z.strictObject({ op: z.literal("remove"), id: jobIdSchema }),
  z.strictObject({
    op: z.literal("segment"),
    id: jobIdSchema,
    segment: storedSegmentSchema,
    summary: segmentSummarySchema,
  }),
  z.strictObject({
    op: z.literal("segments-dropped"),
    id: jobIdSchema,
    stage: count.nullable(),
    taskIds: z.array(taskIdSchema).nullable(),
    summary: segmentSummarySchema,
  }),
  z.strictObject({
    op: z.literal("event"),
    id: jobIdSchema,
    event: jobEventSchema,
  }),
  z.strictObject({ op: z.literal("attempt"), attempt: storedAttemptSchema }),
  z.strictObject({
    op: z.literal("attempt-ended"),
    attemptId: attemptIdSchema,
  }),
]);
