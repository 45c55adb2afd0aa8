/** An encoder's scale of constant quality, as the control of sizes moves on it. */
import { assert } from "./assert.ts";
import { encoderTraits } from "./encoder-traits.ts";
import type { QualityScale } from "./encoder-traits.ts";
import type { VideoEncoder } from "./recipe.ts";

/** Bits per pixel around which encoders end up at their usual quality, by codec. */
const usualBitsPerPixel: Readonly<Record<string, number>> = {
  h264: 0.08,
  hevc: 0.05,
  av1: 0.04,
  vp9: 0.05,
};

/** The scale of an encoder whose size can be controlled. */
export function controllableScale(encoder: VideoEncoder): QualityScale {
  const { quality } = encoderTraits[encoder];
  assert(quality !== null, `${encoder} has no quality scale`);
  return quality;
}

/**
 * A first guess of the quality, for the analysis: from the bits per pixel asked
 * for. Being some halvings off costs a round of samples, not accuracy.
 */
export function startingQuality(
  encoder: VideoEncoder,
  picture: { readonly width: number; readonly height: number },
  frames: number,
  targetBytes: number,
): number {
  const scale = controllableScale(encoder);
  const pixels = picture.width * picture.height * Math.max(1, frames);
  const usual = usualBitsPerPixel[encoderTraits[encoder].codec] ?? 0.06;
  const halvings = Math.log2((usual * pixels) / (8 * Math.max(1, targetBytes)));
  const bounded = Math.min(2.5, Math.max(-2.5, halvings));
  return onScale(scale, scale.usual + bounded * scale.halvingStep);
}

/** The nearest value the encoder takes. */
export function onScale(
  { min, max, step }: QualityScale,
  quality: number,
): number {
  // Tenths and the like are not exact in binary; counting steps is.
  const rounded = Math.round(quality / step) / (1 / step);
  return Math.min(max, Math.max(min, rounded));
}
