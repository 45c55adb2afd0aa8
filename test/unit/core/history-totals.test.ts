import { expect, test } from "vitest";
import {
  noTotals,
  savedS,
  withFinishedWork,
} from "../../../src-main/core/history-totals.ts";

const work = (
  sourceBytes: number,
  outputBytes: number,
  ...workers: [string, number][]
) => ({
  sourceBytes,
  outputBytes,
  wallS: 60,
  workers: workers.map(([name, frames]) => ({ name, frames })),
});

test("what is saved is the time the busiest machine would have needed more", () => {
  expect(savedS(work(0, 0, ["a", 300], ["b", 100]))).toBeCloseTo(20);
  expect(savedS(work(0, 0, ["a", 400]))).toBe(0);
  expect(savedS(work(0, 0))).toBe(0);
});

test("totals add up by worker and by month", () => {
  const first = withFinishedWork(noTotals, work(100, 40, ["a", 30]), "2026-12");
  const both = withFinishedWork(
    first,
    work(10, 20, ["b", 40], ["a", 1]),
    "2026-11",
  );
  expect(both).toMatchObject({
    jobs: 2,
    sourceBytes: 110,
    outputBytes: 60,
    workers: [
      { name: "b", frames: 40 },
      { name: "a", frames: 31 },
    ],
    months: [
      { month: "2026-11", savedBytes: -10, jobs: 1 },
      { month: "2026-12", savedBytes: 60, jobs: 1 },
    ],
  });
});
