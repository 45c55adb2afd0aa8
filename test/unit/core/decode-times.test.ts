import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeTimes } from "../../../src-main/core/decode-times.ts";

const times = (...pts: number[]): number[] =>
  Array.from(decodeTimes(Float64Array.from(pts)));

describe("decode times", () => {
  test("without reordering they are the presentation times", () => {
    expect(times(100, 133, 200)).toEqual([100, 133, 200]);
  });

  test("with reordering they are early by the largest delay, as x264 gives them", () => {
    // I P B B P B B at 10 ticks: one frame of delay.
    expect(times(0, 30, 10, 20, 60, 40, 50)).toEqual([
      -10, 0, 10, 20, 30, 40, 50,
    ]);
  });

  test("a segment with reordering after one without does not overlap it", () => {
    expect(times(0, 10, 20, 50, 30, 40)).toEqual([-10, 0, 10, 20, 30, 40]);
  });

  test("one frame, and frames that share a time", () => {
    expect(times(7)).toEqual([7]);
    expect(times(0, 5, 5, 5, 6)).toEqual([0, 3, 4, 5, 6]);
  });

  test("always rise and are never later than the frame", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1000 }), {
          minLength: 1,
          maxLength: 60,
        }),
        (pts) => {
          const dts = times(...pts);
          pts.forEach((shown, n) => {
            expect(dts[n]).toBeLessThanOrEqual(shown);
            if (n > 0) expect(dts[n]).toBeGreaterThan(dts[n - 1] ?? 0);
          });
        },
      ),
    );
  });
});
