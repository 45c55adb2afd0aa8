/**
 * The carrier: how an encoded segment, or a job's encoded audio, leaves the
 * worker's ffmpeg. Fragmented MP4/MOV on a pipe, because it is the one format
 * that takes every codec, keeps decode and presentation times apart and exact
 * at any timescale, and can be written without seeking.
 */
import { assert } from "../assert.ts";
import type { VideoEncoder } from "../recipe.ts";

/** What the segments of an output are coded in; one per output. */
export type CarrierCodec =
  "h264" | "hevc" | "av1" | "vp9" | "prores" | "dnxhd" | "ffv1";

/** A track's timescale is 32 bits in MP4, and ffmpeg multiplies by it. */
export const maxTimescale = 10_000_000;

/** Longest piece of audio in one fragment: bounds what the worker's muxer holds. */
const audioFragmentUs = 2_000_000;

/**
 * - `frag_discont`: fragments carry the absolute decode time (without it the
 *   muxer starts every segment at zero and the place of the segment is lost).
 * - `delay_moov`: the header waits for the first packets, from which DNxHR and
 *   VP9 take what they must say there.
 * - `empty_moov`, `default_base_moof`: nothing ever points outside its fragment.
 */
const fragmentFlags = "+empty_moov+delay_moov+default_base_moof+frag_discont";

/** No edit list and no shifting: times leave as the encoder gave them (wire time, `wireOffsetS` included). */
const untouchedTimes = [
  "-use_editlist",
  "0",
  "-avoid_negative_ts",
  "disabled",
] as const;

/** One track and nothing else: MP4 makes a track of its own of chapters and of a timecode. */
const nothingElse = [
  ...["-map_metadata", "-1", "-map_chapters", "-1", "-write_tmcd", "0"],
];

/**
 * Output arguments (without the target) for one video segment. The run needs
 * `-copyts`, timestamps shifted by `wireOffsetS`, `-fps_mode passthrough` and an
 * encoder time base of 1/timescale or a multiple; then every pts is exact.
 * `timescale`: ticks per second of the whole output, 1 to `maxTimescale`.
 */
export function carrierArguments(
  codec: CarrierCodec,
  timescale: number,
): string[] {
  assert(
    Number.isInteger(timescale) && timescale > 0 && timescale <= maxTimescale,
    `timescale ${String(timescale)} is out of range`,
  );
  return [
    ...untouchedTimes,
    ...nothingElse,
    "-movflags",
    `${fragmentFlags}+frag_keyframe`,
    "-video_track_timescale",
    String(timescale),
    "-f",
    carrierFormat(codec),
  ];
}

/** Output arguments (without the target) for a job's encoded audio tracks; each in its sample rate's timescale. */
export function audioCarrierArguments(): string[] {
  return [
    ...untouchedTimes,
    ...nothingElse,
    // ffmpeg 5 calls FLAC and Opus in MP4 experimental.
    "-strict",
    "experimental",
    "-movflags",
    fragmentFlags,
    "-frag_duration",
    String(audioFragmentUs),
    "-f",
    "mp4",
  ];
}

/** The carrier codec an encoder produces. */
export function encoderCodec(encoder: VideoEncoder): CarrierCodec {
  if (encoder === "x264" || encoder.startsWith("h264-")) return "h264";
  if (encoder === "x265" || encoder.startsWith("hevc-")) return "hevc";
  if (encoder === "svt-av1" || encoder.startsWith("av1-")) return "av1";
  if (encoder === "dnxhr") return "dnxhd";
  assert(
    encoder === "vp9" || encoder === "prores" || encoder === "ffv1",
    `encoder ${encoder} has no codec`,
  );
  return encoder;
}

/** MP4 refuses the editing codecs; MOV refuses VP9. */
function carrierFormat(codec: CarrierCodec): "mp4" | "mov" {
  return codec === "prores" || codec === "dnxhd" || codec === "ffv1"
    ? "mov"
    : "mp4";
}
