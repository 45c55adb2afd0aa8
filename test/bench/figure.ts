/** A measured figure: all its values, its spread, and whether it meets its target. */

export interface Target {
  readonly bound: "at-most" | "at-least";
  readonly value: number;
}

export interface Figure {
  readonly name: string;
  /** Of the values; "" for ratios. */
  readonly unit: string;
  /** One for each interleaved repetition. */
  readonly values: readonly number[];
  readonly target: Target | null;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export type Verdict = "pass" | "miss" | "told";

/** Undefined values are a mistake of the section: there is at least one. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? NaN;
  return {
    median: (lower + upper) / 2,
    min: sorted[0] ?? NaN,
    max: sorted.at(-1) ?? NaN,
  };
}

/** By the median; a figure without a target is only told. */
export function verdictOf({ values, target }: Figure): Verdict {
  if (target === null) return "told";
  const { median } = spreadOf(values);
  const meets =
    target.bound === "at-most"
      ? median <= target.value
      : median >= target.value;
  return meets ? "pass" : "miss";
}

/** "wall   1.021 (1.009–1.044 of 3)   <= 1.03   pass" */
export function figureLine(figure: Figure): string {
  const { name, unit, values, target } = figure;
  const { median, min, max } = spreadOf(values);
  const range =
    values.length > 1
      ? ` (${digits(min)}–${digits(max)} of ${String(values.length)})`
      : "";
  const measured = `${digits(median)}${range}${unit === "" ? "" : ` ${unit}`}`;
  const aim =
    target === null
      ? ""
      : `${target.bound === "at-most" ? "<=" : ">="} ${digits(target.value)}`;
  const verdict = verdictOf(figure);
  return [
    name.padEnd(48),
    measured.padEnd(34),
    aim.padEnd(10),
    verdict === "told" ? "" : verdict.toUpperCase(),
  ]
    .join(" ")
    .trimEnd();
}

/** Four significant digits, never an exponent for sizes that occur here. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return "?";
  if (value === 0) return "0";
  const places = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return String(Number(value.toFixed(Math.min(places, 6))));
}
