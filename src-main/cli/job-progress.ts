import type { UiJob } from "../protocol/ui-contract.ts";
import { hasEnded, jobInView } from "./follow-jobs.ts";
import {
  renderProgressLine,
  renderProgressText,
  type ProgressFigures,
} from "./progress-line.ts";
import type { Terminal } from "./terminal.ts";

/** Between two lines where nothing can be redrawn (logs, pipes). */
const textIntervalMs = 5_000;
/** Between two drawings; more often than this only flickers. */
const drawIntervalMs = 100;

/** The progress of some jobs on a terminal, or in a log. */
export class JobProgress {
  readonly #terminal: Terminal;
  readonly #nowMs: () => number;
  #shownAtMs = -Infinity;
  #shownKey = "";

  constructor(terminal: Terminal, nowMs: () => number) {
    this.#terminal = terminal;
    this.#nowMs = nowMs;
  }

  show(jobs: readonly UiJob[]): void {
    const figures = progressFigures(jobs);
    if (figures === null) return;
    const nowMs = this.#nowMs();
    const { redraws } = this.#terminal;
    const intervalMs = redraws ? drawIntervalMs : textIntervalMs;
    const key = `${figures.label} ${figures.phase ?? ""}`;
    if (nowMs - this.#shownAtMs < intervalMs && key === this.#shownKey) return;
    this.#shownAtMs = nowMs;
    this.#shownKey = key;
    if (redraws)
      // The last column stays free: some terminals wrap when it is written.
      this.#terminal.redraw(
        renderProgressLine(figures, this.#terminal.columns - 1),
      );
    else this.#terminal.note(renderProgressText(figures));
  }

  end(): void {
    this.#terminal.clearLine();
  }
}

/** What to show of some jobs: the one at work, and its number among several. Null: all have ended. */
export function progressFigures(
  jobs: readonly UiJob[],
): ProgressFigures | null {
  const job = jobInView(jobs);
  if (job === null) return null;
  const number = jobs.filter(hasEnded).length + 1;
  const label =
    jobs.length > 1
      ? `${String(number)}/${String(jobs.length)} ${job.name}`
      : job.name;
  return {
    label,
    ratio: job.progressRatio,
    framesPerSecond: job.framesPerSecond,
    speedRatio: job.speedRatio,
    etaS: job.etaS,
    phase: phaseOf(job),
  };
}

function phaseOf(job: UiJob): string | null {
  if (job.state === "encoding") return null;
  if (job.state === "waiting") return job.waitingFor ?? "waiting";
  if (job.state === "preparing") return "reading the source";
  if (job.state === "stitching") return "joining and checking";
  return job.state;
}
