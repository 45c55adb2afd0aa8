import { describe, expect, test } from "vitest";
import type { SchedulerEffect } from "../../../../src-main/core/scheduler/effects.ts";
import { assignmentsIn, Farm } from "./farm.ts";

/** A huge job that has every slot of ten workers, and then a small one. */
function crowded(smallJobShare: number, smallFrames = 1000): Farm {
  const farm = new Farm({ smallJobShare, prefetchPerSlot: 0 });
  farm.add("huge", 900_000);
  for (let index = 0; index < 10; index++) farm.join(`w${index}`);
  farm.add("small", smallFrames, { fixedSegmentS: 5 });
  return farm;
}

/** Every worker ends what it has, one after the other; what it gets then. */
function nextRound(farm: Farm): string[] {
  const effects: SchedulerEffect[] = [];
  const { attempts } = farm.state;
  for (const attemptId of [...attempts.keys()]) {
    farm.nowMs += 100;
    effects.push(...farm.verify(attemptId));
  }
  return assignmentsIn(effects).map(({ jobId }) => jobId);
}

const smallOnes = (jobs: readonly string[]): number =>
  jobs.filter((job) => job === "small").length;

describe("S32: small jobs behind a huge one", () => {
  test.each([
    [0, 0],
    [0.1, 1],
    [0.35, 3],
    [0.01, 1],
    [1, 8],
  ])("S32: with a share of %d, %i of ten slots", (share, slots) => {
    const farm = crowded(share);
    const given = nextRound(farm);
    expect(given).toHaveLength(10);
    expect(smallOnes(given)).toBe(slots);
  });

  test("S32: the share is kept up, not exceeded, until the small job is done", () => {
    const farm = crowded(0.2);
    // Eight segments of 5 s, two at a time.
    for (let round = 0; round < 4; round++)
      expect(smallOnes(nextRound(farm)), `round ${round}`).toBe(2);
    expect(smallOnes(nextRound(farm))).toBe(0);
    expect(
      [...farm.state.jobs.values()].map(({ status }) => status.kind),
    ).toEqual(["open", "staged"]);
  });

  test("S32: a job with more than a tenth of the work waits its turn", () => {
    expect(smallOnes(nextRound(crowded(0.3, 85_000)))).toBe(3);
    expect(smallOnes(nextRound(crowded(0.3, 100_000)))).toBe(0);
  });

  test("S32: one of lower priority waits, too", () => {
    const farm = new Farm({ smallJobShare: 0.3, prefetchPerSlot: 0 });
    farm.add("huge", 900_000);
    for (let index = 0; index < 10; index++) farm.join(`w${index}`);
    farm.add("small", 1000, { priority: -1 });
    expect(smallOnes(nextRound(farm))).toBe(0);
  });

  test("S32: a worker that cannot do the small job goes on with the huge one", () => {
    const farm = new Farm({ smallJobShare: 1, prefetchPerSlot: 0 });
    farm.add("huge", 900_000);
    farm.join("w");
    farm.add("small", 1000, { needs: ["encoder:b"] });
    expect(nextRound(farm)).toEqual(["huge"]);
  });
});
