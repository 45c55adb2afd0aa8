import { describe, expect, test } from "vitest";
import {
  addInterval,
  covers,
  emptySet,
  overlaps,
} from "../../../../src-main/core/scheduler/intervals.ts";
import { Random } from "../../../simulation/random.ts";

describe("S1: verified frames as an interval set", () => {
  test("S1: neighbours are merged, on either side and both", () => {
    const set = emptySet();
    addInterval(set, 10, 20);
    addInterval(set, 30, 40);
    addInterval(set, 20, 30);
    addInterval(set, 0, 10);
    addInterval(set, 50, 60);
    expect([set.starts, set.ends, set.frames]).toEqual([[0, 50], [40, 60], 50]);
  });

  test("S1: a frame that is added twice is a bug", () => {
    const set = emptySet();
    addInterval(set, 10, 20);
    expect(() => addInterval(set, 19, 25)).toThrow("once");
    expect(() => addInterval(set, 5, 5)).toThrow("has frames");
  });

  test("S1: agrees with a plain set of frames in any order", () => {
    const random = new Random(7);
    for (let round = 0; round < 50; round++) {
      const set = emptySet();
      const frames = new Set<number>();
      for (let turn = 0; turn < 40; turn++) {
        const start = random.whole(0, 80);
        const end = start + random.whole(1, 8);
        const range = Array.from(
          { length: end - start },
          (_, index) => start + index,
        );
        expect(overlaps(set, start, end)).toBe(
          range.some((frame) => frames.has(frame)),
        );
        expect(covers(set, start, end)).toBe(
          range.every((frame) => frames.has(frame)),
        );
        if (overlaps(set, start, end)) continue;
        addInterval(set, start, end);
        for (const frame of range) frames.add(frame);
      }
      expect(set.frames).toBe(frames.size);
    }
  });
});
