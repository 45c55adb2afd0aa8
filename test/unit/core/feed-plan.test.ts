import { describe, expect, test } from "vitest";

import {
  chooseFeed,
  contextFramesOf,
  decodedFeedCodec,
  feedPlanFor,
  saferFeed,
  wireShiftUs,
  type FeedWish,
} from "../../../src-main/core/feed-plan.ts";
import { FrameIndex } from "../../../src-main/core/frame-index.ts";
import type { MediaFacts } from "../../../src-main/core/media-facts.ts";

const facts = (codec = "h264", format = "mov,mp4"): MediaFacts => ({
  format,
  sizeBytes: 1,
  durationS: 40,
  startS: 0,
  video: {
    index: 0,
    codec,
    profile: null,
    width: 320,
    height: 180,
    pixelFormat: "yuv420p",
    bitDepth: 8,
    sampleAspect: { numerator: 1, denominator: 1 },
    timeBase: { numerator: 1, denominator: 1000 },
    averageFrameRate: null,
    rotationDegrees: 0,
    fieldOrder: "progressive",
    colour: {
      range: null,
      primaries: null,
      transfer: null,
      space: null,
      chromaLocation: null,
    },
    hdr: { masterDisplay: null, maxCll: null, dynamic: "none" },
    startS: 0,
    durationS: 40,
    language: null,
    title: null,
  },
  otherVideoCount: 0,
  audio: [],
  subtitles: [],
  attachments: [],
  covers: [],
  dataStreams: [],
  chapters: [],
  tags: {},
});

/** 10 frames a second, a keyframe every `gap` frames. */
function indexOf(
  frames: number,
  gap: number,
  change: (n: number) => object = () => ({}),
  finish = true,
): FrameIndex {
  const index = new FrameIndex({ numerator: 1, denominator: 1000 });
  for (let n = 0; n < frames; n += 1)
    index.addPacket({
      pts: n * 100,
      dts: n * 100,
      isKey: n % gap === 0,
      isDiscard: false,
      isCorrupt: false,
      ...change(n),
    });
  if (finish) index.finish();
  return index;
}

describe("the choice", () => {
  test("is ranges for a sound source", () => {
    expect(chooseFeed(facts(), indexOf(400, 20))).toEqual({ kind: "ranges" });
  });

  test("is ranges while nothing is known that speaks against it", () => {
    expect(chooseFeed(facts(), indexOf(5, 20, undefined, false)).kind).toBe(
      "ranges",
    );
  });

  test.each([
    ["no timestamps", { pts: null }, "nut-decoded", "no-timestamps"],
    [
      "a clock that jumps back",
      { pts: 0, dts: 0 },
      "nut-decoded",
      "clock-jumps-back",
    ],
    ["damage", { isCorrupt: true }, "nut-decoded", "corrupt-packets"],
    [
      "a duplicate",
      { pts: 4900, dts: 4900 },
      "nut-copy",
      "duplicate-timestamps",
    ],
    [
      "a gap of its edit list",
      { isDiscard: true },
      "nut-decoded",
      "edit-list-gap",
    ],
  ])("is whole for %s", (_, change, feed, reason) => {
    const index = indexOf(100, 20, (n) => (n === 50 ? change : {}));
    expect(chooseFeed(facts(), index)).toEqual({ kind: "whole", feed, reason });
  });

  test("believes all keyframes of intra codecs only", () => {
    expect(chooseFeed(facts("prores"), indexOf(50, 1)).kind).toBe("ranges");
    expect(chooseFeed(facts("h264"), indexOf(50, 1))).toEqual({
      kind: "whole",
      feed: "nut-copy",
      reason: "keyframes-not-believable",
    });
  });

  test("has safer ways down to decoding, and none after it", () => {
    const copied = saferFeed({ kind: "ranges" }, "cut-not-exact");
    expect(copied).toMatchObject({ feed: "nut-copy", reason: "cut-not-exact" });
    const decoded = saferFeed(copied!, "not-copyable");
    expect(decoded).toMatchObject({ feed: "nut-decoded" });
    expect(saferFeed(decoded!, "not-copyable")).toBeNull();
  });
});

describe("the plan of a range", () => {
  const index = indexOf(400, 20);
  const ranges = { kind: "ranges" } as const;
  const planOf = (startFrame: number, endFrame: number, format?: string) =>
    feedPlanFor(
      facts("h264", format),
      index,
      { startFrame, endFrame },
      endFrame === 400,
      ranges,
    );

  test("begins one keyframe earlier than it must", () => {
    expect(planOf(100, 120).preRollPtsUs).toBe(8_000_000);
    expect(planOf(105, 120).preRollPtsUs).toBe(8_000_000);
  });

  test("reads from the head where that is the keyframe", () => {
    expect(planOf(0, 20)).toMatchObject({ seekS: null, startUs: null });
    expect(planOf(25, 30)).toMatchObject({ seekS: null, startUs: 2_450_000 });
  });

  test("seeks past the keyframe only in files whose index tells decoding times", () => {
    expect(planOf(100, 120).seekS).toBe(8);
    expect(planOf(100, 120, "matroska,webm").seekS).toBeCloseTo(8.132, 6);
    expect(planOf(100, 120, "mpegts").seekS).toBe(8);
  });

  test("ends with frames of context after the bound", () => {
    const plan = planOf(100, 120);
    expect(plan.endUs).toBe(11_950_000);
    expect(plan.stopS).toBeCloseTo(12.9, 6);
    expect(plan.expectedFrames).toBe(20);
  });

  test("of the end has no end", () => {
    expect(planOf(380, 400)).toMatchObject({ endUs: null, stopS: null });
  });

  test("has context before it where every frame is a keyframe", () => {
    const plan = feedPlanFor(
      facts("prores"),
      indexOf(100, 1),
      { startFrame: 50, endFrame: 60 },
      false,
      ranges,
    );
    expect(plan.preRollPtsUs).toBe(4_200_000);
  });
});

