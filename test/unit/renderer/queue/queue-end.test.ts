import { describe, expect, test } from "vitest";
import {
  followRun,
  noRun,
  type QueueEnd,
} from "../../../../src-renderer/features/queue/queue-end.ts";
import type { JobState } from "../../../../src-main/protocol/ui-contract.ts";
import { uiJob } from "./ui-job.ts";

/** Each step: the jobs' states in order. */
function ends(...steps: readonly JobState[][]): (QueueEnd | null)[] {
  let run = noRun;
  return steps.map((states) => {
    const jobs = states.map((state, index) =>
      uiJob(String(index), {
        state,
        endedAtMs: index,
        outputPath: `/${String(index)}`,
      }),
    );
    const next = followRun(run, jobs);
    run = next.run;
    return next.end;
  });
}

describe("the end of the queue", () => {
  test("is told once, with what became of the jobs seen open", () => {
    expect(
      ends(
        ["done", "encoding", "waiting"],
        ["done", "done", "encoding"],
        ["done", "done", "failed"],
        ["done", "done", "failed"],
      ),
    ).toEqual([
      null,
      null,
      { doneCount: 1, failedCount: 1, outputPath: "/1" },
      null,
    ]);
  });

  test("is none when all was over before, was cancelled, or waits paused", () => {
    expect(ends(["done"])).toEqual([null]);
    expect(ends(["waiting"], ["cancelled"])).toEqual([null, null]);
    expect(ends(["encoding"], ["paused"])).toEqual([null, null]);
    expect(ends(["encoding"], [])).toEqual([null, null]);
  });
});
