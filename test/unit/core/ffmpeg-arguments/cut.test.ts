import { describe, expect, test } from "vitest";

import {
  audioFeedArguments,
  feedArguments,
  packetListArguments,
  sourceArguments,
} from "../../../../src-main/core/ffmpeg-arguments/cut.ts";
import type { FeedPlan } from "../../../../src-main/core/feed-plan.ts";
import type { MediaFacts } from "../../../../src-main/core/media-facts.ts";

const facts = {
  format: "mov,mp4,m4a",
  startS: 1.4,
  video: { index: 2, pixelFormat: "yuv420p" },
} as MediaFacts;

const plan: FeedPlan = {
  feed: "nut-copy",
  range: { startFrame: 100, endFrame: 200 },
  isLast: false,
  startUs: 4_000_000,
  endUs: 8_000_000,
  seekS: 2.5,
  own: null,
  preRollPtsUs: 2_500_000,
  lastPacket: null,
  stopS: 8.75,
  expectedFrames: 100,
  clock: "kept",
};

const line = (change: Partial<FeedPlan>): string =>
  feedArguments("/films/a film.mp4", facts, { ...plan, ...change }).join(" ");

const input =
  "-protocol_whitelist file -f mov -i file:/films/a film.mp4 -map 0:2";
const output =
  "-avoid_negative_ts disabled -map_metadata -1 -map_chapters -1 -flush_packets 0 -f nut pipe:1";

describe("a source is opened", () => {
  test("by path, never as an address, and as the format that was probed", () => {
    expect(sourceArguments("-concat:x|y.mp4", "matroska,webm")).toEqual([
      ...["-protocol_whitelist", "file", "-f", "matroska"],
      ...["-i", "file:-concat:x|y.mp4"],
    ]);
  });
});

describe("the feed of a range", () => {
  test("seeks before the input, copies, and ends in wire time", () => {
    expect(line({})).toBe(
      "-nostdin -v error -copyts -itsoffset 100 -noaccurate_seek -seek_timestamp 1 -ss 2.500000 " +
        `${input} -c copy -to 108.750000 ${output}`,
    );
  });

  test("keeps what lies before the first keyframe only at the head", () => {
    expect(line({ seekS: null, stopS: null })).toBe(
      `-nostdin -v error -copyts -itsoffset 100 ${input} -c copy -copyinkf ${output}`,
    );
  });
});

describe("the decoded feed", () => {
  test("is FFV1 at the times the decoder gave", () => {
    expect(line({ feed: "nut-decoded" })).toBe(
      `-nostdin -v error -copyts -noautorotate ${input} -vf setpts=PTS+round(100.000000/TB) ` +
        `-fps_mode passthrough -enc_time_base -1 -c:v ffv1 -level 3 -g 1 ${output}`,
    );
  });

  test("lets ffmpeg mend a clock, and puts the start back", () => {
    const text = line({ feed: "nut-decoded", clock: "corrected" });
    expect(text).not.toContain("-copyts");
    expect(text).toContain("setpts=PTS+round(101.400000/TB)");
  });
});

describe("the audio feed", () => {
  const audio = [
    { index: 1, codec: "ac3" },
    { index: 3, codec: "alac" },
  ];
  const source = { format: "mov,mp4", startS: 1.5, audio };

  test("copies what NUT keeps, decodes the rest, in the order asked for", () => {
    const text = audioFeedArguments("/a.mov", source, [3, 1], "kept").join(" ");
    expect(text).toContain(
      "-copyts -itsoffset 100 -protocol_whitelist file -f mov -i file:/a.mov -map 0:3 -map 0:1 " +
        "-c:a:0 flac -sample_fmt:a:0 s32 -filter:a:0 aresample=async=1 -c:a:1 copy",
    );
  });

  test("decodes all where nothing is known, or the clock must be mended", () => {
    const unknown = audioFeedArguments("/a.mov", null, [1], "kept");
    expect(unknown).toContain("flac");
    const mended = audioFeedArguments("/a.mov", source, [1], "corrected");
    expect(mended).toContain(
      "aresample=async=1,asetpts=PTS+round(101.500000/TB)",
    );
    expect(mended).not.toContain("-copyts");
  });
});

test("the packet list is of the probed video stream", () => {
  expect(packetListArguments("/a.mkv", facts).join(" ")).toContain(
    "-select_streams 2 -show_entries packet=pts,dts,flags",
  );
});
