import { describe, expect, test } from "vitest";
import type { TaskId } from "../../../../src-main/core/identifiers.ts";
import type { JobSpec } from "../../../../src-main/core/scheduler/events.ts";
import {
  guidedFrames,
  segmentEnd,
  snapToCut,
} from "../../../../src-main/core/scheduler/choose.ts";
import {
  createScheduler,
  type SchedulerState,
} from "../../../../src-main/core/scheduler/state.ts";
import { step } from "../../../../src-main/core/scheduler/step.ts";
import { deviceId, jobIdOf } from "../../../simulation/names.ts";
import { assignmentsIn, Farm } from "./farm.ts";

function farm(workers: number, spec: Partial<JobSpec>): SchedulerState {
  const state = createScheduler();
  step(state, { type: "queue-paused" }, 0);
  for (let index = 0; index < workers; index++)
    step(
      state,
      {
        type: "worker-joined",
        worker: {
          workerId: deviceId(`w${index}`),
          capabilities: ["encoder:a"],
          slots: 1,
          isLocal: false,
          running: [],
        },
      },
      0,
    );
  const knownFrames = spec.knownFrames ?? 0;
  const job: JobSpec = {
    jobId: jobIdOf("j"),
    priority: 0,
    needs: ["encoder:a"],
    framesPerSecond: 25,
    splittable: true,
    fixedSegmentS: null,
    allowedWorkers: null,
    knownFrames,
    timelineComplete: true,
    cutPoints: [],
    firstStage: {
      stage: 0,
      ranges: [{ startFrame: 0, endFrame: knownFrames }],
      restored: [],
      restoredWholeTasks: [] as TaskId[],
      wholeTasks: [],
    },
    paused: false,
    ...spec,
  };
  step(state, { type: "job-added", job }, 0);
  return state;
}

const sizeS = (state: SchedulerState, worker = "w0"): number =>
  guidedFrames(
    state,
    state.jobs.get(jobIdOf("j"))!,
    state.workers.get(deviceId(worker))!,
    0,
  ) / 25;

describe("S10: guided sizes", () => {
  test.each([
    [1, 60, 30],
    [4, 80, 10],
    [4, 8000, 60],
    [4, 64, 8],
    [4, 60, 15],
    [4, 24, 6],
    [4, 12, 4],
  ])("S10: %i equal workers, %i s left: %d s", (workers, leftS, expectedS) => {
    expect(sizeS(farm(workers, { knownFrames: leftS * 25 }))).toBeCloseTo(
      expectedS,
    );
  });

  test("S10: four times as fast gets four times as much", () => {
    const state = farm(2, { knownFrames: 100 * 25 });
    state.workers.get(deviceId("w0"))!.power = 4;
    state.workers.get(deviceId("w1"))!.power = 1;
    expect(sizeS(state, "w0") / sizeS(state, "w1")).toBeCloseTo(4, 1);
  });

  test("S10: what is at work counts, so that all end together", () => {
    const shares = new Farm({ prefetchPerSlot: 0 });
    shares.join("w0");
    shares.join("w1");
    shares.add("j", 60 * 25);
    shares.nowMs = 10_000;
    const [next] = assignmentsIn(shares.verify("a1"));
    // 30 s are open and 15 s at work: half of 22.5 s.
    expect(next).toMatchObject({ range: { startFrame: 750, endFrame: 1031 } });
  });

  test("S10: what waits gets a share of the time after the work before it, and at least 8 s", () => {
    const state = farm(2, { knownFrames: 80 * 25 });
    step(state, { type: "queue-resumed" }, 0);
    expect(sizeS(state)).toBeCloseTo((40 - 20) / 2);
    const short = farm(2, { knownFrames: 30 * 25 });
    step(short, { type: "queue-resumed" }, 0);
    expect(sizeS(short)).toBe(8);
  });

  test("S10: a quick worker's segments take 4 s at least, or are all it would do", () => {
    const state = farm(1, { knownFrames: 60 * 25 });
    const measure = (fps: number): void => {
      state.workers.get(deviceId("w0"))!.speeds.set(jobIdOf("j"), {
        ...{ stage: 0, fps, overheadMs: 300, samples: 1 },
      });
    };
    measure(7 * 25);
    expect(sizeS(state)).toBe(30);
    measure(8 * 25);
    expect(sizeS(state)).toBe(60);
  });

  test("S10: a fixed length is taken as it is", () => {
    expect(sizeS(farm(4, { knownFrames: 8000, fixedSegmentS: 7 }))).toBe(7);
  });

  test("S10: at most 20 s while the index is read", () => {
    expect(
      sizeS(farm(1, { knownFrames: 800 * 25, timelineComplete: false })),
    ).toBe(20);
  });
});

describe("S11: bounds", () => {
  test.each([
    [1000, 900, 1100, 1040],
    [1000, 970, 1030, 1000],
    [1700, 1600, 1800, 1700],
    [480, 400, 600, 520],
  ])("S11: near %i within %i-%i: %i", (frame, low, high, expected) => {
    expect(snapToCut([0, 520, 1040, 1560], frame, low, high)).toBe(expected);
  });

  // Keyframes every 250 frames but where a scene begins: 1100, 1500.
  test.each([
    [1250, 1050, 1450, 1100],
    [1250, 1150, 1450, 1350],
    [1700, 1480, 1900, 1500],
    [300, 200, 400, 250],
  ])(
    "S11: scenes go first, near %i within %i-%i: %i",
    (frame, low, high, expected) => {
      const cuts = [0, 250, 500, 750, 1000, 1100, 1350, 1500, 1750, 2000];
      expect(snapToCut(cuts, frame, low, high)).toBe(expected);
    },
  );

  test("S11: fixed lengths of less leave less over", () => {
    const state = farm(1, { knownFrames: 200, fixedSegmentS: 2 });
    const job = state.jobs.get(jobIdOf("j"))!;
    expect(segmentEnd(state, job, 0, 50, 100)).toBe(50);
    expect(segmentEnd(state, job, 0, 50, 75)).toBe(75);
  });

  test("S11: no rest shorter than 4 s", () => {
    const state = farm(1, { knownFrames: 1000 });
    const job = state.jobs.get(jobIdOf("j"))!;
    expect(segmentEnd(state, job, 0, 910, 1000)).toBe(1000);
    expect(segmentEnd(state, job, 0, 890, 1000)).toBe(890);
  });

  test("S4: while the index is read the end of the known frames waits", () => {
    const state = farm(1, { knownFrames: 1000, timelineComplete: false });
    const job = state.jobs.get(jobIdOf("j"))!;
    expect(segmentEnd(state, job, 0, 2000, 1000)).toBe(950);
    expect(segmentEnd(state, job, 900, 2000, 1000)).toBeNull();
  });

  test("S6: what cannot be split is one piece, when it is known", () => {
    const complete = farm(1, { knownFrames: 1000, splittable: false });
    expect(
      segmentEnd(complete, complete.jobs.get(jobIdOf("j"))!, 0, 10, 1000),
    ).toBe(1000);
    const growing = farm(1, {
      knownFrames: 1000,
      splittable: false,
      timelineComplete: false,
    });
    expect(
      segmentEnd(growing, growing.jobs.get(jobIdOf("j"))!, 0, 10, 1000),
    ).toBeNull();
  });
});
