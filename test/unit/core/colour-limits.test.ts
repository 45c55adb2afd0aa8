import { describe, expect, test } from "vitest";
import {
  sayableColour,
  unsaidColourNote,
} from "../../../src-main/core/colour-limits.ts";

const matrixOnly = {
  range: "tv",
  primaries: null,
  transfer: null,
  space: "bt470bg",
  chromaLocation: null,
};
const pal = { ...matrixOnly, primaries: "bt470bg", transfer: "bt470bg" };

describe("colours an output can say", () => {
  test("FFV1 in MOV says all three or none", () => {
    expect(sayableColour(matrixOnly, "ffv1", "mov").space).toBe(null);
    expect(sayableColour(pal, "ffv1", "mov")).toEqual(pal);
    expect(unsaidColourNote(matrixOnly, "ffv1", "mov")).toContain(
      "matrix bt470bg",
    );
    expect(unsaidColourNote(pal, "ffv1", "mov")).toBe(null);
  });

  test("Matroska, and codecs that say colours themselves, lose nothing", () => {
    expect(sayableColour(matrixOnly, "ffv1", "mkv")).toEqual(matrixOnly);
    expect(sayableColour(matrixOnly, "prores", "mov")).toEqual(matrixOnly);
    expect(sayableColour(matrixOnly, "h264", "mov")).toEqual(matrixOnly);
  });

  test("DNxHR has no matrix but BT.709", () => {
    expect(sayableColour(pal, "dnxhd", "mov").space).toBe(null);
    expect(unsaidColourNote(pal, "dnxhd", "mov")).toContain("matrix bt470bg");
    const bt709 = {
      ...pal,
      primaries: "bt709",
      transfer: "bt709",
      space: "bt709",
    };
    expect(sayableColour(bt709, "dnxhd", "mov")).toEqual(bt709);
  });
});
