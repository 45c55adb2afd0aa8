/** What a recipe does, in phrases for people. The exact settings stand behind them. */
import type { Recipe, VideoEncode } from "../../../src-main/core/recipe.ts";
import type { MessageKey } from "../../messages/en.ts";
import { audioNames, encoderName } from "./codec-names.ts";
import { qualityWord } from "./quality-words.ts";

export interface Phrase {
  readonly key: MessageKey;
  readonly values?: Readonly<Record<string, string | number>>;
}

export function pictureWords({ video }: Recipe): readonly Phrase[] {
  if (video.kind === "none") return [{ key: "presets.picture-none" }];
  if (video.kind === "copy") return [{ key: "presets.picture-copy" }];
  return [
    { key: "presets.said", values: { text: encoderName(video.encoder) } },
    rateWords(video),
    ...filterWords(video),
  ];
}

export function soundWords({ audio, audioTracks }: Recipe): readonly Phrase[] {
  if (audio.kind === "none") return [{ key: "presets.sound-none" }];
  const tracks: Phrase = { key: `presets.tracks-${audioTracks}` };
  if (audio.kind === "copy") return [{ key: "presets.sound-copy" }, tracks];
  return [
    { key: "presets.said", values: { text: audioNames[audio.encoder] } },
    ...(audio.channels === "source"
      ? []
      : [{ key: `presets.channels-${audio.channels}` } as const]),
    ...(audio.copyWhenPossible
      ? [{ key: "presets.copied-when-possible" } as const]
      : []),
    tracks,
  ];
}

export function fileWords(recipe: Recipe): readonly Phrase[] {
  const { container, subtitles, chapters, fastStart } = recipe;
  return [
    { key: "presets.said", values: { text: container.toUpperCase() } },
    ...(fastStart ? [{ key: "presets.starts-fast" } as const] : []),
    { key: `presets.subtitles-${subtitles}` },
    ...(chapters === "none" ? [{ key: "presets.chapters-none" } as const] : []),
  ];
}

/** `video.rate.quality` → `22`: every setting, exactly. */
export function exactSettings(
  recipe: Recipe,
): readonly { readonly path: string; readonly value: string }[] {
  const list: { path: string; value: string }[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value === "object" && value !== null)
      for (const [key, part] of Object.entries(value))
        walk(part, path === "" ? key : `${path}.${key}`);
    else list.push({ path, value: String(value) });
  };
  walk(recipe, "");
  return list;
}

function rateWords({ encoder, rate }: VideoEncode): Phrase {
  switch (rate.mode) {
    case "quality":
      return {
        key: `presets.quality-${qualityWord(rate.quality, encoder)}`,
      };
    case "bitrate":
      return {
        key: "presets.rate-of",
        values: { rate: rate.kilobitsPerSecond },
      };
    case "size":
      return { key: "presets.size-of", values: { size: rate.megabytes } };
    case "lossless":
      return { key: "presets.rate-lossless" };
    default:
      return { key: "presets.profile-of", values: { name: rate.profile } };
  }
}

function filterWords({ filters }: VideoEncode): readonly Phrase[] {
  const { fit, frameRate, deinterlace, denoise, tonemap, crop, burnSubtitle } =
    filters;
  const words: Phrase[] = [];
  if (fit !== null)
    words.push({
      key: "presets.at-most",
      values: { width: fit.maxWidth, height: fit.maxHeight },
    });
  if (frameRate.mode === "constant")
    words.push({
      key: "presets.frames-per-second",
      values: { rate: framesPerSecond(frameRate) },
    });
  if (deinterlace !== "off")
    words.push({ key: `presets.does-deinterlace-${deinterlace}` });
  if (tonemap !== "off") words.push({ key: "presets.does-tonemap" });
  if (denoise !== "off") words.push({ key: "presets.does-denoise" });
  if (crop !== null) words.push({ key: "presets.does-crop" });
  if (burnSubtitle !== null) words.push({ key: "presets.does-burn" });
  return words;
}

/** 24000/1001 → 23.976 */
export function framesPerSecond(rate: {
  readonly numerator: number;
  readonly denominator: number;
}): number {
  return Math.round((rate.numerator / rate.denominator) * 1000) / 1000;
}
