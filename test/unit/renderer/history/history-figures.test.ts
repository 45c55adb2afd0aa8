import { expect, it } from "vitest";
import {
  lastMonths,
  monthStart,
  sharesOf,
} from "../../../../src-renderer/features/history/history-figures.ts";

it("shares out all frames, largest first", () => {
  expect(
    sharesOf([
      { name: "a", frames: 1 },
      { name: "b", frames: 3 },
    ]),
  ).toEqual([
    { name: "b", frames: 3, ratio: 0.75 },
    { name: "a", frames: 1, ratio: 0.25 },
  ]);
  expect(sharesOf([{ name: "a", frames: 0 }])[0]?.ratio).toBe(0);
});

it("fills months without a film, over the turn of the year", () => {
  const months = [
    { month: "2025-11", savedBytes: 5, jobs: 1 },
    { month: "2026-01", savedBytes: 7, jobs: 2 },
  ];
  expect(lastMonths(months, 12)).toEqual([
    months[0],
    { month: "2025-12", savedBytes: 0, jobs: 0 },
    months[1],
  ]);
  expect(lastMonths(months, 1)).toEqual([months[1]]);
  expect(lastMonths([], 12)).toEqual([]);
  expect(monthStart("2026-01").getMonth()).toBe(0);
});
