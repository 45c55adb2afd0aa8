import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  readCarrierFragment,
  readCarrierHeader,
  readTrackRuns,
} from "../../../src-main/core/carrier-boxes.ts";
import { Failure } from "../../../src-main/core/errors.ts";
import { joinedFragment } from "../../../src-main/core/joined-carrier.ts";
import {
  box,
  fullBox,
  readBoxes,
  u32,
} from "../../../src-main/core/mp4-boxes.ts";

const samples = [
  {
    sizeBytes: 5,
    dts: 2 ** 33,
    pts: 2 ** 33 + 20,
    durationTicks: 10,
    isKey: true,
  },
  {
    sizeBytes: 7,
    dts: 2 ** 33 + 10,
    pts: 2 ** 33 + 10,
    durationTicks: 11,
    isKey: false,
  },
];

describe("fragments", () => {
  test("what is written is read back", () => {
    const [moof] = readBoxes(joinedFragment(1, samples).subarray(0, -8));
    expect(moof?.type).toBe("moof");
    expect(readCarrierFragment(moof?.body ?? new Uint8Array())).toEqual(
      samples,
    );
  });

  test("any damage is an expected failure or harmless, never a crash", () => {
    const written = readBoxes(joinedFragment(1, samples).subarray(0, -8))[0]
      ?.body;
    fc.assert(
      fc.property(
        fc.nat((written?.length ?? 1) - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (at, value, isCut) => {
          const bytes = (written ?? new Uint8Array()).slice();
          bytes[at] = value;
          try {
            readCarrierFragment(isCut ? bytes.subarray(0, at) : bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
        },
      ),
    );
  });

  test("random bytes are no header", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => readCarrierHeader(bytes)).toThrow(Failure);
      }),
    );
  });
});

test("a box that claims more than there is, is refused", () => {
  expect(() => readBoxes(box("free", u32(1)).subarray(0, 10))).toThrow(
    "cut off",
  );
  expect(() =>
    readBoxes(Uint8Array.of(0, 0, 0, 4, 102, 114, 101, 101)),
  ).toThrow("impossible size");
});

describe("small files that unpack to gigabytes are refused", () => {
  const tables = (sizeBytes: number, runs: number): Uint8Array =>
    box(
      "traf",
      fullBox("tfhd", 0, 0x02_0010, u32(1), u32(sizeBytes)),
      fullBox("tfdt", 0, 0, u32(0)),
      Array.from({ length: runs }, () =>
        fullBox("trun", 0, 0x1, u32(1_000_000), u32(0)),
      ),
    );

  test("a million frames of no bytes in one entry", () => {
    expect(() => readCarrierFragment(tables(0, 1))).toThrow("no bytes");
    expect(() => readTrackRuns(tables(0, 1))).toThrow("no bytes");
  });

  test("one entry of a million packets after the other", () => {
    expect(() => readTrackRuns(tables(1, 3))).toThrow("too many");
  });

  test("boxes without end", () => {
    const flood = new Uint8Array(8 * 100_001);
    for (let at = 0; at < flood.length; at += 8) flood.set(u32(8), at);
    expect(() => readBoxes(flood)).toThrow("too many boxes");
  });
});
