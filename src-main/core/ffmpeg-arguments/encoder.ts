/**
 * The settings of every encoder, from a recipe's closed words to ffmpeg's
 * options. Rules for all: closed GOPs, the first frame a full key frame (IDR),
 * parameter sets also in-band where the encoder can, and nothing that depends
 * on the machine but the number of threads.
 */
import { unreachable } from "../assert.ts";
import { encoderTraits } from "../encoder-traits.ts";
import type { HdrFacts, Ratio } from "../media-facts.ts";
import { efforts, tunes, videoEncoders } from "../recipe.ts";
import type { Effort, VideoEncode, VideoEncoder } from "../recipe.ts";
import {
  bitrateArguments,
  boundedInteger,
  qualityValue,
  ratio,
  refused,
  word,
} from "./argument-values.ts";
import {
  hardwareArguments,
  isHardwareEncoder,
  type HardwareEncoder,
} from "./hardware-encoder.ts";
import { masterDisplayPattern, maxCllPattern } from "../colour-names.ts";

export interface EncoderSettings {
  readonly encode: Pick<
    VideoEncode,
    "encoder" | "rate" | "effort" | "tune" | "keyframeIntervalS"
  >;
  readonly nominalRate: Ratio;
  /** Null: as many as the encoder likes. */
  readonly threads: number | null;
  /** Which field comes first when the pictures hold two fields. */
  readonly fields: "tt" | "bb" | null;
  readonly hdr: HdrFacts;
}

/** ffmpeg's name of an encoder. */
export function ffmpegEncoder(encoder: VideoEncoder): string {
  if (isHardwareEncoder(encoder)) return encoder.replace("-", "_");
  switch (encoder) {
    case "x264":
      return "libx264";
    case "x265":
      return "libx265";
    case "svt-av1":
      return "libsvtav1";
    case "vp9":
      return "libvpx-vp9";
    case "prores":
      return "prores_ks";
    case "dnxhr":
      return "dnxhd";
    case "ffv1":
      return "ffv1";
    default:
      return unreachable(encoder);
  }
}

/** Output options that choose and set up the encoder. */
export function encoderArguments(settings: EncoderSettings): string[] {
  const { encode, threads } = settings;
  word(encode.encoder, videoEncoders);
  word(encode.effort, efforts);
  word(encode.tune, tunes);
  const name = ["-c:v", ffmpegEncoder(encode.encoder)];
  const threadArguments =
    threads === null ? [] : ["-threads:v", boundedInteger(threads, 1, 512)];
  const { encoder } = encode;
  if (isHardwareEncoder(encoder))
    return [
      ...name,
      ...hardwareArguments(encoder, encode, keyframeDistance(settings)),
    ];
  return [...name, ...threadArguments, ...softwareArguments(encoder, settings)];
}

/** Frames between two key frames. At least 1, and no more than encoders count. */
export function keyframeDistance({
  encode,
  nominalRate,
}: Pick<EncoderSettings, "encode" | "nominalRate">): number {
  const { numerator, denominator } = nominalRate;
  const frames = (encode.keyframeIntervalS * numerator) / denominator;
  return Math.min(10_000, Math.max(1, Math.round(frames)));
}

function softwareArguments(
  encoder: Exclude<VideoEncoder, HardwareEncoder>,
  settings: EncoderSettings,
): string[] {
  switch (encoder) {
    case "x264":
      return x264Arguments(settings);
    case "x265":
      return x265Arguments(settings);
    case "svt-av1":
      return svtAv1Arguments(settings);
    case "vp9":
      return vp9Arguments(settings);
    case "prores":
      return [
        ...["-profile:v", masteringProfile(settings)],
        ...["-vendor", "apl0", ...fieldFlags(settings, "+ildct")],
      ];
    case "dnxhr":
      return ["-profile:v", `dnxhr_${masteringProfile(settings)}`];
    case "ffv1":
      return [
        // Slices with checksums: damage stays small and is noticed.
        ...["-level", "3", "-g", "1", "-slices", "4", "-slicecrc", "1"],
        ...fieldFlags(settings, "+ildct"),
      ];
    default:
      return unreachable(encoder);
  }
}

function x264Arguments(settings: EncoderSettings): string[] {
  const { encode, hdr } = settings;
  const parameters = [
    `fps=${ratio(settings.nominalRate)}`,
    // Segments of other workers may have other parameter sets.
    "repeat-headers=1",
    ...hdrParameters(hdr, "mastering-display", "cll"),
    ...(settings.fields === null
      ? []
      : [settings.fields === "tt" ? "tff=1" : "bff=1"]),
  ];
  return [
    ...["-preset", encode.effort],
    ...(encode.tune === "none" ? [] : ["-tune", encode.tune]),
    ...(encode.rate.mode === "lossless"
      ? ["-qp", "0"]
      : rateArguments(encode, "-crf")),
    ...["-g", String(keyframeDistance(settings)), "-forced-idr", "1"],
    ...["-flags", `+cgop${settings.fields === null ? "" : "+ildct+ilme"}`],
    ...["-x264-params", parameters.join(":")],
  ];
}

