/** What is told of a job that has ended. Pure. */
import type { UiJob, UiJobFigures } from "../protocol/ui-contract.ts";
import {
  formatBytes,
  formatClock,
  formatElapsed,
  formatRate,
  formatSaving,
  formatShare,
  formatSpeed,
} from "./figures.ts";
import { printable } from "./text-width.ts";

export interface EndedJob {
  readonly job: UiJob;
  readonly figures: UiJobFigures | null;
}

/** Lines about a finished job: files, sizes, times, who did how much, what became different. */
export function renderSummary({ job, figures }: EndedJob): string[] {
  const lines = [printable(`${job.sourcePath} -> ${job.outputPath}`)];
  if (job.outputBytes !== null)
    lines.push(
      `  size     ${formatBytes(job.sourceBytes)} -> ${formatBytes(job.outputBytes)}, ${formatSaving(job.sourceBytes, job.outputBytes)}`,
    );
  if (figures) lines.push(...renderFigures(job, figures));
  for (const [at, note] of job.notes.entries())
    lines.push(`  ${at === 0 ? "notes" : "     "}    ${printable(note)}`);
  return lines;
}

function renderFigures(job: UiJob, figures: UiJobFigures): string[] {
  const { wallS, frames, segmentCount, wastedFrames } = figures;
  const speed = job.durationS === null ? 0 : job.durationS / wallS;
  const played =
    job.durationS === null ? "" : `${formatClock(job.durationS)} in `;
  const lines = [
    `  time     ${played}${formatElapsed(wallS)}, on average ${formatRate(frames / wallS)}, ${formatSpeed(speed)}`,
  ];
  const twice =
    wastedFrames > 0 ? `, ${String(wastedFrames)} frames encoded in vain` : "";
  lines.push(
    `  parts    ${String(segmentCount)}; ${String(frames)} frames${twice}`,
  );
  const encoded = figures.workers.reduce((sum, w) => sum + w.frames, 0);
  for (const [at, worker] of figures.workers.entries())
    lines.push(
      `  ${at === 0 ? "workers" : "       "}  ${printable(worker.name)}: ${formatShare(encoded > 0 ? worker.frames / encoded : 0)} (${String(worker.frames)} frames)`,
    );
  return lines;
}

/** The same for scripts. */
export function summaryJson({ job, figures }: EndedJob): unknown {
  const { jobId, state, sourcePath, outputPath, presetName } = job;
  const { sourceBytes, outputBytes, durationS, failure, notes } = job;
  return {
    jobId,
    state,
    sourcePath,
    outputPath,
    presetName,
    sourceBytes,
    outputBytes,
    durationS,
    failure,
    notes,
    figures,
  };
}
