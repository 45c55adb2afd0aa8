/**
 * The model behind bitrates and target sizes, and its fit to what was encoded:
 * bytes(range, q) = ratio * analysed(range) * 2^((q0 - q) / halvingStep).
 */
import { bytesWithin, refinedProfile, totalBytes } from "./analysis-profile.ts";
import type { AnalysisProfile, SizedRange } from "./analysis-profile.ts";
import type { QualityScale } from "./encoder-traits.ts";
import type { FrameRange } from "./scheduler/events.ts";

/** An encoded piece at the real effort. */
export interface EncodedPiece extends SizedRange {
  readonly quality: number;
}

/** A segment at work: its size is not known yet. */
export interface RunningPiece extends FrameRange {
  readonly quality: number;
}

export interface SizeControl {
  readonly scale: QualityScale;
  /** Bytes of the whole video, without its container. */
  readonly targetBytes: number;
  readonly framesPerSecond: number;
  /** What the analysis found. */
  readonly analysis: AnalysisProfile;
  /** The same, with what the last samples showed of their pieces. */
  readonly profile: AnalysisProfile;
  readonly analysisQuality: number;
  readonly samples: readonly EncodedPiece[];
  readonly finished: readonly EncodedPiece[];
  /** By the caller's key of the attempt. */
  readonly running: ReadonlyMap<string, RunningPiece>;
  /** The quality for the whole film, found before its encode; not rounded to the scale. */
  readonly quality: number;
  readonly ratio: number;
  readonly halvingStep: number;
}

/** Measured slopes outside of these multiples of the usual one are noise. Grain is steep, drawings are flat. */
const slopeBounds = { min: 0.2, max: 4 };

/** Solves for the one quality, with slope and ratio as the samples tell. */
export function solved(before: SizeControl): SizeControl {
  const control = {
    ...before,
    halvingStep: measuredHalvingStep(before),
    profile: before.analysis,
  };
  const samples = lastRound(control);
  const ratio =
    samples.length === 0 ? control.ratio : meanRatio(control, samples);
  // A sampled piece is known better than by the mean of all.
  const profile = refinedProfile(
    control.analysis,
    samples.map(({ startFrame, endFrame, quality, bytes }) => ({
      startFrame,
      endFrame,
      bytes: bytes / (ratio * bytesFactor(control, quality)),
    })),
  );
  const quality =
    control.analysisQuality +
    control.halvingStep *
      Math.log2((ratio * totalBytes(profile)) / control.targetBytes);
  const { min, max } = control.scale;
  return {
    ...control,
    ratio,
    profile,
    quality: Math.min(max, Math.max(min, quality)),
  };
}

/** The full round of samples that came nearest to the target: there the model errs least. */
export function lastRound(control: SizeControl): readonly EncodedPiece[] {
  const [nearest] = roundsByDistance(control);
  return control.samples.filter((sample) => sample.quality === nearest);
}

/** The qualities of the rounds of samples, in their order. */
export function sampledQualities({ samples }: SizeControl): number[] {
  return [...new Set(samples.map(({ quality }) => quality))];
}

/** The qualities of the rounds, the one whose bytes come nearest to the target first. */
function roundsByDistance(control: SizeControl): number[] {
  const qualities = sampledQualities(control);
  // The first round is smaller, and only finds the neighbourhood.
  const full = qualities.length > 1 ? qualities.slice(1) : qualities;
  const distance = new Map(
    full.map((quality) => [quality, Math.abs(halvingsAbove(control, quality))]),
  );
  return full.sort((a, b) => distance.get(a)! - distance.get(b)!);
}

/** How many halvings the film would be above its target, as a round's samples tell. */
function halvingsAbove(control: SizeControl, quality: number): number {
  const pieces = control.samples.filter((sample) => sample.quality === quality);
  const ratio = meanRatio(control, pieces) * bytesFactor(control, quality);
  return Math.log2(
    (ratio * totalBytes(control.analysis)) / control.targetBytes,
  );
}

/**
 * The slope between the round nearest to the target and another: best one on
 * the other side of the target, because bytes follow quality in a curve.
 */
function measuredHalvingStep(control: SizeControl): number {
  const { scale } = control;
  const [nearest] = roundsByDistance(control);
  if (nearest === undefined) return control.halvingStep;
  const above = halvingsAbove(control, nearest);
  // Too near to each other, noise would be taken for a slope.
  const others = sampledQualities(control)
    .filter((quality) => Math.abs(quality - nearest) >= scale.halvingStep / 12)
    .sort((a, b) => Math.abs(a - nearest) - Math.abs(b - nearest));
  const other =
    others.find((quality) => quality > nearest === above > 0) ?? others[0];
  if (other === undefined) return control.halvingStep;
  const step = (other - nearest) / halvingsBetween(control, nearest, other);
  if (!Number.isFinite(step) || step <= 0) return control.halvingStep;
  return Math.min(
    slopeBounds.max * scale.halvingStep,
    Math.max(slopeBounds.min * scale.halvingStep, step),
  );
}

/** By how many halvings the pieces that two rounds share are larger in the first. */
function halvingsBetween(
  { samples }: SizeControl,
  first: number,
  second: number,
): number {
  let [larger, smaller] = [0, 0];
  for (const piece of samples.filter(({ quality }) => quality === first)) {
    const again = samples.find(
      ({ quality, startFrame }) =>
        quality === second && startFrame === piece.startFrame,
    );
    if (again === undefined) continue;
    larger += piece.bytes;
    smaller += again.bytes;
  }
  return Math.log2(larger / smaller);
}

/** Mean of actual over modelled bytes, each sample counting for the share of the film it stands for. */
function meanRatio(
  control: SizeControl,
  pieces: readonly EncodedPiece[],
): number {
  const share = totalBytes(control.analysis) / pieces.length;
  let [ratios, weights] = [0, 0];
  const isAll = pieces.length >= control.analysis.bounds.length - 1;
  for (const piece of pieces) {
    const analysed = Math.max(1, bytesWithin(control.analysis, piece));
    const weight = isAll ? analysed : Math.max(1, analysed / share);
    const modelled = analysed * bytesFactor(control, piece.quality);
    ratios += (weight * piece.bytes) / modelled;
    weights += weight;
  }
  return ratios / weights;
}

/** How much of the film's bytes the samples tell of, 0 to 1. */
export function shareSampled(control: SizeControl): number {
  const { analysis } = control;
  const sampled = sum(lastRound(control), (piece) =>
    bytesWithin(analysis, piece),
  );
  return Math.min(1, sampled / totalBytes(analysis));
}

/** What the analysis and the slope let a piece weigh; times the ratio it is bytes. */
export function modelledBytes(
  control: SizeControl,
  piece: FrameRange & { readonly quality: number },
): number {
  return (
    bytesWithin(control.profile, piece) * bytesFactor(control, piece.quality)
  );
}

/** Bytes at a quality over those at the analysis' quality. */
export function bytesFactor(control: SizeControl, quality: number): number {
  return 2 ** ((control.analysisQuality - quality) / control.halvingStep);
}

/** What the items amount to together. */
export function sum<T>(
  items: readonly T[],
  value: (item: T) => number,
): number {
  return items.reduce((total, item) => total + value(item), 0);
}
