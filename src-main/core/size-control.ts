/**
 * Bitrate and target size by constant quality: one quality for the whole film
 * that gives the size asked for, so that quality is even everywhere and every
 * segment can be encoded on its own (media.md section 3).
 *
 * 1. Analysis: the whole film at a cheap effort and a guessed quality gives the
 *    bytes over time (`beginSizeControl`).
 * 2. Calibration: a few samples at the real effort and the quality solved so
 *    far (`sampleRanges`, `withSamples`), once or twice: what the real effort
 *    makes of the cheap one's bytes, and how bytes follow quality.
 * 3. Encode: each segment gets `nextQuality`, which leaves the solved quality
 *    only as far as the finished segments demand.
 *
 * Model: bytes(range, q) = ratio * analysed(range) * 2^((q0 - q) / halvingStep).
 */
import {
  analysisProfile,
  bytesWithin,
  refinedProfile,
  spreadPieces,
  totalBytes,
} from "./analysis-profile.ts";
import type { AnalysisProfile, SizedRange } from "./analysis-profile.ts";
import { assert } from "./assert.ts";
import { encoderTraits } from "./encoder-traits.ts";
import type { QualityScale } from "./encoder-traits.ts";
import type { VideoEncode, VideoEncoder } from "./recipe.ts";
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
/** How far `nextQuality` may leave the solved quality, as a share of a halving: 2 of CRF. */
const maxDriftShare = 1 / 3;
/** Corrections aim at this band around the target, not at its middle: evenness counts more. */
const toleratedShare = 0.004;
/** The same where samples told all: there only the slope can be a little off. */
const minDriftShare = 1 / 25;
/** Share of a piece's bytes by which a bound inside it can mislead. */
const edgeDoubtShare = 0.4;
/** Measured slopes outside of these multiples of the usual one are noise. Grain is steep, drawings are flat. */
const slopeBounds = { min: 0.2, max: 4 };

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

/** Takes up control with the results of the analysis, and solves for a first quality. */
export function beginSizeControl(start: {
  readonly encoder: VideoEncoder;
  readonly targetBytes: number;
  readonly framesPerSecond: number;
  readonly analysisQuality: number;
  readonly analysed: readonly SizedRange[];
}): SizeControl {
  const scale = controllableScale(start.encoder);
  assert(start.targetBytes > 0, "a target is positive");
  const analysis = analysisProfile(start.analysed);
  return solved({
    scale,
    targetBytes: start.targetBytes,
    framesPerSecond: start.framesPerSecond,
    analysis,
    profile: analysis,
    analysisQuality: start.analysisQuality,
    samples: [],
    finished: [],
    running: new Map(),
    quality: start.analysisQuality,
    ratio: 1,
    halvingStep: scale.halvingStep,
  });
}

/**
 * The ranges of the analysis: `frames` in pieces of about `analysisPieceS`,
 * which a scheduler is not to make longer.
 */
