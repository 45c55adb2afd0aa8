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
  spreadRanges,
  totalBytes,
  wholeRange,
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

/** Long enough that the first keyframe of a sample weighs as little as in a segment. */
const sampleS = 8;
/** One sample for so much film, within bounds: about an eighth of a clip, a hundredth of a film. */
const filmPerSampleS = 30;
const minSamples = 3;
const maxSamples = 16;
/** A second round of samples pays off when the first one moved the quality by more than this share of a halving. */
const settledShare = 1 / 20;
/** How far `nextQuality` may leave the solved quality, as a share of a halving: 1.5 of CRF, hardly visible. */
const maxDriftShare = 1 / 4;
/** Corrections aim at this band around the target, not at its middle: evenness counts more. */
const toleratedShare = 0.004;
/** Measured slopes outside of these multiples of the usual one are noise. */
const slopeBounds = { min: 0.5, max: 2.5 };

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
  return solved({
    scale,
    targetBytes: start.targetBytes,
    framesPerSecond: start.framesPerSecond,
    profile: analysisProfile(start.analysed),
    analysisQuality: start.analysisQuality,
    samples: [],
    finished: [],
    running: new Map(),
    quality: start.analysisQuality,
    ratio: 1,
    halvingStep: scale.halvingStep,
  });
}

/** The ranges to encode next at the real effort and `sampleQuality`; the same in every round. */
export function sampleRanges(control: SizeControl): FrameRange[] {
  const { startFrame, endFrame } = wholeRange(control.profile);
  const filmS = (endFrame - startFrame) / control.framesPerSecond;
  const count = Math.min(
    maxSamples,
    Math.max(minSamples, Math.round(filmS / filmPerSampleS)),
  );
  const frames = Math.round(sampleS * control.framesPerSecond);
  // A clip shorter than its samples is its own sample.
  if (count * frames >= endFrame - startFrame)
    return [{ startFrame, endFrame }];
  return spreadRanges(control.profile, count, Math.max(1, frames));
}

/** The quality of the next round of samples, on the encoder's scale. */
export function sampleQuality(control: SizeControl): number {
  const rounded = onScale(control.scale, control.quality);
  const tried = control.samples.at(-1)?.quality;
  if (tried !== rounded) return rounded;
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
 * `sampleQuality` is worth its time; never more than three rounds.
 */
export function isSettled(control: SizeControl): boolean {
  const rounds = new Set(control.samples.map(({ quality }) => quality));
  if (rounds.size === 0) return false;
  if (rounds.size >= 3) return true;
  const nearest = Math.min(
    ...[...rounds].map((quality) => Math.abs(quality - control.quality)),
  );
  const near = Math.max(
    control.halvingStep * settledShare,
    control.scale.step / 2,
  );
  return nearest <= (rounds.size === 1 ? near : 3 * near);
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
  const slack = toleratedShare * targetBytes;
  const wanted = Math.min(
    Math.max(control.quality, qualityFor(targetBytes + slack)),
    qualityFor(targetBytes - slack),
  );
  const drift = maxDriftShare * halvingStep;
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
function solved(control: SizeControl): SizeControl {
  const halvingStep = measuredHalvingStep(control);
  const nearest = nearestRound(control);
  const ratio =
    nearest.length === 0
      ? control.ratio
      : meanRatio({ ...control, halvingStep }, nearest);
  const quality =
    control.analysisQuality +
    halvingStep *
      Math.log2((ratio * totalBytes(control.profile)) / control.targetBytes);
  const { min, max } = control.scale;
  return {
    ...control,
    halvingStep,
    ratio,
    quality: Math.min(max, Math.max(min, quality)),
  };
}

/** The samples nearest to the quality looked for: there the model errs least. */
function nearestRound(control: SizeControl): readonly EncodedPiece[] {
  const last = control.samples.at(-1);
  if (last === undefined) return [];
  return control.samples.filter(({ quality }) => quality === last.quality);
}

/** From two rounds of the same samples at different qualities: the slope between the last two. */
function measuredHalvingStep(control: SizeControl): number {
  const { samples, scale } = control;
  const qualities = [...new Set(samples.map(({ quality }) => quality))];
  const [a, b] = [qualities.at(-1), qualities.at(-2)];
  if (a === undefined || b === undefined) return control.halvingStep;
  const halvings = Math.log2(sizeAt(samples, b) / sizeAt(samples, a));
  const step = (a - b) / halvings;
  if (!Number.isFinite(step) || step <= 0) return control.halvingStep;
  return Math.min(
    slopeBounds.max * scale.halvingStep,
    Math.max(slopeBounds.min * scale.halvingStep, step),
  );
}

function sizeAt(samples: readonly EncodedPiece[], quality: number): number {
  return samples
    .filter((sample) => sample.quality === quality)
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Mean of actual over modelled bytes; every sample stands for the same share of the film. */
function meanRatio(
  control: SizeControl,
  pieces: readonly EncodedPiece[],
): number {
  const ratios = pieces.map(
    (piece) => piece.bytes / Math.max(1, modelledBytes(control, piece)),
  );
  return ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
}

/**
 * The samples' ratio, drawn towards what the finished segments show as they
 * come to cover more of the film than the samples did.
 */
function presentRatio(control: SizeControl): number {
  const { finished, samples } = control;
  if (finished.length === 0) return control.ratio;
  const actual = finished.reduce((sum, { bytes }) => sum + bytes, 0);
  const modelled = finished.reduce(
    (sum, piece) => sum + modelledBytes(control, piece),
    0,
  );
  const sampled = nearestRound({ ...control, samples }).reduce(
    (sum, piece) => sum + modelledBytes(control, piece),
    0,
  );
  return (control.ratio * sampled + actual) / (sampled + modelled);
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
