import {
  formatClock,
  formatRate,
  formatShare,
  formatSpeed,
} from "./figures.ts";
import { pad, printable, shorten, textWidth } from "./text-width.ts";

/** What one look at a running job shows. */
export interface ProgressFigures {
  readonly label: string;
  /** 0 to 1. */
  readonly ratio: number;
  readonly framesPerSecond: number;
  readonly speedRatio: number;
  readonly etaS: number | null;
  /** In place of figures, e.g. `joining the parts`. */
  readonly phase: string | null;
}

const maxBarWidth = 40;
const minBarWidth = 8;
const maxLabelWidth = 30;

/**
 * One line of at most `columns` columns: name, bar, share, frames per second,
 * speed, time left. What does not fit is left out from the middle: first the
 * bar, then the name.
 */
export function renderProgressLine(
  figures: ProgressFigures,
  columns: number,
): string {
  const share = pad(formatShare(figures.ratio), 5, "right");
  const right = `${share}  ${renderRates(figures)}`;
  const roomForLeft = columns - textWidth(right) - 2;
  if (roomForLeft < 4) return shorten(right.trimStart(), columns);
  const labelRoom = Math.min(maxLabelWidth, roomForLeft);
  const fullLabel = printable(figures.label);
  const label = shorten(fullLabel, labelRoom);
  const barRoom = roomForLeft - textWidth(label) - 2 - 2;
  if (barRoom >= minBarWidth) {
    const bar = renderBar(figures.ratio, Math.min(maxBarWidth, barRoom));
    return `${label}  ${bar}  ${right}`;
  }
  return `${shorten(fullLabel, roomForLeft)}  ${right}`;
}

/** For logs: the same figures without a bar. */
export function renderProgressText(figures: ProgressFigures): string {
  return `${printable(figures.label)}: ${formatShare(figures.ratio)}  ${renderRates(figures)}`;
}

function renderRates(figures: ProgressFigures): string {
  if (figures.phase !== null) return figures.phase;
  const { framesPerSecond, speedRatio, etaS } = figures;
  return [
    pad(formatRate(framesPerSecond), 8, "right"),
    pad(formatSpeed(speedRatio), 5, "right"),
    etaS === null ? "" : `${formatClock(etaS)} left`,
  ]
    .join("  ")
    .trimEnd();
}

function renderBar(ratio: number, width: number): string {
  const filled = Math.floor(Math.min(1, Math.max(0, ratio)) * width);
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}]`;
}
