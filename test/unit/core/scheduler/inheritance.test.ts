import { describe, expect, test } from "vitest";
import { workerFramesPerSecond } from "../../../../src-main/core/scheduler/progress.ts";
import { deviceId, jobIdOf } from "../../../simulation/names.ts";
import {
  assignmentsIn,
  attemptIdOf,
  cancelledIn,
  Farm,
  taskIdOf,
} from "./farm.ts";

/** A paused job of 3000 frames, and one worker. */
function restarted(): Farm {
  const farm = new Farm({ idPrefix: "new-" });
  farm.add("j", 3000, { paused: true });
  farm.join("w", { slots: 2 });
  return farm;
}

/** Frames of `j` that no attempt works on, by what is handed out once it runs. */
function openRanges(farm: Farm): (readonly [number, number])[] {
  const { fresh, freshHead, returned } = farm.state.jobs.get(
    jobIdOf("j"),
  )!.stage;
  return [...fresh.slice(freshHead), ...returned]
    .map(({ startFrame, endFrame }) => [startFrame, endFrame] as const)
    .sort((a, b) => a[0] - b[0]);
}

describe("S74: frames are cut out of what is open", () => {
  test.each([
    [0, 3000, []],
    [
      1000,
      1200,
      [
        [0, 1000],
        [1200, 3000],
      ],
    ],
    [0, 500, [[500, 3000]]],
    [2500, 3000, [[0, 2500]]],
  ])("S74: %i-%i of fresh frames", (start, end, open) => {
    const farm = restarted();
    expect(farm.inherit("old", start, end, { isLast: end === 3000 })).toEqual(
      [],
    );
    expect(openRanges(farm)).toEqual(open);
  });

  test("S74: across fresh frames and tasks given back", () => {
    const farm = restarted();
    farm.inherit("a", 1000, 1500);
    farm.inherit("b", 1600, 2000);
    farm.tell({ type: "worker-left", workerId: deviceId("w") });
    farm.join("w");
    expect(farm.inherit("c", 1400, 1700)).toEqual([]);
    expect(openRanges(farm)).toEqual([
      [0, 1000],
      [1000, 1400],
      [1700, 2000],
      [2000, 3000],
    ]);
  });

  test("S74: inside one task given back", () => {
    const farm = restarted();
    farm.inherit("a", 1000, 2000);
    farm.tell({ type: "worker-left", workerId: deviceId("w") });
    farm.join("w");
    expect(farm.inherit("c", 1200, 1700)).toEqual([]);
    expect(openRanges(farm)).toEqual([
      [0, 1000],
      [1000, 1200],
      [1700, 2000],
      [2000, 3000],
    ]);
  });
});

describe("S74: what is not wanted is cancelled and changes nothing", () => {
  test.each([
    ["frames beyond the source", 2900, 3100, {}],
    ["no frames", 500, 500, {}],
    ["frames the wrong way round", 500, 400, {}],
    ["an end that was not the source's", 2900, 3000, {}],
    ["another stage", 0, 100, { stage: 1 }],
    ["an unknown job", 0, 100, { jobId: jobIdOf("k") }],
    ["an unknown worker", 0, 100, { workerId: deviceId("v") }],
    ["audio the job has not", 0, 0, { range: null }],
    ["a known task", 0, 100, { taskId: taskIdOf("task-of-live") }],
  ])("S74: %s", (_, start, end, more) => {
    const farm = restarted();
    farm.inherit("live", 1000, 1500);
    const before = openRanges(farm);
    const effects = farm.inherit("old", start, end, more);
    expect(cancelledIn(effects, "unknown")).toEqual(["old"]);
    expect(effects).toHaveLength(1);
    expect(openRanges(farm)).toEqual(before);
    expect(farm.state.attempts.size).toBe(1);
  });

  test("S74: a part of a job that is whole", () => {
    const farm = new Farm();
    farm.add("j", 3000, { paused: true, splittable: false });
    farm.join("w");
    expect(cancelledIn(farm.inherit("old", 0, 100), "unknown")).toEqual([
      "old",
    ]);
    expect(farm.inherit("all", 0, 3000, { isLast: true })).toEqual([]);
  });

  test("S74: a worker the job is not for", () => {
    const farm = new Farm();
    farm.add("j", 3000, { allowedWorkers: [deviceId("v")] });
    farm.join("w");
    expect(cancelledIn(farm.inherit("old", 0, 100), "unknown")).toEqual([
      "old",
    ]);
  });

  test("S74: an attempt that lives on another worker", () => {
    const farm = restarted();
    farm.join("v");
    farm.inherit("old", 0, 100);
    const effects = farm.inherit("old", 200, 300, {
      workerId: deviceId("v"),
      taskId: taskIdOf("other"),
    });
    expect(effects).toEqual([
      {
        type: "cancel",
        attemptId: "old",
        workerId: "v",
        reason: "unknown",
      },
    ]);
    expect(farm.state.attempts.get(attemptIdOf("old"))?.workerId).toBe("w");
  });
});

