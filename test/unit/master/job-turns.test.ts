import { describe, expect, test } from "vitest";
import type { DeviceId } from "../../../src-main/core/identifiers.ts";
import {
  jobsToBegin,
  placeInScheduler,
  type TurnRules,
} from "../../../src-main/master/job-turns.ts";
import type { Job } from "../../../src-main/master/job.ts";
import { exampleJob } from "./example-job.ts";

const [alice, bob] = ["a".repeat(64), "b".repeat(64)] as [DeviceId, DeviceId];
const able = exampleJob("any").media.plan.needs;

function begun(jobs: readonly Job[], rules: Partial<TurnRules> = {}): string[] {
  const defaults = { workers: [], smallJobShare: 0, smallJobRatio: 0.1 };
  return jobsToBegin(jobs, { ...defaults, ...rules }).map(({ id }) => id);
}

describe("the jobs to begin", () => {
  test("are the first two, whoever is there", () => {
    const jobs = ["one", "two", "three"].map((id) => exampleJob(id));
    expect(begun(jobs)).toEqual(["one", "two"]);
    expect(
      begun(jobs, { workers: [{ id: alice, capabilities: able }] }),
    ).toEqual(["one", "two"]);
  });

  test("count those at work, and not those that are over, paused or being stitched", () => {
    const jobs = [
      exampleJob("over", { phase: "cancelled" }),
      exampleJob("paused", { paused: true }),
      exampleJob("ending", { phase: "stitching" }),
      exampleJob("running", { phase: "encoding" }),
      exampleJob("next"),
      exampleJob("later"),
    ];
    expect(begun(jobs)).toEqual(["next"]);
  });

  test("are of the highest priority, and of one priority the first", () => {
    const jobs = [
      exampleJob("low", { priority: -5 }),
      exampleJob("usual"),
      exampleJob("high", { priority: 5 }),
      exampleJob("usual-too"),
    ];
    expect(begun(jobs)).toEqual(["high", "usual"]);
  });

  test("give a worker that was not chosen for those the first two it may do", () => {
    const onlyBob = { allowedWorkers: [bob] };
    const jobs = [
      exampleJob("one", onlyBob),
      exampleJob("two", onlyBob),
      exampleJob("three", onlyBob),
      exampleJob("four"),
      exampleJob("five"),
      exampleJob("six"),
    ];
    const workers = [alice, bob].map((id) => ({ id, capabilities: able }));
    expect(begun(jobs, { workers })).toEqual(["one", "two", "four", "five"]);
  });

  test("are no more for a worker that lacks what they need; of what is not probed nobody knows", () => {
    const jobs = [
      exampleJob("one"),
      exampleJob("two"),
      exampleJob("three"),
      exampleJob("kept", { unprobed: true }),
    ];
    const workers = [{ id: alice, capabilities: [] }];
    expect(begun(jobs, { workers })).toEqual(["one", "two", "kept"]);
  });

  test("have a small one behind a huge one among them when it has a share", () => {
    const jobs = [
      exampleJob("huge", { durationS: 1000 }),
      exampleJob("huge-too", { durationS: 1000 }),
      exampleJob("middling", { durationS: 101 }),
      exampleJob("small-but-low", { durationS: 100, priority: -1 }),
      exampleJob("small", { durationS: 100 }),
    ];
    expect(begun(jobs)).toEqual(["huge", "huge-too"]);
    expect(begun(jobs, { smallJobShare: 0.5 })).toEqual([
      "huge",
      "huge-too",
      "small",
    ]);
  });
});

describe("the place among those the scheduler has", () => {
  test("is before the next of the same priority that it has, too", () => {
    const moved = exampleJob("moved", { phase: "encoding" });
    const jobs = [
      exampleJob("before", { phase: "encoding" }),
      moved,
      exampleJob("waits"),
      exampleJob("high", { phase: "encoding", priority: 1 }),
      exampleJob("behind", { phase: "encoding" }),
      exampleJob("last", { phase: "encoding" }),
    ];
    expect(placeInScheduler(jobs, moved)).toBe("behind");
  });

  test("is the last when there is none", () => {
    const moved = exampleJob("moved", { phase: "encoding" });
    const before = exampleJob("before", { phase: "encoding" });
    expect(placeInScheduler([before, moved], moved)).toBe(null);
  });
});
