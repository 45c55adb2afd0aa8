import { describe, expect, test } from "vitest";
import {
  audioCarrierArguments,
  carrierArguments,
  encoderCodec,
} from "../../../../src-main/core/ffmpeg-arguments/carrier.ts";
import { videoEncoders } from "../../../../src-main/core/recipe.ts";

describe("carrier arguments", () => {
  test("times leave untouched and absolute", () => {
    expect(carrierArguments("h264", 30_000)).toEqual([
      "-use_editlist",
      "0",
      "-avoid_negative_ts",
      "disabled",
      ...["-map_metadata", "-1", "-map_chapters", "-1", "-write_tmcd", "0"],
      "-movflags",
      "+empty_moov+delay_moov+default_base_moof+frag_discont+frag_keyframe",
      "-video_track_timescale",
      "30000",
      "-f",
      "mp4",
    ]);
  });

  test("editing codecs travel in mov, the rest in mp4", () => {
    for (const codec of ["prores", "dnxhd", "ffv1"] as const)
      expect(carrierArguments(codec, 1000).at(-1)).toBe("mov");
    for (const codec of ["h264", "hevc", "av1", "vp9"] as const)
      expect(carrierArguments(codec, 1000).at(-1)).toBe("mp4");
  });

  test("a timescale out of range is a bug", () => {
    for (const timescale of [0, -1, 1.5, 2 ** 32])
      expect(() => carrierArguments("h264", timescale)).toThrow("bug:");
  });

  test("audio is written in bounded fragments", () => {
    expect(audioCarrierArguments()).toContain("-frag_duration");
  });

  test("every encoder has a codec", () => {
    expect(videoEncoders.map(encoderCodec)).toEqual([
      ...["h264", "hevc", "av1", "vp9", "prores", "dnxhd", "ffv1"],
      ...["h264", "hevc", "av1", "h264", "hevc", "av1", "h264", "hevc", "av1"],
      ...["h264", "hevc", "av1", "h264", "hevc"],
    ]);
  });
});
