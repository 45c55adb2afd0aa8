import { expect, test } from "vitest";

import { FrameIndex } from "../../../src-main/core/frame-index.ts";
import {
  framecrcTimesUs,
  PacketLineReader,
  parsePacketLine,
} from "../../../src-main/media/packet-index.ts";

test("a packet line has times in ticks and flags, whatever follows", () => {
  expect(parsePacketLine("1024|-512|K_")).toEqual({
    pts: 1024,
    dts: -512,
    isKey: true,
    isDiscard: false,
    isCorrupt: false,
  });
  expect(parsePacketLine("N/A|N/A|_DC|side_data_type=x")).toEqual({
    pts: null,
    dts: null,
    isKey: false,
    isDiscard: true,
    isCorrupt: true,
  });
});

test("other lines are none", () => {
  expect(parsePacketLine("")).toBeNull();
  expect(parsePacketLine("12|13")).toBeNull();
});

test("lines may be cut anywhere", () => {
  const text = Array.from(
    { length: 50 },
    (_, n) => `${String(n * 40)}|${String(n * 40)}|${n % 10 ? "__" : "K_"}\n`,
  ).join("");
  for (const pieceChars of [1, 3, 17, 1000]) {
    const index = new FrameIndex({ numerator: 1, denominator: 1000 });
    const reader = new PacketLineReader(index);
    for (let at = 0; at < text.length; at += pieceChars)
      reader.push(text.slice(at, at + pieceChars));
    index.finish();
    expect(index.knownFrames).toBe(50);
    expect(index.cutPoints()).toEqual([10, 20, 30, 40]);
  }
});

test("framecrc times are turned into microseconds", () => {
  const text =
    "#software: Lavf59\n#tb 0: 1/90000\n#media_type 0: video\n" +
    "0,     126000,     126000,     3000,    86400, 0x1\n0,  129000,  129000, 3000, 86400, 0x2\n";
  expect(framecrcTimesUs(text).map(Math.round)).toEqual([1_400_000, 1_433_333]);
});
