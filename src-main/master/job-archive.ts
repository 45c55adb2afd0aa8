/** Jobs as the store keeps them, and back. */
import { join } from "node:path";
import { Failure } from "../core/errors.ts";
import type {
  JobRecord,
  StoredJob,
  StoredJobState,
} from "../protocol/stored-job.ts";
import { parseKeptRates } from "../protocol/kept-rates.ts";
import type { UiJobFigures } from "../protocol/ui-contract.ts";
import { Job, type JobPhase } from "./job.ts";

/** What the store is told of a job. */
export function recordOf(job: Job): JobRecord {
  const { request, phase, counters, source } = job;
  return {
    id: job.id,
    sources: [request.sourcePath],
    presetName: request.presetName,
    recipe: request.recipe,
    outputPath: request.outputPath,
    options: {
      priority: request.priority,
      segmentS: request.segmentS,
      allowedWorkers: request.allowedWorkers,
      overwrite: request.overwrite,
    },
    state: storedState(job),
    createdAtMs: request.createdAtMs,
    startedAtMs: counters.startedAtMs,
    finishedAtMs: counters.endedAtMs,
    finished:
      phase.kind === "done"
        ? {
            sourceBytes: source.sizeBytes,
            outputBytes: phase.outputBytes,
            frames: phase.figures.frames,
            durationS: source.durationS,
            elapsedMs: Math.round(phase.figures.wallS * 1000),
          }
        : null,
    failure:
      phase.kind === "failed"
        ? { code: phase.failure.code, detail: phase.failure.detail }
        : null,
    notes: [...job.notes],
    settled: {
      sourceBytes: source.sizeBytes,
      sourceModifiedMs: source.modifiedMs,
      durationS: source.durationS,
      wholeFeed: job.settledChoice?.feed ?? null,
      wholeReason: job.settledChoice?.reason ?? null,
      ...keptRates(job),
      ...(phase.kind === "done"
        ? { figures: JSON.stringify(phase.figures) }
        : {}),
    },
  };
}

/** Where its passes stand; of no more use once it is done. */
function keptRates(job: Job): { rates?: string } {
  const kept = job.isProbed ? job.rates.keep() : job.keptRates;
  if (kept === null || job.phase.kind === "done") return {};
  return { rates: JSON.stringify(kept) };
}

function storedState(job: Job): StoredJobState {
  if (job.paused && !job.hasEnded) return "paused";
  switch (job.phase.kind) {
    case "waiting":
      return "queued";
    case "preparing":
    case "encoding":
    case "stitching":
      return "active";
    default:
      return job.phase.kind;
  }
}

/** A job as it was kept. What was at work waits for its turn again; its finished segments are found then. */
export function jobFromRecord(record: StoredJob, workFolder: string): Job {
  const { settled, options } = record;
  const job = new Job(
    {
      jobId: record.id,
      sourcePath: record.sources[0] ?? "",
      outputPath: record.outputPath,
      presetName: record.presetName,
      recipe: record.recipe,
      overwrite: options.overwrite,
      segmentS: options.segmentS,
      priority: options.priority,
      allowedWorkers: options.allowedWorkers,
      createdAtMs: record.createdAtMs,
    },
    {
      sizeBytes: Number(settled["sourceBytes"] ?? 0),
      modifiedMs: Number(settled["sourceModifiedMs"] ?? 0),
      durationS:
        typeof settled["durationS"] === "number" ? settled["durationS"] : null,
    },
    join(workFolder, record.id),
  );
  job.phase = phaseOf(record);
  job.paused = record.state === "paused";
  job.notes = [...record.notes];
  job.settledChoice = settledChoice(record);
  if (typeof settled["rates"] === "string")
    job.keptRates = parseKeptRates(settled["rates"]);
  job.counters.startedAtMs = record.startedAtMs;
  job.counters.endedAtMs = record.finishedAtMs;
  return job;
}

function phaseOf(record: StoredJob): JobPhase {
  switch (record.state) {
    case "done":
      return {
        kind: "done",
        outputBytes: record.finished?.outputBytes ?? 0,
        figures: figuresOf(record),
        parts: [],
      };
    case "failed": {
      const { code, detail } = record.failure ?? {
        code: "internal-error" as const,
        detail: "",
      };
      return { kind: "failed", failure: new Failure(code, detail) };
    }
    case "cancelled":
      return { kind: "cancelled" };
    case "queued":
    case "active":
    case "paused":
      return { kind: "waiting" };
  }
}

function settledChoice({ settled }: StoredJob): Job["settledChoice"] {
  const reason = settled["wholeReason"];
  if (reason !== "not-copyable" && reason !== "cut-not-exact") return null;
  const feed = settled["wholeFeed"] === "nut-copy" ? "nut-copy" : "nut-decoded";
  return { kind: "whole", feed, reason };
}

function figuresOf(record: StoredJob): UiJobFigures {
  const text = record.settled["figures"];
  if (typeof text === "string") return JSON.parse(text) as UiJobFigures;
  return {
    wallS: (record.finished?.elapsedMs ?? 0) / 1000,
    firstSegmentS: null,
    frames: record.finished?.frames ?? 0,
    segmentCount: record.segmentSummary.count,
    attemptCount: 0,
    wastedFrames: 0,
    bytesSent: 0,
    bytesReceived: 0,
    workers: [],
  };
}
