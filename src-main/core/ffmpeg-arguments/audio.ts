/** The worker's argument list for a job's audio: every track whole, each keeping its own start. */
import { assert, unreachable } from "../assert.ts";
import type { AudioOrder, AudioOrderTrack } from "../order.ts";
import type { AudioEncoder } from "../recipe.ts";
import { boundedInteger, refused } from "./argument-values.ts";
import { audioCarrierArguments } from "./carrier.ts";
import { quietArguments, reproducible, wireInput } from "./segment.ts";

const maxTracks = 64;

/** Sample rates an encoder takes; null: any. Sources: RFC 6716 section 2.1.3, ISO/IEC 14496-3 table 1.18. */
const sampleRates: Readonly<Record<AudioEncoder, readonly number[] | null>> = {
  opus: [8_000, 12_000, 16_000, 24_000, 48_000],
  aac: [
    7_350, 8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100,
    48_000, 64_000, 88_200, 96_000,
  ],
  flac: null,
};
const maxFlacRateHz = 655_350;

/** Opus and FLAC share the layouts of RFC 7845 section 5.1.1.2; AAC has other ones for four. */
const layouts = [
  "mono",
  "stereo",
  "3.0",
  "quad",
  "5.0",
  "5.1",
  "6.1",
  "7.1",
] as const;

/**
 * Reads the feed of audio streams (in the order of the tracks) from standard
 * input and writes the audio carrier to standard output.
 *
 * @throws Failure `order-refused`
 */
export function audioArguments(
  order: AudioOrder,
  feed: "nut" | "matroska",
): string[] {
  const { tracks } = order;
  if (tracks.length === 0 || tracks.length > maxTracks)
    throw refused(`${String(tracks.length)} audio tracks`);
  return [
    ...quietArguments,
    ...wireInput(null),
    ...["-f", feed, "-i", "pipe:0"],
    ...tracks.flatMap((_, index) => ["-map", `0:a:${String(index)}`]),
    ...reproducible,
    ...tracks.flatMap(trackArguments),
    ...audioCarrierArguments(),
    "pipe:1",
  ];
}

/** The nearest rate that the encoder takes, upwards: nothing audible is lost. */
export function encodedSampleRateHz(
  encoder: AudioEncoder,
  sampleRateHz: number,
): number {
  const rates = sampleRates[encoder];
  if (rates === null) return Math.min(sampleRateHz, maxFlacRateHz);
  const above = rates.find((rate) => rate >= sampleRateHz);
  const highest = rates.at(-1);
  assert(highest !== undefined, "every list has a rate");
  return above ?? highest;
}

function trackArguments(track: AudioOrderTrack, index: number): string[] {
  const { encoder, channels, kilobitsPerSecond } = track;
  const rateHz = encodedSampleRateHz(encoder, track.sampleRateHz);
  const stream = `a:${String(index)}`;
  return [
    `-filter:${stream}`,
    // Holes in damaged recordings become silence instead of moving what follows.
    `aresample=async=1,aformat=sample_rates=${boundedInteger(rateHz, 4_000, 768_000)}:channel_layouts=${layoutOf(encoder, channels)}`,
    `-c:${stream}`,
    encoderName(encoder),
    ...(encoder === "flac"
      ? // Else ffmpeg 6.1 and newer write 32 bits here, which older players cannot decode.
        [`-bits_per_raw_sample:${stream}`, "24"]
      : [`-b:${stream}`, bitrate(track, kilobitsPerSecond)]),
  ];
}

function encoderName(encoder: AudioEncoder): string {
  switch (encoder) {
    case "aac":
      return "aac";
    case "opus":
      return "libopus";
    case "flac":
      return "flac";
    default:
      return unreachable(encoder);
  }
}

function layoutOf(encoder: AudioEncoder, channels: number): string {
  const layout = layouts[channels - 1];
  if (layout === undefined) throw refused(`${String(channels)} channels`);
  return layout === "quad" && encoder === "aac" ? "4.0" : layout;
}

/** Of the whole track; at most what the encoders take per channel (Opus: 256 kbit/s). */
function bitrate(
  { channels }: AudioOrderTrack,
  kilobitsPerSecond: number,
): string {
  const kilobits = Math.min(Math.round(kilobitsPerSecond), 256 * channels);
  return `${boundedInteger(kilobits, 8, 4_096)}k`;
}
