/** Names people know encoders by. Proper names: the same in all languages. */
import {
  encoderTraits,
  type VideoCodec,
} from "../../../src-main/core/encoder-traits.ts";
import type {
  AudioEncoder,
  VideoEncoder,
} from "../../../src-main/core/recipe.ts";

const codecNames: Readonly<Record<VideoCodec, string>> = {
  h264: "H.264",
  hevc: "HEVC (H.265)",
  av1: "AV1",
  vp9: "VP9",
  prores: "ProRes",
  dnxhd: "DNxHR",
  ffv1: "FFV1",
};

const makers: Readonly<Record<string, string>> = {
  nvenc: "NVIDIA NVENC",
  qsv: "Intel Quick Sync",
  vaapi: "VAAPI",
  amf: "AMD AMF",
  videotoolbox: "Apple VideoToolbox",
};

/** `HEVC (H.265)`, `HEVC (H.265), NVIDIA NVENC`. */
export function encoderName(encoder: VideoEncoder): string {
  const codec = codecNames[encoderTraits[encoder].codec];
  const maker = hardwareMaker(encoder);
  return maker === null ? codec : `${codec}, ${maker}`;
}

/** Null: made by the processor. */
export function hardwareMaker(encoder: VideoEncoder): string | null {
  return makers[encoder.split("-").at(-1) ?? ""] ?? null;
}

export const audioNames: Readonly<Record<AudioEncoder, string>> = {
  aac: "AAC",
  opus: "Opus",
  flac: "FLAC",
};
