import { describe, expect, test } from "vitest";

import {
  chooseFeed,
  decodedFeedCodec,
  feedPlanFor,
  saferFeed,
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
