import { expect, test } from "vitest";
import { createScheduler } from "../../../../src-main/core/scheduler/state.ts";
import { assignmentsIn, attemptIdOf, Farm, taskIdOf } from "./farm.ts";

/** Ids given out by a farm for a job with some restored pieces. */
function idsOf(farm: Farm, restoredId: string): string[] {
  farm.add(
    "j",
    3000,
    {},
    {
      restored: [
        { startFrame: 0, endFrame: 500, taskId: taskIdOf(restoredId) },
      ],
    },
  );
  return assignmentsIn(farm.join("v", { slots: 2 })).flatMap(
    ({ attemptId, taskId }) => [attemptId, taskId],
  );
}

test("S3: two starts of the master never give out the same id", () => {
  const first = idsOf(new Farm({ idPrefix: "aa-" }), "x");
  const second = idsOf(new Farm({ idPrefix: "ab-" }), "x");
  expect(first.length).toBeGreaterThan(0);
  expect(new Set([...first, ...second]).size).toBe(first.length * 2);
});

test("S3: a prefix that could run into another one is a bug", () => {
  expect(() => createScheduler({ idPrefix: "a" })).toThrow("hyphen");
});

test.each(["aa-t7", "aa-a7"])(
  "S3: should a prefix come twice, ids up to that of a restored %s are not given out",
  (id) => {
    expect(idsOf(new Farm({ idPrefix: "aa-" }), id).slice(0, 2)).toEqual([
      "aa-a8",
      "aa-t8",
    ]);
  },
);

test("S3: nor those of attempts that still run, or are inherited", () => {
  const running = new Farm({ idPrefix: "aa-" });
  running.join("w", { running: [attemptIdOf("aa-a5")] });
  running.tell({ type: "worker-left", workerId: "w" as never });
  expect(idsOf(running, "x")[0]).toBe("aa-a6");
  const inherited = new Farm({ idPrefix: "aa-" });
  inherited.inherit("aa-a9", 0, 100, { taskId: taskIdOf("aa-t3") });
  expect(idsOf(inherited, "x")[1]).toBe("aa-t10");
});

test("S3: ids of other prefixes do not count", () => {
  expect(idsOf(new Farm({ idPrefix: "aa-" }), "bb-t7")[1]).toBe("aa-t1");
  expect(idsOf(new Farm({ idPrefix: "aa-" }), "aa-t7x")[1]).toBe("aa-t1");
});
