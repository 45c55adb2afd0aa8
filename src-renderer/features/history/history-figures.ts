/** What the history's sums mean for people. Pure. */
import type { UiHistory } from "../../../src-main/protocol/ui-history.ts";

export interface Share {
  readonly name: string;
  readonly frames: number;
  /** Of all frames, 0 to 1. */
  readonly ratio: number;
}

/** Largest first. */
export function sharesOf(
  workers: UiHistory["totals"]["workers"],
): readonly Share[] {
  const all = workers.reduce((sum, { frames }) => sum + frames, 0);
  return workers
    .map(({ name, frames }) => ({
      name,
      frames,
      ratio: all === 0 ? 0 : frames / all,
    }))
    .sort((a, b) => b.frames - a.frames);
}

type Month = UiHistory["totals"]["months"][number];

/** The last months up to the newest one, oldest first; those in between without a film have zeros. */
export function lastMonths(
  months: readonly Month[],
  count: number,
): readonly Month[] {
  const newest = months.at(-1);
  const oldest = months[0];
  if (newest === undefined || oldest === undefined) return [];
  const known = new Map(months.map((one) => [one.month, one]));
  const from = Math.max(
    numberOf(oldest.month),
    numberOf(newest.month) - count + 1,
  );
  const list: Month[] = [];
  for (let number = from; number <= numberOf(newest.month); number += 1) {
    const month = nameOf(number);
    list.push(known.get(month) ?? { month, savedBytes: 0, jobs: 0 });
  }
  return list;
}

/** The first day of `2026-11`, in local time. */
export function monthStart(month: string): Date {
  const number = numberOf(month);
  return new Date(Math.floor(number / 12), number % 12, 1);
}

/** Months since the year 0. */
function numberOf(month: string): number {
  const [year, inYear] = month.split("-").map(Number);
  return (year ?? 0) * 12 + (inYear ?? 1) - 1;
}

function nameOf(number: number): string {
  const inYear = String((number % 12) + 1).padStart(2, "0");
  return `${Math.floor(number / 12)}-${inYear}`;
}