describe("S74: it goes on like any other", () => {
  test("S74 S50: a job done by inherited attempts alone is complete while it is paused", () => {
    const farm = restarted();
    farm.inherit("a", 0, 1500);
    farm.inherit("b", 1500, 3000, { isLast: true });
    expect(farm.verify("b")).toEqual([]);
    expect(farm.verify("a")).toMatchObject([
      {
        type: "complete-stage",
        segments: [
          { startFrame: 0, taskId: "task-of-a", attemptId: "a" },
          { startFrame: 1500, taskId: "task-of-b", attemptId: "b" },
        ],
      },
    ]);
  });

  test("S74: audio goes on, once", () => {
    const farm = new Farm();
    const audio = taskIdOf("j-audio");
    farm.add(
      "j",
      3000,
      { paused: true },
      {
        wholeTasks: [
          { taskId: audio, kind: "audio", costFrames: 300, needs: ["audio:x"] },
        ],
      },
    );
    farm.join("w");
    farm.join("v");
    expect(farm.inherit("a", 0, 0, { range: null, taskId: audio })).toEqual([]);
    const again = farm.inherit("b", 0, 0, {
      range: null,
      taskId: audio,
      workerId: deviceId("v"),
    });
    expect(cancelledIn(again, "unknown")).toEqual(["b"]);
    farm.verify("a");
    expect(farm.state.jobs.get(jobIdOf("j"))!.stage.audio[0]!.done).toEqual({
      attemptId: "a",
    });
  });

  test("S74 S64: when it fails its very frames are open again, and it counts", () => {
    const farm = restarted();
    farm.inherit("old", 700, 900);
    farm.tell({
      type: "attempt-failed",
      attemptId: attemptIdOf("old"),
      code: "encoder-failed",
    });
    expect(openRanges(farm)).toContainEqual([700, 900]);
    expect(farm.state.workers.get(deviceId("w"))!.strikes.size).toBe(1);
  });

  test("S74 S51: a result at once is no lie, and says nothing of the speed", () => {
    const farm = restarted();
    farm.inherit("old", 0, 1500);
    farm.nowMs = 1;
    expect(farm.verify("old")).toEqual([]);
    const { speeds } = farm.state.workers.get(deviceId("w"))!;
    expect([...speeds.values()].every(({ samples }) => samples === 0)).toBe(
      true,
    );
    expect(openRanges(farm)).toEqual([[1500, 3000]]);
  });

  test("S74 S20: its speed is measured from its first progress here", () => {
    const farm = restarted();
    farm.inherit("old", 0, 3000, { isLast: true });
    for (const [atMs, framesDone] of [
      [1000, 2000],
      [3000, 2100],
      [5000, 2200],
    ] as const) {
      farm.nowMs = atMs;
      farm.tell({
        type: "attempt-progressed",
        attemptId: attemptIdOf("old"),
        framesDone,
        framesFed: framesDone,
      });
    }
    expect(workerFramesPerSecond(farm.state, deviceId("w"))).toBeCloseTo(50);
  });

  test("S74 S41: it is never asked for a part", () => {
    const farm = restarted();
    farm.inherit("old", 0, 3000, { isLast: true });
    farm.tell({ type: "job-resumed", jobId: jobIdOf("j") });
    const effects = farm.join("v");
    for (farm.nowMs = 1000; farm.nowMs < 14_000; farm.nowMs += 1000)
      effects.push(...farm.tell({ type: "ticked" }));
    expect(effects.some((effect) => effect.type === "shorten")).toBe(false);
  });
});

describe("S74: pauses", () => {
  test("S74: the pause that is in force lets it join again; a later one does not", () => {
    const farm = restarted();
    farm.inherit("old", 0, 1000);
    const back = () => {
      farm.tell({ type: "worker-left", workerId: deviceId("w") });
      return farm.join("w", { running: [attemptIdOf("old")] });
    };
    expect(cancelledIn(back(), "unknown")).toEqual([]);
    farm.tell({ type: "worker-left", workerId: deviceId("w") });
    farm.tell({ type: "job-resumed", jobId: jobIdOf("j") });
    farm.tell({ type: "job-paused", jobId: jobIdOf("j") });
    expect(cancelledIn(back(), "unknown")).toEqual(["old"]);
  });

  test("S74 S80: a later pause ends it", () => {
    const farm = restarted();
    farm.inherit("old", 0, 1000);
    farm.tell({ type: "job-resumed", jobId: jobIdOf("j") });
    const effects = farm.tell({ type: "job-paused", jobId: jobIdOf("j") });
    expect(cancelledIn(effects, "job-paused")).toContain("old");
  });

  test("S74: what is left is handed out around it", () => {
    const farm = restarted();
    farm.inherit("old", 400, 600);
    const resumed = farm.tell({ type: "job-resumed", jobId: jobIdOf("j") });
    const [first] = assignmentsIn(resumed);
    expect(first).toMatchObject({ range: { startFrame: 0, endFrame: 400 } });
  });
});
