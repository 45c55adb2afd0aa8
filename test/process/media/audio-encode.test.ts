import { execFileSync } from "node:child_process";
import { rm } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { AudioOrder } from "../../../src-main/core/order.ts";
import {
  encodeFile,
  ffmpeg,
  generations,
  temporaryFolder,
} from "./encode-bench.ts";

const binaries = await generations();
let folder = "";

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(binaries)("audio with ffmpeg $version", (tools) => {
  it("encodes every track whole and keeps its own start", async () => {
    const source = path.join(folder, "source.mka");
    const feed = path.join(folder, "source.nut");
    ffmpeg(tools, [
      ...["-f", "lavfi", "-i", "sine=f=440:b=2:r=44100:d=4"],
      ...["-itsoffset", "0.72", "-f", "lavfi", "-i", "anoisesrc=r=48000:d=4"],
      ...["-f", "lavfi", "-i", "sine=r=48000:d=3"],
      ...["-map", "0", "-map", "1", "-map", "2", "-c:a", "flac"],
      ...["-filter:a:1", "aformat=channel_layouts=5.1(side)", source],
    ]);
    ffmpeg(tools, [
      ...["-copyts", "-itsoffset", "100", "-i", source, "-map", "0:a"],
      ...["-c", "copy", "-avoid_negative_ts", "disabled", "-f", "nut", feed],
    ]);
    const order: AudioOrder = {
      kind: "audio",
      tracks: [
        {
          encoder: "aac",
          channels: 2,
          sampleRateHz: 44_100,
          kilobitsPerSecond: 128,
        },
        {
          encoder: "opus",
          channels: 6,
          sampleRateHz: 44_100,
          kilobitsPerSecond: 256,
        },
        {
          encoder: "flac",
          channels: 1,
          sampleRateHz: 48_000,
          kilobitsPerSecond: 0,
        },
      ],
      maxOutputBytes: 10_000_000,
    };
    const target = path.join(folder, "audio.mp4");
    await encodeFile(tools, order, feed, target);
    const { streams } = JSON.parse(
      execFileSync(
        tools.ffprobe,
        ["-v", "error", "-show_streams", "-of", "json", target],
        { encoding: "utf8" },
      ),
    ) as { streams: Record<string, string>[] };
    expect(
      streams.map((stream) => [
        stream["codec_name"],
        stream["channels"],
        stream["sample_rate"],
        Number(stream["start_time"]),
      ]),
    ).toEqual([
      // AAC begins one frame of 1024 samples before the sound, Opus 312 samples.
      ["aac", 2, "44100", expect.closeTo(100 - 1024 / 44_100, 4)],
      ["opus", 6, "48000", expect.closeTo(100.72 - 312 / 48_000, 4)],
      ["flac", 1, "48000", expect.closeTo(100, 4)],
    ]);
  });
});
