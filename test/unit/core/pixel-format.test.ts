import { describe, expect, it } from "vitest";
import {
  nearestPixelFormat,
  pixelLayout,
} from "../../../src-main/core/pixel-format.ts";

const all = [
  "yuv420p",
  "yuv420p10le",
  "yuv422p",
  "yuv422p10le",
  "yuv444p",
  "yuv444p10le",
] as const;
const av1 = ["yuv420p", "yuv420p10le"] as const;

describe("pixelLayout", () => {
  it.each([
    ["yuv420p", 8, "420"],
    ["yuvj420p", 8, "420"],
    ["nv12", 8, "420"],
    ["p010le", 10, "420"],
    ["p016le", 16, "420"],
    ["yuv420p10be", 10, "420"],
    ["yuv422p12le", 12, "422"],
    ["yuyv422", 8, "422"],
    ["p210le", 10, "422"],
    ["y210le", 10, "422"],
    ["yuv444p16le", 16, "444"],
    ["yuva444p10le", 10, "444"],
    ["nv24", 8, "444"],
    ["gray", 8, "gray"],
    ["gray10le", 10, "gray"],
    ["rgb24", 8, "444"],
    ["gbrp12le", 12, "444"],
    ["rgb48le", 16, "444"],
    ["gbrpf32le", 16, "444"],
    ["yuv411p", 8, "422"],
    ["yuv410p", 8, "420"],
    ["pal8", 8, "444"],
    ["bgra", 8, "444"],
  ] as const)("reads %s", (name, bitDepth, chroma) => {
    expect(pixelLayout(name)).toMatchObject({ bitDepth, chroma });
  });

  it("sees transparency", () => {
    for (const name of ["yuva420p", "rgba", "gbrap10le", "ya8", "pal8"])
      expect(pixelLayout(name).alpha, name).toBe(true);
    for (const name of ["yuv420p", "rgb24", "yuyv422", "gray"])
      expect(pixelLayout(name).alpha, name).toBe(false);
  });
});

describe("nearestPixelFormat", () => {
  it.each([
    ["yuv420p", all, "yuv420p", 0],
    ["yuvj422p", all, "yuv422p", 0],
    ["p010le", all, "yuv420p10le", 0],
    ["gray", all, "yuv420p", 0],
    ["yuv420p12le", all, "yuv420p10le", 1],
    ["rgb24", all, "yuv444p", 1],
    ["yuv422p10le", av1, "yuv420p10le", 1],
    ["yuv420p10le", ["yuv420p"], "yuv420p", 1],
    ["yuv420p", ["yuv422p10le"], "yuv422p10le", 0],
    ["yuv422p10le", ["yuv422p", "yuv420p10le"], "yuv420p10le", 1],
    ["yuva444p12le", ["yuv420p"], "yuv420p", 3],
  ] as const)(
    "takes for %s of %j the one that loses least",
    (source, supported, chosen, losses) => {
      const result = nearestPixelFormat(source, supported);
      expect(result.pixelFormat).toBe(chosen);
      expect(result.losses).toHaveLength(losses);
    },
  );

  it("says in words what is lost", () => {
    expect(nearestPixelFormat("yuv422p10le", ["yuv420p"]).losses).toEqual([
      "10 bit become 8 bit",
      "4:2:2 colour becomes 4:2:0",
    ]);
  });
});
