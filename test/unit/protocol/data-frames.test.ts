import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  digestEveryBytes,
  encodeDataHeader,
  frameHeaderMaxBytes,
  framePayloadMaxBytes,
  parseDataHeader,
} from "../../../src-main/protocol/data-frames.ts";
import type { DataFrameHeader } from "../../../src-main/protocol/data-frames.ts";

const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });
const headers: fc.Arbitrary<DataFrameHeader> = fc
  .record({
    transfer: fc.nat(0xffff_ffff),
    offset: fc.nat(2 ** 40).map((n) => n * 8),
    digest: fc.option(digests),
    isEnd: fc.boolean(),
  })
  .map((header) => ({ ...header, isEnd: header.isEnd && !!header.digest }));

/** A frame of that header with as much payload as is lawful, at most `payloadBytes`. */
function frameOf(header: DataFrameHeader, payloadBytes: number): Uint8Array {
  const head = encodeDataHeader(header);
  const room = digestEveryBytes - (header.offset % digestEveryBytes);
  const lawful = Math.min(payloadBytes, header.digest ? room : room - 1);
  const frame = new Uint8Array(head.length + lawful);
  frame.set(head);
  return frame;
}

const plain: DataFrameHeader = {
  transfer: 7,
  offset: 0,
  digest: null,
  isEnd: false,
};
const digest = new Uint8Array(32).fill(9);
const problemOf = (bytes: Uint8Array, frameBytes?: number): string | null => {
  const parsed = parseDataHeader(bytes, frameBytes);
  return "problem" in parsed ? parsed.problem : null;
};

describe("data frames", () => {
  it("W21 have this header", () => {
    const offset = 5 * 2 ** 32 + 0x01020304;
    const bytes = encodeDataHeader({
      transfer: 0xa1b2c3d4,
      offset,
      digest,
      isEnd: true,
    });
    expect(Buffer.from(bytes).toString("hex")).toBe(
      `01030000a1b2c3d40000000501020304${"09".repeat(32)}`,
    );
    expect(Buffer.from(encodeDataHeader(plain)).toString("hex")).toBe(
      "01000000000000070000000000000000",
    );
  });

  it("W21 are read as they were written, also by their beginning", () => {
    fc.assert(
      fc.property(
        headers,
        fc.integer({ min: 1, max: 5000 }),
        (header, size) => {
          const frame = frameOf(header, size);
          const headerBytes = header.digest ? frameHeaderMaxBytes : 16;
          fc.pre(frame.length > headerBytes);
          const parsed = { header, headerBytes };
          expect(parseDataHeader(frame)).toEqual(parsed);
          const beginning = frame.subarray(0, headerBytes);
          expect(parseDataHeader(beginning, frame.length)).toEqual(parsed);
        },
      ),
    );
  });

  it("W22 refuse what is too short or too long", () => {
    const head = encodeDataHeader(plain);
    for (let size = 0; size < 16; size += 1)
      expect(problemOf(head.subarray(0, size))).toBe("short header");
    expect(problemOf(head)).toBe("no payload");
    expect(problemOf(head, 16 + framePayloadMaxBytes)).toBeNull();
    expect(problemOf(head, 17 + framePayloadMaxBytes)).toBe("long payload");
    const withDigest = encodeDataHeader({ ...plain, digest });
    expect(problemOf(withDigest.subarray(0, 47), 60)).toBe("short digest");
  });

  it("W22 refuse another version, unknown flags and used reserved bytes", () => {
    const changed = (at: number, value: number): Uint8Array => {
      const bytes = frameOf(plain, 4);
      bytes[at] = value;
      return bytes;
    };
    expect(problemOf(changed(0, 2))).toBe("frame version");
    expect(problemOf(changed(1, 4))).toBe("unknown flags");
    expect(problemOf(changed(1, 2))).toBe("end without digest");
    expect(problemOf(changed(2, 1))).toBe("reserved bytes");
    expect(problemOf(changed(3, 1))).toBe("reserved bytes");
  });

  it("W22 refuse offsets beyond what a number holds", () => {
    const bytes = frameOf(plain, 4);
    bytes.fill(0xff, 8, 16);
    expect(problemOf(bytes)).toBe("offset out of range");
  });

  it("W23 carry a digest where a chunk ends, and never cross that bound", () => {
    const offset = digestEveryBytes - 10;
    const size = (header: DataFrameHeader, payload: number): string | null => {
      const head = encodeDataHeader(header);
      return problemOf(head, head.length + payload);
    };
    expect(size({ ...plain, offset }, 9)).toBeNull();
    expect(size({ ...plain, offset }, 10)).toBe("missing digest");
    expect(size({ ...plain, offset, digest }, 10)).toBeNull();
    expect(size({ ...plain, offset, digest }, 11)).toBe(
      "payload crosses a digest bound",
    );
  });

  it("W24 may be empty only at the end", () => {
    const end = { ...plain, digest, isEnd: true };
    expect(problemOf(encodeDataHeader(end))).toBeNull();
    expect(problemOf(encodeDataHeader({ ...end, isEnd: false }))).toBe(
      "no payload",
    );
  });

  it("W22 never throw, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.nat(300_000),
        (bytes, size) => {
          const parsed = parseDataHeader(bytes, size);
          if ("problem" in parsed) return;
          expect(encodeDataHeader(parsed.header)).toEqual(
            new Uint8Array(bytes.subarray(0, parsed.headerBytes)),
          );
        },
      ),
      { numRuns: 2000 },
    );
    // Random bytes seldom pass the version: a lawful frame with one byte changed often does.
    fc.assert(
      fc.property(headers, fc.nat(63), fc.nat(255), (header, at, value) => {
        const frame = frameOf(header, 40);
        frame[at % frame.length] = value;
        const parsed = parseDataHeader(frame);
        if ("problem" in parsed) return;
        expect(encodeDataHeader(parsed.header)).toEqual(
          new Uint8Array(frame.subarray(0, parsed.headerBytes)),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
