/** The passes before an encode whose size is asked for: what to encode in them, and when they suffice. */
import { spreadPieces } from "./analysis-profile.ts";
import { onScale } from "./quality-scale.ts";
import type { VideoEncode } from "./recipe.ts";
import type { FrameRange } from "./scheduler/events.ts";
import { lastRound, sampledQualities } from "./size-model.ts";
import type { SizeControl } from "./size-model.ts";

/** Pieces of the analysis: short, because samples are whole pieces; not shorter, because of their first keyframes. */
export const analysisPieceS = 8;

/** A clip of up to two minutes is sampled whole, a film of two hours in a fortieth of it. */
const maxSamples = 24;

const samplesPerPiece = { base: 4, share: 0.75 };

/** The first round only finds the neighbourhood. */
const firstRoundShare = 1 / 3;

const minSamples = 3;

/** The last samples must have been taken within this share of a halving of the quality they led to. */
const settledShare = 0.15;

const maxRounds = 5;

/** The encode of the analysis: the same pictures, cheaply, at a fixed quality. */
export function analysisEncode(
  encode: VideoEncode,
  quality: number,
): VideoEncode {
  return {
    ...encode,
    effort: "veryfast",
    rate: { mode: "quality", quality },
  };
}

/**
 * How long the pieces of the analysis are where segments of `wishedS` are asked
 * for: about `analysisPieceS`, and a whole number of such segments, so that a
 * sampled piece has as many first keyframes as the encode has there.
 */
export function analysisSegmentS(wishedS: number | null): number {
  if (wishedS === null || wishedS >= analysisPieceS) return analysisPieceS;
  return wishedS * Math.round(analysisPieceS / wishedS);
}

/** How long the segments of samples are: as the encode's own, where those are short. */
export function sampleSegmentS(wishedS: number | null): number {
  return Math.min(analysisPieceS, wishedS ?? analysisPieceS);
}

/**
 * The ranges of the analysis: `frames` in pieces of about `analysisPieceS`,
 * which a scheduler is not to make longer.
 */
export function analysisRanges(
  frames: number,
  framesPerSecond: number,
  pieceS = analysisPieceS,
): FrameRange[] {
  const count = Math.max(1, Math.round(frames / (framesPerSecond * pieceS)));
  const bound = (piece: number) => Math.round((piece * frames) / count);
  return Array.from({ length: Math.min(count, frames) }, (_, piece) => ({
    startFrame: bound(piece),
    endFrame: bound(piece + 1),
  }));
}

/** The ranges to encode next at the real effort and `sampleQuality`: pieces of the analysis. */
export function sampleRanges(control: SizeControl): FrameRange[] {
  const pieces = control.profile.bounds.length - 1;
  const full = Math.min(
    maxSamples,
    Math.round(samplesPerPiece.base + samplesPerPiece.share * pieces),
  );
  const count =
    control.samples.length === 0
      ? Math.max(minSamples, Math.round(full * firstRoundShare))
      : full;
  return spreadPieces(control.analysis, count);
}

/** The quality of the next round of samples, on the encoder's scale. */
export function sampleQuality(control: SizeControl): number {
  const rounded = onScale(control.scale, control.quality);
  if (!sampledQualities(control).includes(rounded)) return rounded;
  // Integer scales: the neighbour on the other side of what is looked for.
  const step = control.quality > rounded ? 1 : -1;
  return onScale(control.scale, rounded + step * control.scale.step);
}

/**
 * Whether the encode can begin. If not, one more round of samples at
 * `sampleQuality` is worth its time; never more than `maxRounds`.
 */
export function isSettled(control: SizeControl): boolean {
  const rounds = sampledQualities(control);
  if (rounds.length >= maxRounds) return true;
  if (rounds.length < 2) return false;
  // Integer scales: both neighbours are known, another round would only repeat one.
  if (rounds.includes(sampleQuality(control))) return true;
  const distance = Math.abs(lastRound(control)[0]!.quality - control.quality);
  return (
    distance <=
    Math.max(control.halvingStep * settledShare, control.scale.step / 2)
  );
}
