/** Small valid documents for the store's tests. */
import {
  attemptId,
  isDeviceId,
  jobId,
  taskId,
} from "../../src-main/core/identifiers.ts";
import type { DeviceId, JobId } from "../../src-main/core/identifiers.ts";
import type { Recipe } from "../../src-main/core/recipe.ts";
import type { Settings } from "../../src-main/protocol/settings.ts";
import type {
  JobDetails,
  JobEvent,
  JobRecord,
  StoredAttempt,
  StoredJob,
  StoredSegment,
} from "../../src-main/protocol/stored-job.ts";
import type { NodeStore } from "../../src-main/store/node-store.ts";

export const sampleRecipe: Recipe = {
  container: "mkv",
  video: { kind: "copy" },
  audio: { kind: "copy" },
  audioTracks: "all",
  subtitles: "keep",
  chapters: "keep",
  attachments: "keep",
  metadata: "keep",
  fastStart: false,
};

export const sampleDevice: DeviceId = deviceOf("ab".repeat(32));

export function sampleJob(
  name: string,
  change: Partial<JobRecord> = {},
): JobRecord {
  return {
    id: jobId(name),
    sources: [`/films/${name} — Straße.mkv`],
    presetName: "Small and quick",
    recipe: sampleRecipe,
    outputPath: `/out/${name}.mkv`,
    options: {
      priority: 0,
      segmentS: null,
      allowedWorkers: null,
      overwrite: false,
    },
    state: "queued",
    createdAtMs: 1_700_000_000_000,
    startedAtMs: null,
    finishedAtMs: null,
    finished: null,
    failure: null,
    notes: [],
    settled: {},
    ...change,
  };
}

export function sampleSegment(
  number: number,
  change: Partial<StoredSegment> = {},
): StoredSegment {
  return {
    taskId: taskId(`task-${String(number)}`),
    stage: 0,
    kind: "video",
    range: { startFrame: number * 100, endFrame: number * 100 + 100 },
    fileName: `s0-${String(number)}.seg`,
    sizeBytes: 1000 + number,
    sha256: "0f".repeat(32),
    workerId: sampleDevice,
    recordedAtMs: 1_700_000_000_000 + number,
    ...change,
  };
}

export function sampleEvent(text: string): JobEvent {
  return {
    atMs: 1_700_000_000_000,
    kind: "failure",
    code: "encoder-failed",
    text,
    taskId: taskId("task-1"),
    workerId: sampleDevice,
  };
}

export function sampleAttempt(job: JobId, number: number): StoredAttempt {
  return {
    attemptId: attemptId(`attempt-${String(number)}`),
    jobId: job,
    stage: 0,
    taskId: taskId(`task-${String(number)}`),
    workerId: sampleDevice,
    kind: "video",
    range: { startFrame: 0, endFrame: 10 },
    isLast: false,
    startedAtMs: 1_700_000_000_000,
  };
}

/** All a store tells, to be compared as a whole. */
export interface StoreContents {
  readonly settings: Settings;
  readonly jobs: readonly StoredJob[];
  readonly details: readonly JobDetails[];
  readonly attempts: readonly StoredAttempt[];
}

export async function contentsOf(store: NodeStore): Promise<StoreContents> {
  const jobs = [...store.jobs()];
  const details: JobDetails[] = [];
  for (const job of jobs) details.push(await store.jobDetails(job.id));
  const attempts = [...store.attempts()].sort((a, b) =>
    a.attemptId.localeCompare(b.attemptId),
  );
  return { settings: store.settings, jobs, details, attempts };
}

function deviceOf(text: string): DeviceId {
  if (!isDeviceId(text)) throw new Error("not a device id");
  return text;
}
