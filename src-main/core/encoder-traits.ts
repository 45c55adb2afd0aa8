/** What each encoder can do, as far as a recipe is concerned: one table for checking, planning and size control. */
import { dnxhrProfiles, proresProfiles } from "./recipe.ts";
import type {
  MasteringProfile,
  PixelFormat,
  Tune,
  VideoEncoder,
} from "./recipe.ts";

export type VideoCodec =
  "h264" | "hevc" | "av1" | "vp9" | "prores" | "dnxhd" | "ffv1";

export type ConcretePixelFormat = Exclude<PixelFormat, "source">;

/** The encoder's constant-quality scale. Lower is always better in a recipe. */
export interface QualityScale {
  readonly min: number;
  readonly max: number;
  /** Smallest difference the encoder takes; 1 for integer scales. */
  readonly step: number;
  /** A good starting value for 1080p, near the values HandBrake recommends. */
  readonly usual: number;
  /** How much the value must rise to halve the size, as a first guess. */
  readonly halvingStep: number;
}

export interface EncoderTraits {
  /** ffmpeg's name of the codec it makes. */
  readonly codec: VideoCodec;
  /** Null: the encoder has no such scale (mastering and lossless codecs). */
  readonly quality: QualityScale | null;
  readonly lossless: boolean;
  readonly profiles: readonly MasteringProfile[];
  readonly pixelFormats: readonly ConcretePixelFormat[];
  readonly tunes: readonly Tune[];
  /** Takes pictures of odd width or height also with subsampled chroma. */
  readonly oddSizes: boolean;
  /** Can store two fields as such; others see woven fields as one picture. */
  readonly interlaced: boolean;
}

const allFormats = [
  "yuv420p",
  "yuv420p10le",
  "yuv422p",
  "yuv422p10le",
  "yuv444p",
  "yuv444p10le",
] as const satisfies readonly ConcretePixelFormat[];
const only420 = ["yuv420p"] as const;
const upTo10Bit420 = ["yuv420p", "yuv420p10le"] as const;

/** CRF-like scales of H.264 and HEVC: six steps double the size (the quantiser doubles every six). */
const crf51 = (usual: number, step = 0.1): QualityScale => ({
  min: 0,
  max: 51,
  step,
  usual,
  halvingStep: 6,
});

const software: EncoderTraits = {
  codec: "h264",
  quality: crf51(22),
  lossless: true,
  profiles: [],
  pixelFormats: allFormats,
  tunes: ["none", "film", "animation", "grain"],
  oddSizes: false,
  interlaced: true,
};

const hardware = (
  codec: VideoCodec,
  quality: QualityScale,
  pixelFormats: readonly ConcretePixelFormat[],
): EncoderTraits => ({
  codec,
  quality,
  lossless: false,
  profiles: [],
  pixelFormats,
  tunes: ["none"],
  oddSizes: false,
  interlaced: false,
});

/** VideoToolbox counts 1 to 100 with the best at 100; a recipe has it turned round, `100 - value`. */
const videoToolboxScale: QualityScale = {
  min: 0,
  max: 99,
  step: 1,
  usual: 42,
  halvingStep: 16,
};
/** VAAPI and AMF give AV1's quantiser index, 0 to 255. */
const av1IndexScale: QualityScale = {
  min: 1,
  max: 255,
  step: 1,
  usual: 120,
  halvingStep: 40,
};

export const encoderTraits: Readonly<Record<VideoEncoder, EncoderTraits>> = {
  x264: software,
  x265: {
    ...software,
    codec: "hevc",
    quality: crf51(24),
    tunes: ["none", "animation", "grain"],
    // ffmpeg does not tell x265 about fields.
    interlaced: false,
  },
  "svt-av1": {
    ...software,
    codec: "av1",
    quality: { min: 1, max: 63, step: 1, usual: 30, halvingStep: 10 },
    lossless: false,
    pixelFormats: upTo10Bit420,
    tunes: ["none"],
    interlaced: false,
  },
  vp9: {
    ...software,
    codec: "vp9",
    quality: { min: 0, max: 63, step: 1, usual: 31, halvingStep: 10 },
    tunes: ["none"],
    oddSizes: true,
    interlaced: false,
  },
  prores: {
    ...software,
    codec: "prores",
    quality: null,
    lossless: false,
    profiles: proresProfiles,
    pixelFormats: ["yuv422p10le"],
    tunes: ["none"],
  },
  dnxhr: {
    ...software,
    codec: "dnxhd",
    quality: null,
    lossless: false,
    profiles: dnxhrProfiles,
    pixelFormats: ["yuv422p", "yuv422p10le"],
    tunes: ["none"],
    interlaced: false,
  },
  ffv1: {
    ...software,
    codec: "ffv1",
    quality: null,
    tunes: ["none"],
    oddSizes: true,
  },
  "h264-nvenc": hardware("h264", crf51(24), ["yuv420p", "yuv444p"]),
  "hevc-nvenc": hardware("hevc", crf51(26), [
    "yuv420p",
    "yuv420p10le",
    "yuv444p",
    "yuv444p10le",
  ]),
  "av1-nvenc": hardware("av1", crf51(30), upTo10Bit420),
  "h264-qsv": hardware("h264", { ...crf51(23, 1), min: 1 }, only420),
  "hevc-qsv": hardware("hevc", { ...crf51(25, 1), min: 1 }, upTo10Bit420),
  "av1-qsv": hardware("av1", { ...crf51(28, 1), min: 1 }, upTo10Bit420),
  "h264-vaapi": hardware("h264", { ...crf51(23, 1), min: 1 }, only420),
  "hevc-vaapi": hardware("hevc", { ...crf51(25, 1), min: 1 }, upTo10Bit420),
  "av1-vaapi": hardware("av1", av1IndexScale, upTo10Bit420),
  "h264-amf": hardware("h264", crf51(23, 1), only420),
  "hevc-amf": hardware("hevc", crf51(25, 1), upTo10Bit420),
  "av1-amf": hardware("av1", av1IndexScale, upTo10Bit420),
  "h264-videotoolbox": hardware("h264", videoToolboxScale, only420),
  "hevc-videotoolbox": hardware("hevc", videoToolboxScale, upTo10Bit420),
};

/** The DNxHR profiles fix the depth: HQX is 10 bit, the others 8 bit (SMPTE VC-3). */
export function profilePixelFormats(
  profile: MasteringProfile,
  encoder: VideoEncoder,
): readonly ConcretePixelFormat[] {
  if (encoder !== "dnxhr") return encoderTraits[encoder].pixelFormats;
  return profile === "hqx" ? ["yuv422p10le"] : ["yuv422p"];
}
