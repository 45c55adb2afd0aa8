/** An encoder's quality scale in words: each word is half or twice the size of its neighbour's. */
import { encoderTraits } from "../../../src-main/core/encoder-traits.ts";
import { onScale } from "../../../src-main/core/quality-scale.ts";
import type { VideoEncoder } from "../../../src-main/core/recipe.ts";

/** From largest to smallest. */
export const qualityWords = ["best", "high", "good", "small", "tiny"] as const;
export type QualityWord = (typeof qualityWords)[number];

/** How many times the usual size is doubled, in words' middles. */
const doublings: Readonly<Record<QualityWord, number>> = {
  best: 1,
  high: 0.5,
  good: 0,
  small: -0.5,
  tiny: -1,
};

/** The encoder's own number for a word; null where it has no such scale. */
export function qualityOf(
  word: QualityWord,
  encoder: VideoEncoder,
): number | null {
  const scale = encoderTraits[encoder].quality;
  return scale === null
    ? null
    : onScale(scale, scale.usual - doublings[word] * scale.halvingStep);
}

/** The word nearest to an encoder's number. */
export function qualityWord(
  quality: number,
  encoder: VideoEncoder,
): QualityWord {
  const scale = encoderTraits[encoder].quality;
  if (scale === null) return "best";
  const value = (scale.usual - quality) / scale.halvingStep;
  const off = (word: QualityWord): number => Math.abs(doublings[word] - value);
  return qualityWords.reduce((nearest, word) =>
    off(word) < off(nearest) ? word : nearest,
  );
}