export function analysisRanges(
  frames: number,
  framesPerSecond: number,
): FrameRange[] {
  const count = Math.max(
    1,
    Math.round(frames / (framesPerSecond * analysisPieceS)),
  );
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

/** Takes in a round of samples (all of one quality) and solves again. */
export function withSamples(
  control: SizeControl,
  samples: readonly EncodedPiece[],
): SizeControl {
  return solved({ ...control, samples: [...control.samples, ...samples] });
}

/**
 * Whether the encode can begin. If not, one more round of samples at
 * `sampleQuality` is worth its time; never more than `maxRounds`.
 */
export function isSettled(control: SizeControl): boolean {
  const rounds = sampledQualities(control);
  if (rounds.length >= maxRounds) return true;
  if (rounds.length < 2) return false;
  const distance = Math.abs(lastRound(control)[0]!.quality - control.quality);
  return (
    distance <=
    Math.max(control.halvingStep * settledShare, control.scale.step / 2)
  );
}

/** Replaces the target, e.g. when the audio's size has become known. */
export function withTarget(
  control: SizeControl,
  targetBytes: number,
): SizeControl {
  assert(targetBytes > 0, "a target is positive");
  return { ...control, targetBytes };
}

/** Notes a segment given to a worker. Call it again when the range was shortened. */
export function withRunning(
  control: SizeControl,
  key: string,
  piece: RunningPiece,
): SizeControl {
  return { ...control, running: new Map(control.running).set(key, piece) };
}

/** Notes that an attempt ended; `bytes` null: without a result. */
export function withEnded(
  control: SizeControl,
  key: string,
  bytes: number | null,
): SizeControl {
  const piece = control.running.get(key);
  if (piece === undefined) return control;
  const running = new Map(control.running);
  running.delete(key);
  return bytes === null
    ? { ...control, running }
    : withFinished({ ...control, running }, { ...piece, bytes });
}

/** Notes a finished segment, also one found on disk after a restart. */
export function withFinished(
  control: SizeControl,
  piece: EncodedPiece,
): SizeControl {
  return { ...control, finished: [...control.finished, piece] };
}

/**
 * The quality for a range about to be encoded, on the encoder's scale. On
 * integer scales neighbours are mixed so that their mean is what was solved.
 */
export function nextQuality(control: SizeControl, range: FrameRange): number {
  const { scale, halvingStep, targetBytes } = control;
  const { analysed: coveredBytes, expected } = committed(control, range);
  const open = Math.max(
    bytesWithin(control.profile, range),
    totalBytes(control.profile) - coveredBytes,
  );
  const ratio = presentRatio(control);
  const qualityFor = (bytes: number): number =>
    control.analysisQuality +
    halvingStep * Math.log2((ratio * open) / Math.max(1, bytes - expected));
  const slack = toleratedShare * targetBytes + edgeDoubt(control, range);
  const wanted = Math.min(
    Math.max(control.quality, qualityFor(targetBytes + slack)),
    qualityFor(targetBytes - slack),
  );
  const drift = maxDrift(control);
  const bounded = Math.min(
    Math.max(wanted, control.quality - drift),
    control.quality + drift,
  );
  if (scale.step < 1) return onScale(scale, bounded);
  return mixedQuality(control, range, bounded, { ratio, open, expected });
}

/** Bytes the whole video will have, as far as is known now. */
export function expectedBytes(control: SizeControl): number {
  const { analysed, expected } = committed(control, null);
  const open = Math.max(0, totalBytes(control.profile) - analysed);
  return (
    expected +
    presentRatio(control) * open * bytesFactor(control, control.quality)
  );
}

/** Solves for the one quality, with slope and ratio as the samples tell. */
function solved(before: SizeControl): SizeControl {
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
function lastRound(control: SizeControl): readonly EncodedPiece[] {
  const [nearest] = roundsByDistance(control);
  return control.samples.filter((sample) => sample.quality === nearest);
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

function sampledQualities({ samples }: SizeControl): number[] {
  return [...new Set(samples.map(({ quality }) => quality))];
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

/**
 * The samples' ratio, drawn towards what the finished segments show as they
 * come to cover more of the film than the samples did. Samples of everything
 * leave nothing to be learnt.
 */
function presentRatio(control: SizeControl): number {
  const { finished, profile } = control;
  if (finished.length === 0) return control.ratio;
  const sampledShare = shareSampled(control);
  const prior =
    (totalBytes(profile) * sampledShare) / Math.max(0.02, 1 - sampledShare);
  const weight = sum(finished, (piece) => bytesWithin(profile, piece));
  const shown =
    sum(finished, ({ bytes }) => bytes) /
    sum(finished, (piece) => modelledBytes(control, piece));
  return (control.ratio * prior + shown * weight) / (prior + weight);
}

/**
 * How far the bytes of what is finished can be off only because its ends lie
 * inside pieces of the analysis, whose bytes need not be spread evenly. What
 * one side has too much the other has too little: no reason to correct.
 */
function edgeDoubt(control: SizeControl, next: FrameRange): number {
  const { bounds, before } = control.profile;
  const pieces = [...control.finished, ...control.running.values(), next].sort(
    (a, b) => a.startFrame - b.startFrame,
  );
  const edges: number[] = [];
  let end = bounds[0]!;
  for (const piece of pieces) {
    if (piece.startFrame > end) edges.push(end, piece.startFrame);
    end = Math.max(end, piece.endFrame);
  }
  edges.push(end);
  const factor =
    edgeDoubtShare * control.ratio * bytesFactor(control, control.quality);
  return sum(edges, (edge) => {
    const piece = bounds.findIndex((bound) => bound > edge) - 1;
    if (piece < 0 || bounds[piece] === edge) return 0;
    return factor * (before[piece + 1]! - before[piece]!);
  });
}

/** How far a segment's quality may leave the solved one: the less, the more is known. */
function maxDrift(control: SizeControl): number {
  const known = shareSampled(control);
  const share = maxDriftShare * (1 - known) + minDriftShare * known;
  // Mixing neighbours on a coarse scale needs room for rounding.
  return Math.max(share * control.halvingStep, control.scale.step / 2);
}

function shareSampled(control: SizeControl): number {
  const { analysis } = control;
  const sampled = sum(lastRound(control), (piece) =>
    bytesWithin(analysis, piece),
  );
  return Math.min(1, sampled / totalBytes(analysis));
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function modelledBytes(
  control: SizeControl,
  piece: FrameRange & { readonly quality: number },
): number {
  return (
    bytesWithin(control.profile, piece) * bytesFactor(control, piece.quality)
  );
}

function bytesFactor(control: SizeControl, quality: number): number {
  return 2 ** ((control.analysisQuality - quality) / control.halvingStep);
}

/** What is done or at work, but for `except`: its share of the analysis, and its bytes, expected where unknown. */
function committed(
  control: SizeControl,
  except: FrameRange | null,
): { analysed: number; expected: number } {
  const ratio = presentRatio(control);
  const counted = new Set<number>(except === null ? [] : [except.startFrame]);
  let analysed = 0;
  let expected = 0;
  const pieces = [
    ...control.finished,
    ...[...control.running.values()].map((piece) => ({
      ...piece,
      bytes: ratio * modelledBytes(control, piece),
    })),
  ];
  for (const piece of pieces) {
    // A duplicate begins where the attempt it doubles begins.
    if (counted.has(piece.startFrame)) continue;
    counted.add(piece.startFrame);
    analysed += bytesWithin(control.profile, piece);
    expected += piece.bytes;
  }
  return { analysed, expected };
}

/** The one of two neighbouring integers that brings the whole, with this range, nearer to the plan. */
function mixedQuality(
  control: SizeControl,
  range: FrameRange,
  wanted: number,
  known: { ratio: number; open: number; expected: number },
): number {
  const low = onScale(control.scale, Math.floor(wanted));
  const high = onScale(control.scale, Math.ceil(wanted));
  if (low === high) return low;
  const own = bytesWithin(control.profile, range);
  const rest = (known.open - own) * bytesFactor(control, wanted);
  const error = (quality: number): number =>
    Math.abs(
      known.expected +
        known.ratio * (own * bytesFactor(control, quality) + rest) -
        control.targetBytes,
    );
  return error(low) < error(high) ? low : high;
}

function onScale({ min, max, step }: QualityScale, quality: number): number {
  // Tenths and the like are not exact in binary; counting steps is.
  const rounded = Math.round(quality / step) / (1 / step);
  return Math.min(max, Math.max(min, rounded));
}
