import { describe, expect, it } from "vitest";
import {
  analysisProfile,
  asPieces,
  bytesWithin,
  refinedProfile,
  spreadPieces,
  totalBytes,
  type SizedRange,
} from "../../../src-main/core/analysis-profile.ts";

const sized = (
  startFrame: number,
  endFrame: number,
  bytes: number,
): SizedRange => ({ startFrame, endFrame, bytes });

const profile = analysisProfile([
  sized(100, 200, 3000),
  sized(0, 100, 1000),
  sized(200, 250, 0),
]);

describe("the profile of an analysis", () => {
  it("spreads bytes evenly within a piece", () => {
    expect(totalBytes(profile)).toBe(4000);
    expect(bytesWithin(profile, { startFrame: 50, endFrame: 110 })).toBe(800);
    expect(bytesWithin(profile, { startFrame: 0, endFrame: 999 })).toBe(4000);
  });

  it("refuses gaps", () => {
    expect(() =>
      analysisProfile([sized(0, 10, 1), sized(11, 20, 1)]),
    ).toThrow();
  });

  it("chooses hard parts rather than easy ones, each once", () => {
    const twice = analysisProfile(
      Array.from({ length: 10 }, (_, at) =>
        sized(at * 10, at * 10 + 10, at === 7 ? 1000 : 10),
      ),
    );
    expect(spreadPieces(twice, 3)).toEqual([{ startFrame: 70, endFrame: 80 }]);
    expect(spreadPieces(twice, 10)).toHaveLength(10);
  });

  it("takes better knowledge of single pieces", () => {
    const refined = refinedProfile(profile, [sized(0, 100, 500)]);
    expect(totalBytes(refined)).toBe(3500);
    expect(bytesWithin(refined, { startFrame: 0, endFrame: 100 })).toBe(500);
  });
});

describe("encoded ranges as pieces", () => {
  it("keep what is a piece already", () => {
    const pieces = [sized(0, 100, 70), sized(100, 200, 90)];
    expect(asPieces(profile, pieces)).toEqual(pieces);
  });

  it("join what was split", () => {
    const parts = [sized(0, 30, 20), sized(30, 100, 55)];
    expect(asPieces(profile, parts)).toEqual([sized(0, 100, 75)]);
  });

  it("share out what lies across a bound, as the bytes lie", () => {
    // 500 bytes of the first piece, 1500 of the second: a quarter and the rest.
    const parts = [sized(0, 50, 100), sized(50, 150, 80), sized(150, 200, 10)];
    expect(asPieces(profile, parts)).toEqual([
      sized(0, 100, 120),
      sized(100, 200, 70),
    ]);
  });

  it("leave out what is not covered whole", () => {
    const parts = [sized(0, 150, 80), sized(200, 249, 1)];
    expect(asPieces(profile, parts)).toEqual([sized(0, 100, 32)]);
  });

  it("count frames where the first pass needed no bytes", () => {
    const parts = [sized(200, 240, 8), sized(240, 250, 2)];
    expect(asPieces(profile, parts)).toEqual([sized(200, 250, 10)]);
  });
});
