import { expect, test } from "vitest";
import { ProcessorLoad } from "../../../src-main/worker/processor-load.ts";

test("the load is that of the time since the last look", () => {
  const readings = [
    { busyMs: 1_000, allMs: 4_000 },
    { busyMs: 4_000, allMs: 8_000 },
    { busyMs: 4_000, allMs: 10_000 },
  ];
  const load = new ProcessorLoad(() => readings.shift()!);
  expect(load.look()).toBe(0.75);
  expect(load.look()).toBe(0);
});

test("a system that tells nothing, or whose clock was set back, has no load", () => {
  const readings = [
    { busyMs: 10, allMs: 10 },
    { busyMs: 10, allMs: 10 },
    { busyMs: 0, allMs: 0 },
  ];
  const load = new ProcessorLoad(() => readings.shift()!);
  expect([load.look(), load.look()]).toEqual([0, 0]);
});
