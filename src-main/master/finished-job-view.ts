import { basename } from "node:path";
import type { UiFinishedJob } from "../protocol/ui-history.ts";
import type { Job } from "./job.ts";

/** A job as the history keeps it; null: it is not done. */
export function finishedJobView(job: Job): UiFinishedJob | null {
  const { phase, request, source, counters } = job;
  if (phase.kind !== "done" || counters.endedAtMs === null) return null;
  return {
    jobId: job.id,
    name: basename(request.sourcePath),
    presetName: request.presetName,
    outputPath: request.outputPath,
    finishedAtMs: counters.endedAtMs,
    sourceBytes: source.sizeBytes,
    outputBytes: phase.outputBytes,
    durationS: source.durationS,
    wallS: phase.figures.wallS,
    workers: phase.figures.workers,
  };
}
