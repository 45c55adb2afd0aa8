import { describe, expect, test } from "vitest";
import {
  createScheduler,
  type Stage,
} from "../../../../src-main/core/scheduler/state.ts";
import {
  addSegment,
  clearForResult,
  createStage,
  createVideoTask,
} from "../../../../src-main/core/scheduler/timeline.ts";
import { deviceId } from "../../../simulation/names.ts";
import {
  assignmentsIn,
  attemptIdOf,
  cancelledIn,
  Farm,
  taskIdOf,
} from "./farm.ts";

const state = createScheduler();

/** A stage of 3000 frames with open and running tasks and a verified piece, set by hand. */
function stageOf(
  returned: readonly (readonly [number, number])[],
  running: readonly (readonly [number, number])[],
  verified: readonly (readonly [number, number])[] = [],
): Stage {
  const ranges = [{ startFrame: 0, endFrame: 3000 }];
  const stage = createStage(
    {
      stage: 0,
      ranges,
      restored: [],
      restoredWholeTasks: [],
      wholeTasks: [],
    },
    3000,
    true,
  );
  for (const [start, end] of returned)
    stage.returned.add(createVideoTask(state, start, end, false));
  for (const [start, end] of running)
    stage.running.add(createVideoTask(state, start, end, false));
  for (const [startFrame, endFrame] of verified)
    addSegment(stage, {
      startFrame,
      endFrame,
      taskId: taskIdOf("v"),
      attemptId: null,
      workerId: null,
      stolen: false,
    });
  return stage;
}

const rangesOf = (
  tasks: Iterable<{ startFrame: number; endFrame: number }>,
): (readonly [number, number])[] =>
  [...tasks]
    .map(({ startFrame, endFrame }) => [startFrame, endFrame] as const)
    .sort((a, b) => a[0] - b[0]);

describe("S52: room for a late result at frames 1000 to 2000", () => {
  const range = { startFrame: 1000, endFrame: 2000 };

  test.each<
    [
      string,
      [number, number][],
      [number, number][],
      [number, number][],
      [number, number][] | null,
    ]
  >([
    ["an open task of its very frames goes", [[1000, 2000]], [], [], []],
    [
      "open tasks keep what is outside",
      [
        [500, 1200],
        [1800, 2500],
      ],
      [],
      [],
      [],
    ],
    ["one open task keeps both sides", [[500, 2500]], [], [], []],
    [
      "running tasks within it are superfluous",
      [[1500, 2000]],
      [
        [1000, 1200],
        [1200, 1500],
        [2000, 2500],
      ],
      [],
      [
        [1000, 1200],
        [1200, 1500],
      ],
    ],
    [
      "a running task that began earlier forbids it",
      [[1500, 2000]],
      [[900, 1500]],
      [],
      null,
    ],
    [
      "a running task that ends later forbids it",
      [[1000, 1500]],
      [[1500, 2001]],
      [],
      null,
    ],
    ["a running task around it forbids it", [], [[500, 2500]], [], null],
    ["one verified frame forbids it", [[1000, 1999]], [], [[1999, 2000]], null],
    ["verified neighbours do not", [[1000, 2000]], [], [[2000, 2100]], []],
  ])("S52: %s", (_, returned, running, verified, superseded) => {
    const stage = stageOf(returned, running, verified);
    const result = clearForResult(state, stage, range);
    expect(result === null ? null : rangesOf(result)).toEqual(superseded);
    // Refused: nothing changes. Else nothing open has any of its frames, and the rest is where it was.
    const outside = returned.flatMap(([start, end]): [number, number][] => [
      [start, Math.min(end, 1000)],
      [Math.max(start, 2000), end],
    ]);
    expect(rangesOf(stage.returned)).toEqual(
      result === null
        ? returned
        : outside.filter(([start, end]) => start < end),
    );
    expect(rangesOf(stage.running)).toEqual(running);
  });
});

test("S52: a result shortened while it was lost does not count when its whole task runs elsewhere", () => {
  const farm = new Farm({ prefetchPerSlot: 0, duplicates: false });
  farm.add("j", 3000, { fixedSegmentS: 120 });
  const [lost] = assignmentsIn(farm.join("w"));
  farm.tell({ type: "worker-left", workerId: deviceId("w") });
  const [whole] = assignmentsIn(farm.join("v"));
  expect(whole!.taskId).toBe(lost!.taskId);
  farm.nowMs = 5000;
  // The answer to a question of before the link broke.
  farm.tell({
    type: "attempt-shortened",
    attemptId: lost!.attemptId,
    endFrame: 1000,
  });
  expect(cancelledIn(farm.verify(lost!.attemptId), "superseded")).toEqual([
    lost!.attemptId,
  ]);
  farm.nowMs = 60_000;
  expect(farm.verify(whole!.attemptId)).toMatchObject([
    {
      type: "complete-stage",
      segments: [
        { startFrame: 0, endFrame: 3000, attemptId: whole!.attemptId },
      ],
    },
  ]);
  expect(farm.verify(attemptIdOf("a9"))).toEqual([]);
});
