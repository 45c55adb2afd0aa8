import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  gridOfRange,
  gridTimesUs,
  orderedGrid,
} from "../../../src-main/core/output-grid.ts";
import { outputTimescale } from "../../../src-main/core/timescale.ts";

const indexOf = (times: readonly number[], complete = true) => ({
  knownFrames: times.length,
  complete,
  ptsUs: (ordinal: number) => times[ordinal]!,
});

describe("gridOfRange", () => {
  it("gives every frame of a source at the same rate its own place", () => {
    const times = Array.from({ length: 10 }, (_, i) => 21_000 + i * 40_000);
    const rate = { numerator: 25, denominator: 1 };
    expect(
      gridOfRange(rate, indexOf(times), { startFrame: 3, endFrame: 7 }),
    ).toEqual({ rate, originUs: 21_000, firstFrame: 3, endFrame: 7 });
    const last = gridOfRange(rate, indexOf(times), {
      startFrame: 7,
      endFrame: 10,
    });
    expect(last.endFrame).toBe(10);
    expect([...gridTimesUs(last)]).toEqual([301_000, 341_000, 381_000]);
  });

  it("cannot end where the next frame is not known yet", () => {
    const index = indexOf([0, 40_000, 80_000], false);
    const rate = { numerator: 25, denominator: 1 };
    expect(() =>
      gridOfRange(rate, index, { startFrame: 0, endFrame: 3 }),
    ).toThrow(/bug/);
  });

  it("covers the grid once, however the source is cut and timed", () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 400_000 }), {
      minLength: 2,
      maxLength: 60,
    });
    const rates = fc.constantFrom(
      { numerator: 24_000, denominator: 1001 },
      { numerator: 60, denominator: 1 },
      { numerator: 3, denominator: 1 },
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 59 }), { maxLength: 8 });
    fc.assert(
      fc.property(gaps, rates, cuts, (steps, rate, at) => {
        let time = -7000;
        const times = steps.map((step) => (time += step));
        const index = indexOf(times);
        const bounds = [
          ...new Set([0, ...at.filter((cut) => cut < times.length)]),
          times.length,
        ].sort((a, b) => a - b);
        let next = 0;
        for (let i = 1; i < bounds.length; i += 1) {
          const grid = gridOfRange(rate, index, {
            startFrame: bounds[i - 1]!,
            endFrame: bounds[i]!,
          });
          expect(grid.firstFrame).toBe(next);
          expect(grid.endFrame).toBeGreaterThanOrEqual(grid.firstFrame);
          next = grid.endFrame;
        }
        // The same number as in one piece, and as long as the source.
        const whole = gridOfRange(rate, index, {
          startFrame: 0,
          endFrame: times.length,
        });
        expect(next).toBe(whole.endFrame);
        const stepUs = (1e6 * rate.denominator) / rate.numerator;
        const spanUs = times.at(-1)! - times[0]! + steps.at(-1)!;
        expect(Math.abs(next * stepUs - spanUs)).toBeLessThanOrEqual(
          1.5 * stepUs + 1,
        );
      }),
    );
  });
});

describe("orderedGrid", () => {
  // Sixty frames of a second on a grid of one a second: most stretches have no place of their own.
  const rate = { numerator: 1, denominator: 1 };
  const index = indexOf(Array.from({ length: 60 }, (_, i) => i * 16_667));

  it("asks for one frame where a range has none", () => {
    const empty = { startFrame: 35, endFrame: 50 };
    const { firstFrame, endFrame } = gridOfRange(rate, index, empty);
    expect([firstFrame, endFrame]).toEqual([1, 1]);
    expect(orderedGrid(rate, index, empty)).toMatchObject({
      firstFrame: 1,
      endFrame: 2,
    });
  });

  it("asks for no more than a range has", () => {
    const range = { startFrame: 0, endFrame: 35 };
    expect(orderedGrid(rate, index, range)).toEqual(
      gridOfRange(rate, index, range),
    );
  });
});

describe("outputTimescale", () => {
  it.each([
    [{ numerator: 1, denominator: 90_000 }, null, 90_000],
    [{ numerator: 1, denominator: 30_000 }, null, 30_000],
    [{ numerator: 1, denominator: 1000 }, null, 16_000],
    [{ numerator: 1001, denominator: 30_000 }, null, 30_000],
    [{ numerator: 1, denominator: 24 }, null, 12_288],
    [{ numerator: 2, denominator: 50 }, null, 12_800],
    [{ numerator: 1, denominator: 10_000_000 }, null, 10_000_000],
    [{ numerator: 1, denominator: 1_000_000_000 }, null, 1_000_000],
    [
      { numerator: 1, denominator: 1000 },
      { numerator: 30_000, denominator: 1001 },
      30_000,
    ],
    [
      { numerator: 1, denominator: 1000 },
      { numerator: 25, denominator: 1 },
      12_800,
    ],
  ])("for %j and rate %j is %i", (timeBase, rate, timescale) => {
    expect(outputTimescale(timeBase, rate)).toBe(timescale);
  });

  it("makes every tick of the source a whole number", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 10_000_000 }),
        (numerator, denominator) => {
          const timescale = outputTimescale({ numerator, denominator }, null);
          expect((numerator * timescale) % denominator).toBe(0);
          expect(timescale).toBeLessThanOrEqual(10_000_000);
        },
      ),
    );
  });
});
