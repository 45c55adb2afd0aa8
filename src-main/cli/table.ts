import { pad, printable, shorten, textWidth } from "./text-width.ts";

export interface TableColumn {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Gives way when the table is too wide; one column should. */
  readonly shrinks?: boolean;
}

const gap = "  ";
const minShrunkWidth = 8;

/**
 * Lines of a table that fits into `maxWidth` columns where the shrinking
 * column allows it. The last column is not padded.
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  maxWidth: number,
): string[] {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) =>
    columns.map((_column, at) => printable(row[at] ?? "").replace(/\s+/g, " ")),
  );
  const widths = columns.map((_column, at) =>
    Math.max(...cells.map((row) => textWidth(row[at] ?? ""))),
  );
  const total =
    widths.reduce((sum, width) => sum + width, 0) +
    gap.length * (columns.length - 1);
  const shrinking = columns.findIndex(({ shrinks }) => shrinks);
  if (total > maxWidth && shrinking >= 0) {
    const spare = total - maxWidth;
    const width = widths[shrinking] ?? 0;
    widths[shrinking] = Math.max(
      Math.min(width, minShrunkWidth),
      width - spare,
    );
  }
  return cells.map((row) =>
    columns
      .map(({ align = "left" }, at) => {
        const width = widths[at] ?? 0;
        return pad(shorten(row[at] ?? "", width), width, align);
      })
      .join(gap)
      .trimEnd(),
  );
}