describe("the range's own keyframe", () => {
  const index = indexOf(400, 20);
  const planOf = (
    startFrame: number,
    wish: FeedWish = { contextFrames: 0 },
    codec = "h264",
    format?: string,
  ) =>
    feedPlanFor(
      facts(codec, format),
      index,
      { startFrame, endFrame: startFrame + 20 },
      false,
      { kind: "ranges" },
      wish,
    );

  test("is where the copy begins if its bytes allow, and the one before it is where else", () => {
    const own = { keyframe: 5, ptsUs: 10_000_000, seekS: 11 };
    expect(planOf(100)).toMatchObject({ own, preRollPtsUs: 8_000_000 });
    expect(planOf(105)).toMatchObject({ own, preRollPtsUs: 8_000_000 });
  });

  test("is aimed at by decoding time where the file is searched", () => {
    const wish = { contextFrames: 0 };
    expect(planOf(100, wish, "h264", "mpegts").own?.seekS).toBe(10);
    expect(planOf(100, wish, "h264", "matroska,webm").own?.seekS).toBe(11);
  });

  test("is not tried from the head, for filters that look back, for unknown codecs, or when nobody trusts it", () => {
    expect(planOf(5).own).toBeNull();
    expect(planOf(100, { contextFrames: 8 }).own).toBeNull();
    expect(planOf(100, undefined, "wmv2").own).toBeNull();
    const mayBeginWith = (keyframe: number): boolean => keyframe !== 5;
    expect(planOf(100, { contextFrames: 0, mayBeginWith }).own).toBeNull();
    expect(planOf(120, { contextFrames: 0, mayBeginWith }).own).not.toBeNull();
  });

  test("is not tried where a frame of the range is decoded before it", () => {
    const late = indexOf(400, 20, (n) =>
      n === 99 ? { pts: 10_050 } : n === 100 ? { pts: 9900 } : {},
    );
    const range = { startFrame: 99, endFrame: 120 };
    const plan = feedPlanFor(
      facts(),
      late,
      range,
      false,
      { kind: "ranges" },
      { contextFrames: 0 },
    );
    expect(plan.own).toBeNull();
  });

  test("leaves nothing after the packet of the range that is decoded last", () => {
    const reordered = indexOf(400, 20, (n) =>
      n % 20 === 18
        ? { pts: n * 100 + 100 }
        : n % 20 === 19
          ? { pts: n * 100 - 100 }
          : {},
    );
    const between = (endFrame: number, contextFrames: number) =>
      feedPlanFor(
        facts(),
        reordered,
        { startFrame: 100, endFrame },
        false,
        { kind: "ranges" },
        { contextFrames },
      ).lastPacket;
    // Frame 118 is decoded after frame 119.
    expect(between(120, 0)).toEqual({ fromUs: 11_750_000, toUs: 11_850_000 });
    expect(between(115, 0)).toEqual({ fromUs: 11_350_000, toUs: 11_450_000 });
    expect(between(115, 8)).toEqual({ fromUs: 12_150_000, toUs: 12_250_000 });
    expect(between(395, 8)).toBeNull();
  });

  test("needs context only for filters that look at neighbours", () => {
    expect(contextFramesOf({ deinterlace: "off", denoise: "off" })).toBe(0);
    expect(contextFramesOf({ deinterlace: "auto", denoise: "off" })).toBe(8);
    expect(contextFramesOf({ deinterlace: "off", denoise: "light" })).toBe(8);
  });
});

test("the wire's offset is whole ticks of the source", () => {
  expect(wireShiftUs({ numerator: 1, denominator: 90_000 })).toBe(100e6);
  expect(wireShiftUs({ numerator: 1001, denominator: 24_000 })).toBeCloseTo(
    (2398 * 1001e6) / 24_000,
    3,
  );
});

test("a whole source is fed from end to end, and its clock mended where it jumps", () => {
  const index = indexOf(100, 20, (n) => (n === 50 ? { pts: 0, dts: 0 } : {}));
  const choice = chooseFeed(facts(), index);
  const range = { startFrame: 0, endFrame: 100 };
  expect(feedPlanFor(facts(), index, range, true, choice)).toMatchObject({
    feed: "nut-decoded",
    startUs: null,
    endUs: null,
    seekS: null,
    stopS: null,
    expectedFrames: null,
    clock: "corrected",
  });
});

test("decoded pictures go as FFV1 only where it keeps them as they are", () => {
  expect(decodedFeedCodec("yuv420p10le")).toBe("ffv1");
  expect(decodedFeedCodec("yuvj420p")).toBe("rawvideo");
  expect(decodedFeedCodec("pal8")).toBe("rawvideo");
});
