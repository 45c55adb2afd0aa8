/** Rows of the tables that `queue` and `workers` show. Pure. */
import type { UiJob, UiWorker } from "../protocol/ui-contract.ts";
import {
  formatClock,
  formatRate,
  formatSaving,
  formatShare,
  formatSpeed,
} from "./figures.ts";
import type { TableColumn } from "./table.ts";

export const jobColumns: readonly TableColumn[] = [
  { title: "JOB" },
  { title: "NAME", shrinks: true },
  { title: "PRESET" },
  { title: "STATE" },
  { title: "DONE", align: "right" },
  { title: "SPEED", align: "right" },
  { title: "LEFT", align: "right" },
];

export function jobRow(job: UiJob): string[] {
  const isRunning = job.state === "encoding";
  return [
    job.jobId,
    job.name,
    job.presetName,
    job.state,
    job.state === "done" && job.outputBytes !== null
      ? formatSaving(job.sourceBytes, job.outputBytes)
      : formatShare(job.progressRatio),
    isRunning ? formatSpeed(job.speedRatio) : "",
    isRunning ? formatClock(job.etaS) : "",
  ];
}

export const workerColumns: readonly TableColumn[] = [
  { title: "WORKER" },
  { title: "STATE" },
  { title: "CORES", align: "right" },
  { title: "RATE", align: "right" },
  { title: "DOES", shrinks: true },
];

export function workerRow(worker: UiWorker): string[] {
  return [
    worker.name,
    worker.state,
    String(worker.cpuCount),
    formatRate(worker.framesPerSecond),
    worker.work.length > 0
      ? worker.work.join("; ")
      : (worker.idleReason ?? "nothing to do"),
  ];
}
