/** Encoders in graphics chips. None of them could be tried on the machines this was written on but by their failing. */
import { assert } from "../assert.ts";
import type { Effort, VideoEncode, VideoEncoder } from "../recipe.ts";
import {
  bitrateArguments,
  boundedInteger,
  qualityValue,
  refused,
} from "./argument-values.ts";

export type HardwareFamily = "nvenc" | "qsv" | "vaapi" | "amf" | "videotoolbox";

export type HardwareEncoder = Extract<
  VideoEncoder,
  `${string}-${HardwareFamily}`
>;

/** Whether an encoder runs on a chip of its own. */
export function isHardwareEncoder(
  encoder: VideoEncoder,
): encoder is HardwareEncoder {
  return /-(nvenc|qsv|vaapi|amf|videotoolbox)$/.test(encoder);
}

/** The maker's programming interface. */
export function hardwareFamily(encoder: HardwareEncoder): HardwareFamily {
  const family = encoder.split("-")[1];
  assert(
    family === "nvenc" ||
      family === "qsv" ||
      family === "vaapi" ||
      family === "amf" ||
      family === "videotoolbox",
    `${encoder} has no family`,
  );
  return family;
}

/** Effort in each family's own words. */
const efforts: Readonly<
  Record<"nvenc" | "qsv" | "amf", Readonly<Record<Effort, string>>>
> = {
  nvenc: {
    ultrafast: "p1",
    veryfast: "p2",
    fast: "p3",
    medium: "p4",
    slow: "p6",
    slower: "p7",
  },
  qsv: {
    ultrafast: "veryfast",
    veryfast: "faster",
    fast: "fast",
    medium: "medium",
    slow: "slow",
    slower: "veryslow",
  },
  amf: {
    ultrafast: "speed",
    veryfast: "speed",
    fast: "balanced",
    medium: "balanced",
    slow: "quality",
    slower: "quality",
  },
};

/** Output options of a hardware encoder, without its name. */
export function hardwareArguments(
  encoder: HardwareEncoder,
  { rate, effort }: Pick<VideoEncode, "rate" | "effort">,
  keyframeDistance: number,
): string[] {
  const family = hardwareFamily(encoder);
  const common = ["-g", boundedInteger(keyframeDistance, 1, 10_000)];
  if (rate.mode !== "quality" && rate.mode !== "bitrate")
    throw refused(`${encoder} with rate mode ${rate.mode}`);
  const rateArguments =
    rate.mode === "quality"
      ? qualityArguments(encoder, family, rate.quality)
      : [...variableRate(family), ...bitrateArguments(rate.kilobitsPerSecond)];
  return [...familyArguments(family, effort), ...rateArguments, ...common];
}

function familyArguments(family: HardwareFamily, effort: Effort): string[] {
  switch (family) {
    case "nvenc":
      return [
        ...["-preset", efforts.nvenc[effort], "-tune", "hq"],
        ...["-forced-idr", "1"],
      ];
    case "qsv":
      // The first frame and every key frame an IDR.
      return ["-preset", efforts.qsv[effort], "-idr_interval", "0"];
    case "amf":
      return ["-quality", efforts.amf[effort]];
    case "vaapi":
      return ["-idr_interval", "0"];
    case "videotoolbox":
      return ["-realtime", "0", "-flags", "+cgop"];
  }
}

function qualityArguments(
  encoder: HardwareEncoder,
  family: HardwareFamily,
  quality: number,
): string[] {
  const value = qualityValue(encoder, quality);
  switch (family) {
    case "nvenc":
      return ["-rc", "vbr", "-cq", value, "-b:v", "0"];
    case "qsv":
      return ["-global_quality", value];
    case "vaapi":
      return encoder === "av1-vaapi"
        ? ["-rc_mode", "CQP", "-global_quality", value]
        : ["-rc_mode", "CQP", "-qp", value];
    case "amf":
      return ["-rc", "cqp", "-qp_i", value, "-qp_p", value];
    case "videotoolbox":
      // Recipes count downwards, VideoToolbox upwards from 1 (encoder-traits.ts).
      return ["-q:v", String(100 - Number(value))];
  }
}

function variableRate(family: HardwareFamily): string[] {
  switch (family) {
    case "nvenc":
      return ["-rc", "vbr"];
    case "vaapi":
      return ["-rc_mode", "VBR"];
    case "amf":
      return ["-rc", "vbr_peak"];
    case "qsv":
    case "videotoolbox":
      return [];
  }
}
