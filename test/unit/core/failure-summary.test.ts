import { expect, it } from "vitest";
import { failureSummary } from "../../../src-main/core/failure-summary.ts";

it("says who failed at what, once, with how often", () => {
  const summary = failureSummary([
    { name: "den", code: "encoder-failed" },
    { name: "attic", code: "frame-count-wrong" },
    { name: "den", code: "encoder-failed" },
    { name: "den", code: "worker-disk-full" },
  ]);
  expect(summary).toBe(
    "den: the encoder stopped with an error (2 times); " +
      "attic: the result has the wrong number of frames; " +
      "den: the worker's disk is full",
  );
});

it("is empty of nothing", () => {
  expect(failureSummary([])).toBe("");
});
