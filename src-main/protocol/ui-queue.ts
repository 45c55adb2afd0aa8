/** The part of the UI contract about jobs, their order, and who works for them. */
import { z } from "zod";
import { nameTemplateProblem } from "../core/output-name.ts";
import { recipeSchema } from "./recipe-schema.ts";
import type { UiFailure, UiJobDetail } from "./ui-contract.ts";

const jobIdText = z.string().regex(/^[a-z0-9-]{1,64}$/);
const path = z.string().min(1).max(4096);
const priority = z.number().int().min(-100).max(100);
const workerIdText = z.string().regex(/^[0-9a-f]{64}$/);
/** Null: any worker. */
const chosenWorkers = z.array(workerIdText).min(1).max(256).nullable();

/** How work is shared out; changes hold at once and are kept. */
const queueSettingsSchema = z.strictObject({
  /** Share of the farm's slots that small jobs behind a huge one may take, 0 to 1; 0: one job after the other. */
  smallJobShare: z.number().min(0).max(1),
  /** Workers without work take over later parts of what others have at work. */
  stealing: z.boolean(),
  /** What ends last is tried on a second worker, too. */
  duplicates: z.boolean(),
});
export type UiQueueSettings = z.infer<typeof queueSettingsSchema>;

const addJobSchema = z.strictObject({
  type: z.literal("add-job"),
  /** Files, and folders for the media files in them and below. */
  sources: z.array(path).min(1).max(10_000),
  presetName: z.string().max(200),
  /** Settings of this job alone; `presetName` is then only what they are called. */
  recipe: recipeSchema.optional(),
  /** A folder, or a file name when there is one source; null: beside the source. */
  output: path.nullable(),
  /** Into an output folder, films of a folder go into the same subfolders as there. Left out: no. */
  keepsSubfolders: z.boolean().optional(),
  /**
   * How outputs are called in their folder (core/output-name.ts). A name that
   * is taken gets a number. Left out: as the source, and refused when taken.
   */
  nameTemplate: z
    .string()
    .max(200)
    .refine((text) => nameTemplateProblem(text) === null)
    .optional(),
  allowedWorkers: chosenWorkers.optional(),
  overwrite: z.boolean(),
  segmentS: z.number().min(0.5).max(3600).nullable(),
  priority,
});

const aboutOneJob = [
  z.strictObject({ type: z.literal("job-detail"), jobId: jobIdText }),
  z.strictObject({ type: z.literal("pause-job"), jobId: jobIdText }),
  z.strictObject({ type: z.literal("resume-job"), jobId: jobIdText }),
  z.strictObject({ type: z.literal("cancel-job"), jobId: jobIdText }),
  z.strictObject({ type: z.literal("retry-job"), jobId: jobIdText }),
  /** It can be put back (`restore-job`) until the node ends; what was at work of it is lost. */
  z.strictObject({ type: z.literal("remove-job"), jobId: jobIdText }),
  z.strictObject({ type: z.literal("restore-job"), jobId: jobIdText }),
  z.strictObject({
    type: z.literal("move-job"),
    jobId: jobIdText,
    beforeJobId: jobIdText.nullable(),
  }),
  z.strictObject({
    type: z.literal("prioritise-job"),
    jobId: jobIdText,
    priority,
  }),
  z.strictObject({
    type: z.literal("choose-workers"),
    jobId: jobIdText,
    workerIds: chosenWorkers,
  }),
] as const;

const aboutTheQueue = [
  z.strictObject({ type: z.literal("pause-queue") }),
  z.strictObject({ type: z.literal("resume-queue") }),
  /** Every job that is not over. */
  z.strictObject({ type: z.literal("cancel-queue") }),
  /** Every job that failed. */
  z.strictObject({ type: z.literal("retry-failed") }),
  /** Takes every job that is over off the list. */
  z.strictObject({ type: z.literal("remove-ended") }),
  z.strictObject({ type: z.literal("queue-settings") }),
  z.strictObject({
    type: z.literal("change-queue-settings"),
    change: queueSettingsSchema.partial(),
  }),
] as const;

const aboutWorkers = [
  z.strictObject({
    type: z.literal("drain-worker"),
    workerId: workerIdText,
    drain: z.boolean(),
  }),
  z.strictObject({ type: z.literal("forgive-worker"), workerId: workerIdText }),
] as const;

export const queueRequestSchemas = [
  addJobSchema,
  ...aboutOneJob,
  ...aboutTheQueue,
  ...aboutWorkers,
] as const;

export type QueueRequest = z.infer<(typeof queueRequestSchemas)[number]>;
export type AddJobRequest = z.infer<typeof addJobSchema>;

export interface UiRefused {
  readonly source: string;
  readonly failure: UiFailure;
}

/** What lay in a folder and was not added. */
export interface UiSkipped {
  readonly path: string;
  readonly reason: string;
}

/** The jobs that a request about many was carried out for. */
export interface UiJobIds {
  readonly jobIds: readonly string[];
}

export interface UiQueueAnswers {
  readonly "add-job": UiJobIds & {
    readonly refused: readonly UiRefused[];
    /** At most the first 200. */
    readonly skipped: readonly UiSkipped[];
  };
  readonly "job-detail": UiJobDetail;
  readonly "cancel-queue": UiJobIds;
  readonly "retry-failed": UiJobIds;
  readonly "remove-ended": UiJobIds;
  readonly "queue-settings": UiQueueSettings;
  readonly "change-queue-settings": UiQueueSettings;
}
