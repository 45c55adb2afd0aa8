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
import { analysisProfile, asPieces } from "./analysis-profile.ts";
import type { SizedRange } from "./analysis-profile.ts";
import { assert } from "./assert.ts";
import { controllableScale } from "./quality-scale.ts";
import type { VideoEncoder } from "./recipe.ts";
import { solved } from "./size-model.ts";
import type { EncodedPiece, RunningPiece, SizeControl } from "./size-model.ts";

export {
  analysisEncode,
  analysisRanges,
  analysisSegmentS,
  isSettled,
  sampleQuality,
  sampleRanges,
  sampleSegmentS,
} from "./first-passes.ts";
export { expectedBytes, nextQuality } from "./next-quality.ts";
export { startingQuality } from "./quality-scale.ts";
export type { EncodedPiece, RunningPiece, SizeControl } from "./size-model.ts";

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
 * Takes in a round of samples (all of one quality) and solves again. They may
 * have been encoded in other ranges than `sampleRanges` gave.
 */
export function withSamples(
  control: SizeControl,
  samples: readonly EncodedPiece[],
): SizeControl {
  const { quality } = samples[0] ?? { quality: control.quality };
  const pieces = asPieces(control.analysis, samples);
  assert(pieces.length > 0, "a round of samples has whole pieces");
  return solved({
    ...control,
    samples: [
      ...control.samples,
      ...pieces.map((piece) => ({ ...piece, quality })),
    ],
  });
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
