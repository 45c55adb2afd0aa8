/** The recipes measured, and the same encodes by plain ffmpeg. */
import { encoderArguments } from "../../src-main/core/ffmpeg-arguments/encoder.ts";
import {
  noFilters,
  type AudioChoice,
  type Effort,
  type Fit,
  type Preset,
  type RateControl,
  type VideoEncode,
  type VideoEncoder,
} from "../../src-main/core/recipe.ts";
import { framesPerSecond } from "./bench-source.ts";

export interface RecipeWish {
  readonly encoder: VideoEncoder;
  readonly rate: RateControl;
  readonly effort: Effort;
  readonly audio: "aac" | "copy" | "none";
  readonly fit?: Fit;
}

const keyframeIntervalS = 10;
const aacKilobits = 160;

export function benchPreset(name: string, wish: RecipeWish): Preset {
  return {
    name,
    description: "For a measurement.",
    origin: "user",
    recipe: {
      container: "mkv",
      video: videoOf(wish),
      audio: audioOf(wish.audio),
      audioTracks: "all",
      subtitles: "keep",
      chapters: "keep",
      attachments: "keep",
      metadata: "keep",
      fastStart: false,
    },
  };
}

function videoOf({ encoder, rate, effort, fit }: RecipeWish): VideoEncode {
  return {
    kind: "encode",
    encoder,
    rate,
    effort,
    tune: "none",
    pixelFormat: "source",
    keyframeIntervalS,
    filters: { ...noFilters, fit: fit ?? null },
  };
}

function audioOf(audio: RecipeWish["audio"]): AudioChoice {
  if (audio !== "aac") return { kind: audio };
  return {
    kind: "encode",
    encoder: "aac",
    kilobitsPerSecond: aacKilobits,
    channels: "source",
    copyWhenPossible: false,
  };
}

/** The encoder's arguments exactly as a worker gets them. */
export function plainVideoArguments(
  wish: RecipeWish,
  threads: number | null,
): string[] {
  return encoderArguments({
    encode: videoOf(wish),
    threads,
    nominalRate: { numerator: framesPerSecond, denominator: 1 },
    fields: null,
    hdr: { masterDisplay: null, maxCll: null, dynamic: "none" },
  });
}

/** One ffmpeg for the whole file. */
export function plainArguments(
  wish: RecipeWish,
  source: string,
  output: string,
  threads: number | null = null,
): string[] {
  return [
    ...["-nostdin", "-v", "error", "-y", "-i", source, "-map", "0"],
    ...plainVideoArguments(wish, threads),
    ...(wish.audio === "aac"
      ? ["-c:a", "aac", "-b:a", `${String(aacKilobits)}k`]
      : wish.audio === "copy"
        ? ["-c:a", "copy"]
        : ["-an"]),
    output,
  ];
}
