import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  evenCrop,
  outputPicture,
  storedCrop,
} from "../../../src-main/core/output-picture.ts";
import { noFilters } from "../../../src-main/core/recipe.ts";

const square = { numerator: 1, denominator: 1 };
const box1080 = { maxWidth: 1920, maxHeight: 1080 };
const shape = (
  width: number,
  height: number,
  rotationDegrees: 0 | 90 | 180 | 270 = 0,
  sampleAspect = square,
) => ({ width, height, rotationDegrees, sampleAspect });

describe("outputPicture", () => {
  it("never enlarges", () => {
    const out = outputPicture(shape(640, 360), { ...noFilters, fit: box1080 });
    expect(out).toMatchObject({ width: 640, height: 360, scaledTo: null });
  });

  it.each([
    ["4K", shape(3840, 2160), 1920, 1080],
    ["scope 4K", shape(4096, 1716), 1920, 804],
    ["upright phone", shape(2160, 3840), 1080, 1920],
    ["4:3", shape(2048, 1536), 1440, 1080],
    [
      "wide samples",
      shape(1440, 1080, 0, { numerator: 8, denominator: 3 }),
      720,
      540,
    ],
  ])("fits %s into 1080p", (_, picture, width, height) => {
    const out = outputPicture(picture, { ...noFilters, fit: box1080 });
    expect([out.width, out.height]).toEqual([width, height]);
    expect(out.sampleAspect).toEqual(picture.sampleAspect);
  });

  it("keeps the size of anamorphic PAL, whose pictures are shown 1024 wide", () => {
    const pal = shape(720, 576, 0, { numerator: 64, denominator: 45 });
    const out = outputPicture(pal, { ...noFilters, fit: box1080 });
    expect([out.width, out.height]).toEqual([720, 576]);
  });

  it("turns size and sample aspect with the picture, or carries the rotation", () => {
    const phone = shape(1920, 1080, 90, { numerator: 4, denominator: 3 });
    expect(outputPicture(phone, noFilters)).toMatchObject({
      width: 1920,
      height: 1080,
      rotationDegrees: 90,
    });
    expect(
      outputPicture(phone, { ...noFilters, applyRotation: true }),
    ).toMatchObject({
      width: 1080,
      height: 1920,
      rotationDegrees: 0,
      sampleAspect: { numerator: 3, denominator: 4 },
    });
  });

  it("refuses a crop that leaves nothing", () => {
    const crop = { top: 540, bottom: 540, left: 0, right: 0 };
    expect(() =>
      outputPicture(shape(1920, 1080), { ...noFilters, crop }),
    ).toThrow(expect.objectContaining({ code: "recipe-invalid" }));
  });

  it("stays within the limits and keeps the aspect, whatever the size", () => {
    const side = fc.integer({ min: 64, max: 8192 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const out = outputPicture(shape(width, height), {
          ...noFilters,
          fit: box1080,
        });
        const [long, short] = [
          Math.max(out.width, out.height),
          Math.min(out.width, out.height),
        ];
        expect(long).toBeLessThanOrEqual(1920);
        expect(short).toBeLessThanOrEqual(1080);
        expect(out.width).toBeLessThanOrEqual(width);
        if (out.scaledTo === null) return;
        expect(out.width % 2).toBe(0);
        expect(out.height % 2).toBe(0);
        // At most a pixel off on each side, unless the picture is a thread.
        if (short > 16)
          expect(
            Math.abs(out.width - (out.height * width) / height),
          ).toBeLessThanOrEqual(1 + width / height);
      }),
    );
  });
});

describe("storedCrop", () => {
  const seen = { top: 1, right: 2, bottom: 3, left: 4 };

  it.each([
    [0, { top: 1, right: 2, bottom: 3, left: 4 }],
    [90, { left: 1, top: 2, right: 3, bottom: 4 }],
    [180, { bottom: 1, left: 2, top: 3, right: 4 }],
    [270, { right: 1, bottom: 2, left: 3, top: 4 }],
  ] as const)("turns with a picture shown turned by %i°", (degrees, stored) => {
    expect(storedCrop(seen, degrees)).toEqual(stored);
  });
});

describe("evenCrop", () => {
  it("takes away what is odd, and nothing else", () => {
    expect(evenCrop(shape(321, 181), null, 2, 2)).toEqual({
      top: 0,
      bottom: 1,
      left: 0,
      right: 1,
    });
    expect(evenCrop(shape(320, 180), null, 2, 2)).toBeNull();
    expect(evenCrop(shape(321, 181), null, 1, 1)).toBeNull();
    expect(evenCrop(shape(720, 486), null, 2, 4)?.bottom).toBe(2);
  });
});
