import { describe, expect, it } from "vitest";

import { audioCarrierArguments } from "../../../../src-main/core/ffmpeg-arguments/carrier.ts";
import {
  audioArguments,
  encodedSampleRateHz,
} from "../../../../src-main/core/ffmpeg-arguments/audio.ts";
import type { AudioOrderTrack } from "../../../../src-main/core/order.ts";

const track: AudioOrderTrack = {
  channels: 2,
  sampleRateHz: 44_100,
  encoder: "aac",
  kilobitsPerSecond: 160,
};

describe("audioArguments", () => {
  it("encodes each track by itself, whole and in wire time", () => {
    const order = {
      kind: "audio",
      tracks: [
        track,
        {
          channels: 6,
          sampleRateHz: 44_100,
          encoder: "opus",
          kilobitsPerSecond: 384,
        },
        {
          channels: 1,
          sampleRateHz: 96_000,
          encoder: "flac",
          kilobitsPerSecond: 0,
        },
      ],
      maxOutputBytes: 1e6,
    } as const;
    expect(audioArguments(order, "nut")).toEqual([
      ...["-nostdin", "-hide_banner", "-v", "error", "-nostats"],
      ...["-progress", "pipe:2", "-stats_period", "0.5"],
      ...["-max_error_rate", "1"],
      ...["-copyts", "-protocol_whitelist", "pipe"],
      ...["-f", "nut", "-i", "pipe:0"],
      ...["-map", "0:a:0", "-map", "0:a:1", "-map", "0:a:2"],
      ...["-fflags", "+bitexact"],
      "-filter:a:0",
      "aresample=async=1,aformat=sample_rates=44100:channel_layouts=stereo",
      ...["-c:a:0", "aac", "-b:a:0", "160k"],
      "-filter:a:1",
      "aresample=async=1,aformat=sample_rates=48000:channel_layouts=5.1",
      ...["-c:a:1", "libopus", "-b:a:1", "384k"],
      "-filter:a:2",
      "aresample=async=1,aformat=sample_rates=96000:channel_layouts=mono",
      ...["-c:a:2", "flac", "-bits_per_raw_sample:a:2", "24"],
      ...audioCarrierArguments(),
      "pipe:1",
    ]);
  });

  it.each([
    ["no track", []],
    ["nine channels", [{ ...track, channels: 9 }]],
    ["half a channel", [{ ...track, channels: 1.5 }]],
    ["a negative bitrate", [{ ...track, kilobitsPerSecond: -1 }]],
    ["a free word", [{ ...track, encoder: "x,y" as "aac" }]],
    ["too many tracks", Array.from({ length: 65 }, () => track)],
  ])("refuses %s", (_, tracks) => {
    expect(() =>
      audioArguments({ kind: "audio", tracks, maxOutputBytes: 1 }, "nut"),
    ).toThrow();
  });
});

describe("encodedSampleRateHz", () => {
  it("takes the nearest rate that the encoder knows, upwards", () => {
    expect(encodedSampleRateHz("opus", 44_100)).toBe(48_000);
    expect(encodedSampleRateHz("opus", 11_025)).toBe(12_000);
    expect(encodedSampleRateHz("opus", 192_000)).toBe(48_000);
    expect(encodedSampleRateHz("aac", 192_000)).toBe(96_000);
    expect(encodedSampleRateHz("aac", 44_100)).toBe(44_100);
    expect(encodedSampleRateHz("flac", 192_000)).toBe(192_000);
  });
});