function x265Arguments(settings: EncoderSettings): string[] {
  const { encode, hdr, threads } = settings;
  const isHdr10 = hdr.masterDisplay !== null || hdr.maxCll !== null;
  const parameters = [
    "log-level=error",
    // Its note on the settings would make the headers of two machines differ.
    "info=0",
    `fps=${ratio(settings.nominalRate)}`,
    "open-gop=0",
    "repeat-headers=1",
    ...(encode.rate.mode === "lossless" ? ["lossless=1"] : []),
    ...(isHdr10 ? ["hdr10=1", "hdr10-opt=1"] : []),
    ...hdrParameters(hdr, "master-display", "max-cll"),
    ...(threads === null ? [] : [`pools=${boundedInteger(threads, 1, 512)}`]),
  ];
  return [
    ...["-preset", encode.effort],
    ...(encode.tune === "none" ? [] : ["-tune", encode.tune]),
    ...(encode.rate.mode === "lossless" ? [] : rateArguments(encode, "-crf")),
    ...["-g", String(keyframeDistance(settings)), "-forced-idr", "1"],
    ...["-x265-params", parameters.join(":")],
  ];
}

/** SVT-AV1's 0 to 13, of which 12 and up are for live use. */
const svtPresets: Readonly<Record<Effort, number>> = {
  ultrafast: 12,
  veryfast: 10,
  fast: 8,
  medium: 6,
  slow: 5,
  slower: 3,
};

function svtAv1Arguments(settings: EncoderSettings): string[] {
  const { encode, hdr, nominalRate, threads } = settings;
  const parameters = [
    `fps-num=${boundedInteger(nominalRate.numerator, 1, 1_000_000)}`,
    `fps-denom=${boundedInteger(nominalRate.denominator, 1, 1_000_000)}`,
    ...(hdr.masterDisplay === null
      ? []
      : [`mastering-display=${decimalMasterDisplay(hdr.masterDisplay)}`]),
    ...(hdr.maxCll === null ? [] : [`content-light=${checkedCll(hdr.maxCll)}`]),
    ...(threads === null ? [] : [`lp=${boundedInteger(threads, 1, 512)}`]),
  ];
  return [
    ...["-preset", String(svtPresets[encode.effort])],
    // It takes a ceiling only together with a constant quality.
    ...rateArguments(encode, "-crf").slice(0, 2),
    ...["-g", String(keyframeDistance(settings)), "-flags", "+cgop"],
    ...["-svtav1-params", parameters.join(":")],
  ];
}

const vp9Speeds: Readonly<Record<Effort, readonly [string, number]>> = {
  ultrafast: ["realtime", 8],
  veryfast: ["good", 5],
  fast: ["good", 4],
  medium: ["good", 2],
  slow: ["good", 1],
  slower: ["good", 0],
};

function vp9Arguments(settings: EncoderSettings): string[] {
  const { encode } = settings;
  const [deadline, speed] = vp9Speeds[encode.effort];
  return [
    ...["-deadline", deadline, "-cpu-used", String(speed), "-row-mt", "1"],
    ...(encode.rate.mode === "lossless"
      ? ["-lossless", "1"]
      : rateArguments(encode, "-crf")),
    // Without it libvpx takes ffmpeg's default bitrate as a ceiling.
    ...(encode.rate.mode === "quality" ? ["-b:v", "0"] : []),
    ...["-g", String(keyframeDistance(settings))],
  ];
}

/** Quality or bitrate; the other modes are the encoder's own or the planner's. */
function rateArguments(
  { encoder, rate }: EncoderSettings["encode"],
  qualityOption: string,
): string[] {
  switch (rate.mode) {
    case "quality":
      return [qualityOption, qualityValue(encoder, rate.quality)];
    case "bitrate":
      return bitrateArguments(rate.kilobitsPerSecond);
    case "size":
    case "lossless":
    case "profile":
      throw refused(`${encoder} with rate mode ${rate.mode}`);
    default:
      return unreachable(rate);
  }
}

function masteringProfile({ encode }: EncoderSettings): string {
  const { rate, encoder } = encode;
  if (rate.mode === "profile") {
    const known = encoderTraits[encoder].profiles.find(
      (profile) => profile === rate.profile,
    );
    if (known !== undefined) return known;
  }
  throw refused(`${encoder} without a profile of its own`);
}

function fieldFlags({ fields }: EncoderSettings, flags: string): string[] {
  return fields === null ? [] : ["-flags", flags];
}

function hdrParameters(
  hdr: HdrFacts,
  display: string,
  light: string,
): string[] {
  const { masterDisplay, maxCll } = hdr;
  return [
    ...(masterDisplay === null
      ? []
      : [`${display}=${checkedDisplay(masterDisplay)}`]),
    ...(maxCll === null ? [] : [`${light}=${checkedCll(maxCll)}`]),
  ];
}

/** SVT-AV1 wants decimals where x265 has 1/50000 and 1/10000 steps (its Docs/Parameters.md). */
function decimalMasterDisplay(masterDisplay: string): string {
  return checkedDisplay(masterDisplay).replace(
    /([GBRWPL]+)\((\d+),(\d+)\)/g,
    (_, name: string, first: string, second: string) => {
      const steps = name === "L" ? 10_000 : 50_000;
      const decimal = (text: string): string => String(Number(text) / steps);
      return `${name}(${decimal(first)},${decimal(second)})`;
    },
  );
}

function checkedDisplay(text: string): string {
  if (!masterDisplayPattern.test(text)) throw refused("mastering display");
  return text;
}

function checkedCll(text: string): string {
  if (!maxCllPattern.test(text)) throw refused("content light level");
  return text;
}
