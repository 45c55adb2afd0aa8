import { describe, expect, test } from "vitest";

import {
  FrameIndex,
  type IndexedPacket,
} from "../../../src-main/core/frame-index.ts";

const timeBase = { numerator: 1, denominator: 1000 };

function packet(
  pts: number | null,
  dts: number | null,
  more: Partial<IndexedPacket> = {},
): IndexedPacket {
  return {
    pts,
    dts,
    isKey: false,
    isDiscard: false,
    isCorrupt: false,
    ...more,
  };
}

const key = { isKey: true };

/** Groups of I P B B in decode order, 100 ms a frame; `leading` shows two of the next group's frames before its keyframe. */
function groups(count: number, leading: boolean): IndexedPacket[] {
  const packets: IndexedPacket[] = [];
  const shown = leading ? [200, 0, 100, 300] : [0, 300, 100, 200];
  for (let group = 0; group < count; group += 1)
    shown.forEach((offset, n) => {
      const position = group * 4 + n;
      packets.push(
        packet(group * 400 + offset, position * 100 - 200, {
          isKey: n === 0,
        }),
      );
    });
  return packets;
}

function indexOf(packets: readonly IndexedPacket[], finish = true): FrameIndex {
  const index = new FrameIndex(timeBase);
  for (const each of packets) index.addPacket(each);
  if (finish) index.finish();
  return index;
}

const kinds = (index: FrameIndex): string[] =>
  index.hazards().map(({ kind }) => kind);

describe("presentation order", () => {
  test("follows the presentation times, not the packets", () => {
    const index = indexOf(groups(3, false));
    expect(index.knownFrames).toBe(12);
    expect([...index.ptsUsOf(0, 5)]).toEqual([
      0, 100_000, 200_000, 300_000, 400_000,
    ]);
    expect(kinds(index)).toEqual([]);
  });

  test("what is known while packets stream in never changes later", () => {
    const packets = groups(50, false);
    const final = indexOf(packets);
    const index = new FrameIndex(timeBase);
    for (const each of packets) {
      const before = index.knownFrames;
      index.addPacket(each);
      expect(index.knownFrames).toBeGreaterThanOrEqual(before);
      for (let n = before; n < index.knownFrames; n += 1)
        expect(index.ptsTicks(n)).toBe(final.ptsTicks(n));
    }
    expect(index.knownFrames).toBeGreaterThan(190);
    expect(index.cutPoints()).toEqual(
      final.cutPoints().slice(0, index.cutPoints().length),
    );
  });

  test("nothing is known before decoding times prove it", () => {
    expect(indexOf([packet(0, -200, key)], false).knownFrames).toBe(0);
  });

  test("grows beyond its first size", () => {
    const index = indexOf(groups(5000, false));
    expect(index.knownFrames).toBe(20_000);
    expect(index.ptsTicks(19_999)).toBe(1_999_900);
    expect(index.framesPerSecond()).toBeCloseTo(10, 6);
  });
});

describe("cut points", () => {
  test("are the keyframes of closed groups, without the first", () => {
    expect(indexOf(groups(4, false)).cutPoints()).toEqual([4, 8, 12]);
    expect(indexOf(groups(4, false)).cutPoints(5)).toEqual([8, 12]);
  });

  test("are not keyframes with leading pictures", () => {
    const index = indexOf(groups(4, true));
    index.resolveHead([0, 100_000]);
    expect(index.cutPoints()).toEqual([]);
  });

  test("keep a distance where every frame is a keyframe", () => {
    const index = indexOf(
      Array.from({ length: 100 }, (_, n) => packet(n * 100, n * 100, key)),
    );
    expect(index.cutPoints().slice(0, 3)).toEqual([1, 4, 7]);
  });
});

