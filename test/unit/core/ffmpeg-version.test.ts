import { describe, expect, it } from "vitest";

import { parseVersionText } from "../../../src-main/core/ffmpeg-version.ts";
import { versionWarnings } from "../../../src-main/core/ffmpeg-warnings.ts";

const text = (version: string, libavcodec: string): string =>
  `ffmpeg version ${version} Copyright (c) 2000-2026 the FFmpeg developers\nlibavutil      57. 28.100 / 57. 28.100\nlibavcodec     ${libavcodec} / ${libavcodec}\n`;

describe("parseVersionText", () => {
  it.each([
    ["5.1.9-0+deb12u1", "59. 37.100", 5, 1, 9],
    ["n7.0-7-gd38bf5e08e-20240407", "61.  3.100", 7, 0, 0],
    ["6.1.1-3ubuntu5", "60. 31.102", 6, 1, 1],
    ["4.4.2", "58.134.100", 4, 4, 2],
    ["N-66595-gc2b38619c0-static", "60. 22.100", 6, null, null],
    ["N-119000-g0123456789", "62.  1.100", 8, null, null],
    ["git-2023-08-01-2b81a8e", "60. 22.100", 6, null, null],
  ])("reads %s", (version, libavcodec, major, minor, patch) => {
    expect(parseVersionText("ffmpeg", text(version, libavcodec))).toEqual({
      text: version,
      major,
      minor,
      patch,
    });
  });

  it("refuses what is another program", () => {
    expect(parseVersionText("ffprobe", text("5.1.9", "59. 37.100"))).toBeNull();
    expect(parseVersionText("ffmpeg", "hello")).toBeNull();
  });
});

describe("versionWarnings", () => {
  const warningsOf = (version: string, libavcodec: string): string[] =>
    versionWarnings(parseVersionText("ffmpeg", text(version, libavcodec))!);

  it("flags releases with known holes, and builds that cannot tell", () => {
    expect(warningsOf("7.0", "61. 3.100")[0]).toContain("older than 7.0.2");
    expect(warningsOf("5.0.3", "59. 18.100")).toHaveLength(1);
    expect(warningsOf("N-66595-gc2", "60. 22.100")).toHaveLength(1);
  });

  it("says nothing of patched ones", () => {
    expect(warningsOf("5.1.9-0+deb12u1", "59. 37.100")).toEqual([]);
    expect(warningsOf("7.1", "61. 19.100")).toEqual([]);
    expect(warningsOf("8.0", "62. 11.100")).toEqual([]);
  });
});
