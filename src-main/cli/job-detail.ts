import type { UiJobDetail, UiSegment } from "../protocol/ui-contract.ts";
import {
  formatBytes,
  formatClock,
  formatRate,
  formatShare,
  formatSpeed,
} from "./figures.ts";
import { renderFailure } from "./failure-report.ts";
import { renderSummary } from "./job-summary.ts";
import { printable } from "./text-width.ts";

const shownLogLines = 10;

/** One letter per segment state, drawn along the film. */
const marks: Readonly<Record<UiSegment["state"], string>> = {
  verified: "#",
  running: ">",
  duplicate: "=",
  failed: "!",
  waiting: ".",
};

/** Lines about one job, for `reelfarm job`. */
export function renderJobDetail(
  detail: UiJobDetail,
  columns: number,
  workerNames: ReadonlyMap<string, string> = new Map(),
): string[] {
  const { job } = detail;
  const lines =
    job.state === "done"
      ? renderSummary(detail)
      : [printable(`${job.sourcePath} -> ${job.outputPath}`)];
  lines.push(
    `  job      ${job.jobId}, ${job.presetName}, ${stateText(detail)}`,
  );
  if (job.state !== "done")
    lines.push(
      `  source   ${formatBytes(job.sourceBytes)}, ${formatClock(job.durationS)}`,
    );
  if (job.allowedWorkers !== null)
    lines.push(
      `  workers  only ${job.allowedWorkers.map((id) => workerNames.get(id) ?? id.slice(0, 8)).join(", ")}`,
    );
  if (job.waitingFor !== null)
    lines.push(`  waits    ${printable(job.waitingFor)}`);
  if (detail.segments.length > 0)
    lines.push(`  film     ${segmentBar(detail.segments, columns - 11)}`);
  for (const { stream, action, text } of detail.streams)
    lines.push(
      printable(`  ${action.padEnd(8)} ${stream}${text ? `: ${text}` : ""}`),
    );
  if (job.failure)
    lines.push(...renderFailure(job.failure).map((line) => `  ${line}`));
  for (const { atMs, text } of detail.log.slice(-shownLogLines))
    lines.push(
      printable(`  ${new Date(atMs).toISOString().slice(11, 19)} ${text}`),
    );
  return lines;
}

function stateText({ job }: UiJobDetail): string {
  if (job.state !== "encoding") return job.state;
  const { progressRatio, framesPerSecond, speedRatio, etaS } = job;
  return `${formatShare(progressRatio)}, ${formatRate(framesPerSecond)}, ${formatSpeed(speedRatio)}, ${formatClock(etaS)} left`;
}

/** The video from its start to its end: # done, > at work, = twice at work, ! failed, . waiting. */
export function segmentBar(
  segments: readonly UiSegment[],
  width: number,
): string {
  const cells = new Array<string>(Math.max(1, width)).fill(" ");
  for (const segment of segments) {
    if (segment.kind !== "video") continue;
    const start = Math.floor(segment.startRatio * cells.length);
    const end = Math.max(
      start + 1,
      Math.floor(segment.endRatio * cells.length),
    );
    cells.fill(marks[segment.state], start, end);
  }
  return cells.slice(0, Math.max(1, width)).join("").trimEnd();
}
