import { describe, expect, test } from "vitest";
import {
  formatBytes,
  formatClock,
  formatElapsed,
  formatRate,
  formatSaving,
  formatShare,
  formatSpeed,
} from "../../../src-main/cli/figures.ts";
import {
  renderProgressLine,
  renderProgressText,
} from "../../../src-main/cli/progress-line.ts";
import { renderTable } from "../../../src-main/cli/table.ts";
import {
  printable,
  shorten,
  textWidth,
} from "../../../src-main/cli/text-width.ts";

describe("figures", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [27_300_000, "27 MB"],
    [4.7e9, "4.7 GB"],
    [5e15, "5000 TB"],
    [null, "–"],
    [NaN, "–"],
  ])("%s bytes is %s", (sizeBytes, text) => {
    expect(formatBytes(sizeBytes)).toBe(text);
  });

  test.each([
    [0.4, "0:00"],
    [59.6, "1:00"],
    [65, "1:05"],
    [3723, "1:02:03"],
    [360_000, "100:00:00"],
    [null, "–"],
    [Infinity, "–"],
  ])("%s seconds is %s", (seconds, text) => {
    expect(formatClock(seconds)).toBe(text);
  });

  test("short times have tenths", () => {
    expect(formatElapsed(3.44)).toBe("3.4 s");
    expect(formatElapsed(59.96)).toBe("1:00");
  });

  test("rates and shares", () => {
    expect([formatRate(0), formatRate(9.94), formatRate(47.6)]).toEqual([
      "–",
      "9.9 fps",
      "48 fps",
    ]);
    expect(formatSpeed(2.06)).toBe("2.1x");
    expect(formatSpeed(NaN)).toBe("–");
    expect(formatShare(0.999)).toBe("99 %");
    expect(formatShare(1)).toBe("100 %");
    expect(formatShare(-1)).toBe("0 %");
  });

  test("savings say which way", () => {
    expect(formatSaving(100, 38)).toBe("62 % smaller");
    expect(formatSaving(100, 103)).toBe("3 % larger");
    expect(formatSaving(1000, 1001)).toBe("the same size");
    expect(formatSaving(0, 5)).toBe("–");
  });
});

const figures = {
  label: "film.mkv",
  ratio: 0.5,
  framesPerSecond: 48,
  speedRatio: 2,
  etaS: 65,
  phase: null,
};

describe("the progress line", () => {
  test("has name, bar, share, rate, speed and time left", () => {
    const line = renderProgressLine(figures, 79);
    expect(line).toBe(
      `film.mkv  [${"#".repeat(16)}${"-".repeat(16)}]   50 %    48 fps   2.0x  1:05 left`,
    );
    expect(textWidth(line)).toBe(79);
  });

  test.each([200, 79, 60, 50, 40, 30, 20])(
    "fits into %d columns",
    (columns) => {
      const long = { ...figures, label: "映画 ".repeat(30), ratio: 1 };
      expect(textWidth(renderProgressLine(long, columns))).toBeLessThanOrEqual(
        columns,
      );
    },
  );

  test("names the phase where there are no figures", () => {
    const phase = "joining and checking";
    expect(renderProgressText({ ...figures, ratio: 1, phase })).toBe(
      "film.mkv: 100 %  joining and checking",
    );
  });
});

describe("texts on a terminal", () => {
  test("are cut in the middle, so that endings stay", () => {
    expect(shorten("a-very-long-name.mkv", 12)).toBe("a-very-l…mkv");
    expect(textWidth(shorten("映画映画映画映画", 7))).toBeLessThanOrEqual(7);
    expect(shorten("abc", 3)).toBe("abc");
    expect(shorten("abc", 1)).toBe("…");
  });

  test("cannot steer it", () => {
    expect(printable("a\u001b[2Jb\u202ec\rd\n")).toBe("a�[2Jb�c�d\n");
  });
});

test("tables shrink the column that may", () => {
  const columns = [
    { title: "JOB" },
    { title: "NAME", shrinks: true },
    { title: "DONE", align: "right" as const },
  ];
  const rows = [["a1", "a film with a rather long name.mkv", "5 %"]];
  const lines = renderTable(columns, rows, 30);
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(30);
  expect(lines[1]).toMatch(/^a1 {3}a film.*….*mkv {3}5 %$/);
  expect(renderTable(columns, [["a", "b\nc", ""]], 80)[1]).toBe("a    b c");
});
