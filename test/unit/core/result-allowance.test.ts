import { describe, expect, test } from "vitest";
import type { VideoEncode } from "../../../src-main/core/recipe.ts";
import {
  resultAllowanceBytes,
  type ResultEvidence,
} from "../../../src-main/core/result-allowance.ts";
import { plainOrder } from "../../fixtures/orders.ts";

const mebi = 2 ** 20;
const encodeAt = (quality: number): VideoEncode => ({
  ...plainOrder.encode,
  encoder: "x264",
  rate: { mode: "quality", quality },
});
/** Ten seconds of a film of 8 Mbit/s in 1080p. */
const evidence: ResultEvidence = {
  encode: encodeAt(22),
  sourceBytes: 10 * mebi,
  frameGrowth: 1,
  othersBytes: null,
  mostBytes: 820 * mebi,
  oversizedResults: 0,
};
const allowance = (more: Partial<ResultEvidence>): number =>
  resultAllowanceBytes({ ...evidence, ...more }) / mebi;

describe("what a result may weigh", () => {
  test("is far more than the source spends, far less than uncompressed pictures", () => {
    expect(allowance({})).toBe(160);
    expect(allowance({ frameGrowth: 2 })).toBe(320);
    expect(allowance({ encode: encodeAt(10) })).toBe(640);
    expect(allowance({ encode: encodeAt(40) })).toBe(160);
  });

  test("follows what others made of the same film, where that says less", () => {
    expect(allowance({ othersBytes: mebi })).toBe(64);
    expect(allowance({ othersBytes: 100 * mebi })).toBe(160);
  });

  test("is never so little that a dense part after a dark one is refused, nor more than pictures have", () => {
    expect(allowance({ sourceBytes: 1000, othersBytes: 1000 })).toBe(32);
    expect(allowance({ sourceBytes: 1000 * mebi })).toBe(820);
    expect(allowance({ mostBytes: mebi })).toBe(1);
  });

  test("is all that pictures have where nothing is known", () => {
    expect(allowance({ sourceBytes: null })).toBe(820);
    const rate = { mode: "lossless" } as const;
    expect(allowance({ encode: { ...encodeAt(22), rate } })).toBe(820);
    expect(
      allowance({
        encode: {
          ...encodeAt(22),
          encoder: "prores",
          rate: { mode: "profile", profile: "hq" },
        },
      }),
    ).toBe(820);
  });

  test("widens where it turned out too narrow: an honest farm gets through", () => {
    expect(allowance({ oversizedResults: 1, othersBytes: mebi })).toBe(512);
    expect(allowance({ oversizedResults: 2 })).toBe(820);
  });
});
