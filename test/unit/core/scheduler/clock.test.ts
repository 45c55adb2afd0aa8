import { expect, test } from "vitest";
import { nextWakeMs, step } from "../../../../src-main/core/scheduler/step.ts";
import {
  createScheduler,
  type SchedulerState,
} from "../../../../src-main/core/scheduler/state.ts";
import { deviceId } from "../../../simulation/names.ts";

const join = (state: SchedulerState, nowMs: number) =>
  step(
    state,
    {
      type: "worker-joined",
      worker: {
        workerId: deviceId("w"),
        capabilities: [],
        slots: 1,
        isLocal: false,
        running: [],
      },
    },
    nowMs,
  );
const tick = (state: SchedulerState, nowMs: number): string[] =>
  step(state, { type: "ticked" }, nowMs).effects.map((effect) => effect.type);

test("S70: a lease ends 15 s after the last sign of life", () => {
  const state = createScheduler();
  join(state, 1_000_000);
  for (let second = 1; second < 15; second++)
    expect(tick(state, 1_000_000 + second * 1000)).toEqual([]);
  expect(nextWakeMs(state, 1_014_000)).toBe(1_015_000);
  expect(tick(state, 1_015_000)).toEqual(["disconnect-worker"]);
});

test("S70: after a lag of the master a worker is doubted before it is given up", () => {
  const state = createScheduler();
  join(state, 0);
  expect(tick(state, 20_000)).toEqual([]);
  step(state, { type: "worker-heard", workerId: deviceId("w") }, 20_001);
  expect(tick(state, 21_500)).toEqual([]);
  const silent = createScheduler();
  join(silent, 0);
  expect(tick(silent, 20_000)).toEqual([]);
  expect(nextWakeMs(silent, 20_000)).toBe(21_000);
  expect(tick(silent, 21_000)).toEqual(["disconnect-worker"]);
});

test("S70: the master's own sleep and a clock that goes back count for nobody", () => {
  const state = createScheduler();
  join(state, 0);
  expect(tick(state, 8 * 3_600_000)).toEqual([]);
  expect(tick(state, 1000)).toEqual([]);
  expect(tick(state, 5000)).toEqual([]);
  expect(state.workers.get(deviceId("w"))!.presence).toBe("present");
});

test("S3: with nobody there nothing is to be waited for", () => {
  expect(nextWakeMs(createScheduler(), 5)).toBeNull();
});