describe("bounds", () => {
  test("lie midway between two frames", () => {
    expect(indexOf(groups(2, false)).boundUs(4)).toBe(350_000);
  });

  test("the ends of the source have none", () => {
    const index = indexOf(groups(2, false));
    expect([index.boundUs(0), index.boundUs(8)]).toEqual([null, null]);
  });

  test("discarded frames at the ends are kept out", () => {
    const index = indexOf([
      packet(-200, -200, { ...key, isDiscard: true }),
      packet(-100, -100, { isDiscard: true }),
      packet(0, 0),
      packet(100, 100, key),
      packet(200, 200),
      packet(300, 300, { isDiscard: true }),
    ]);
    expect(index.knownFrames).toBe(3);
    expect(index.discardedCount).toBe(3);
    expect([index.boundUs(0), index.boundUs(3)]).toEqual([-50_000, 250_000]);
    expect(kinds(index)).toEqual([]);
  });
});

describe("the head", () => {
  const midGroup = [packet(0, 0), packet(100, 100), ...groups(2, false)].map(
    (each, n) =>
      n < 2 ? each : { ...each, pts: each.pts! + 400, dts: each.dts! + 400 },
  );

  test("is not known until decoding told which of its frames are shown", () => {
    const index = indexOf(midGroup);
    expect(index.knownFrames).toBe(0);
    expect(index.unresolvedHeadFrames).toBe(2);
    index.resolveHead([100_000, 400_000]);
    expect(index.knownFrames).toBe(9);
    expect(index.ptsUs(0)).toBe(100_000);
    expect(index.cutPoints()).toEqual([5]);
  });

  test("may be resolved while packets stream in", () => {
    const index = indexOf(midGroup.slice(0, 8), false);
    index.resolveHead([]);
    for (const each of midGroup.slice(8)) index.addPacket(each);
    index.finish();
    expect(index.knownFrames).toBe(8);
    expect(index.ptsUs(0)).toBe(400_000);
  });

  test("needs nothing where the first packet is the first frame", () => {
    const index = indexOf(groups(2, false));
    expect(index.unresolvedHeadFrames).toBe(0);
  });
});

describe("hazards", () => {
  test("packets without a time", () => {
    const index = indexOf([packet(null, 0, key), packet(null, null)]);
    expect(kinds(index)).toContain("no-timestamps");
    expect(index.hazards()[0]).toEqual({
      kind: "no-timestamps",
      count: 2,
      firstPacket: 0,
    });
    expect(index.knownFrames).toBe(2);
  });

  test("a clock that jumps back", () => {
    const index = indexOf([...groups(3, false), ...groups(3, false)]);
    expect(kinds(index)).toContain("clock-jumps-back");
    expect(index.knownFrames).toBe(24);
    expect(index.ptsTicks(0)).toBe(0);
    expect(index.ptsTicks(1)).toBe(0);
  });

  test("two frames at the same time", () => {
    const index = indexOf([
      packet(0, 0, key),
      packet(100, 100),
      packet(100, 100),
      packet(200, 200, key),
    ]);
    expect(kinds(index)).toEqual(["duplicate-timestamps"]);
  });

  test("one keyframe only, but not a single picture", () => {
    expect(kinds(indexOf(groups(1, false)))).toEqual(["one-keyframe"]);
    expect(kinds(indexOf([packet(0, 0, key)]))).toEqual([]);
  });

  test("damage, and edit lists with gaps", () => {
    const packets = groups(3, false);
    packets[5] = { ...packets[5]!, isCorrupt: true };
    expect(kinds(indexOf(packets))).toEqual(["corrupt-packets"]);
    const gap = groups(3, false);
    gap[5] = { ...gap[5]!, isDiscard: true };
    expect(kinds(indexOf(gap))).toEqual(["edit-list-gap"]);
  });
});

describe("keyframes", () => {
  test("before a frame, counted back", () => {
    const index = indexOf(groups(4, false));
    expect(index.keyframeBefore(9, 0)?.ptsUs).toBe(800_000);
    expect(index.keyframeBefore(8, 1)).toEqual({
      number: 1,
      position: 4,
      ptsUs: 400_000,
      dtsUs: 200_000,
    });
    expect(index.keyframeBefore(3, 1)).toBeNull();
    expect(index.maxDelayUs).toBe(400_000);
  });
});
