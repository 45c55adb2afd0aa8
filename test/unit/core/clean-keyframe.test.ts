import { describe, expect, test } from "vitest";

import {
  canJudgeKeyframes,
  isCleanKeyframe,
} from "../../../src-main/core/clean-keyframe.ts";

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/[0-9a-f]{2}/g) ?? [], (pair) =>
    parseInt(pair, 16),
  );

const isClean = (codec: string, packet: string, codecData = ""): boolean =>
  isCleanKeyframe({
    codec,
    packet: bytes(packet),
    codecData: bytes(codecData),
  });

/** Sets in a header, four-byte lengths. */
const avcc = "01 64 00 0d ff e1 00 00";
const hvcc = `01 ${"00 ".repeat(20)} ff 03`;

describe("H.264", () => {
  test.each([
    ["an IDR picture", "00000002 6588", avcc, true],
    ["one behind captions", "00000003 060433 00000002 6588", avcc, true],
    [
      "an entry point of an open group",
      "00000003 0606c4 00000002 4188",
      avcc,
      false,
    ],
    ["a slice before an IDR's", "00000002 4188 00000002 6588", avcc, false],
    ["an IDR with its sets", "000001 67aa 000001 68bb 000001 6588", "", true],
    ["an IDR whose sets came earlier", "000001 0910 000001 6588", "", false],
    ["sets alone", "000001 67aa 000001 68bb", "", false],
    ["a length that leads nowhere", "00000000 6588", avcc, false],
    ["nothing", "", avcc, false],
  ])("%s", (_title, packet, codecData, expected) => {
    expect(isClean("h264", packet, codecData)).toBe(expected);
  });

  test("reads the size of lengths", () => {
    expect(isClean("h264", "0002 6588", "01 64 00 0d fd e1 00 00")).toBe(true);
  });
});

describe("HEVC", () => {
  const sets = "000001 4001aa 000001 4201aa 000001 4401aa";
  test.each([
    ["an IDR picture", "00000003 2601aa", hvcc, true],
    ["a clean random access picture", "00000003 2a01aa", hvcc, true],
    ["a trailing picture", "00000003 0201aa", hvcc, false],
    ["a reserved kind", "00000003 2c01aa", hvcc, false],
    ["an IDR of another layer only", "00000003 2609aa", hvcc, false],
    ["one behind its sets", `${sets} 000001 2601aa`, "", true],
    ["one without sets anywhere", "000001 2601aa", "", false],
    [
      "a header without sets",
      "00000003 2601aa",
      hvcc.replace(/03$/, "00"),
      false,
    ],
  ])("%s", (_title, packet, codecData, expected) => {
    expect(isClean("hevc", packet, codecData)).toBe(expected);
  });
});

describe("other codecs", () => {
  test.each([
    ["AV1: a key frame", "av1", "1200 0a0300 0000 3202 10aa", true],
    ["AV1: one not shown", "av1", "0a0300 0000 3202 00aa", false],
    ["AV1: an inter frame", "av1", "1200 3202 30aa", false],
    ["AV1: a repeat", "av1", "1200 1a01 90", false],
    ["AV1: no frame", "av1", "1200", false],
    ["VP9: a key frame", "vp9", "82 498342", true],
    ["VP9: one of profile 3", "vp9", "b1 498342", true],
    ["VP9: one not shown", "vp9", "80 498342", false],
    ["VP9: an inter frame", "vp9", "86", false],
    ["VP9: a repeat", "vp9", "8a", false],
    [
      "MPEG-2: an I picture",
      "mpeg2video",
      "000001b3 14 000001b8 00 000001 00 0008",
      true,
    ],
    ["MPEG-2: a P picture", "mpeg2video", "000001b3 14 000001 00 0010", false],
    ["MPEG-2: no sequence header", "mpeg2video", "000001 00 0008", false],
    ["FFV1: a keyframe", "ffv1", "80 00 00", true],
    ["FFV1: another frame", "ffv1", "7f 00 00", false],
    ["ProRes: always", "prores", "", true],
    ["WMV: unknown", "wmv2", "00", false],
  ])("%s", (_title, codec, packet, expected) => {
    expect(isClean(codec, packet)).toBe(expected);
  });

  test("are judged only where a rule is known", () => {
    expect(canJudgeKeyframes("prores")).toBe(true);
    expect(canJudgeKeyframes("hevc")).toBe(true);
    expect(canJudgeKeyframes("mpeg4")).toBe(false);
    expect(canJudgeKeyframes("constructor")).toBe(false);
  });
});
