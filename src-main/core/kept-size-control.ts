import { assert } from "./assert.ts";
import type { VideoEncoder } from "./recipe.ts";
import {
  beginSizeControl,
  withSamples,
  type EncodedPiece,
  type SizeControl,
} from "./size-control.ts";

/** What of a size control must outlive the master; everything else follows from it. */
export interface KeptSizeControl {
  readonly targetBytes: number;
  readonly framesPerSecond: number;
  readonly analysisQuality: number;
  /** The pieces of the analysis: ascending frame ordinals, one more than there are pieces. */
  readonly bounds: readonly number[];
  /** Of each piece. */
  readonly bytes: readonly number[];
  /** In the order of their rounds. */
  readonly samples: readonly EncodedPiece[];
}

/** What of a control must be kept so that `takeUpSizeControl` makes it again. */
export function keepSizeControl(control: SizeControl): KeptSizeControl {
  const { bounds, before } = control.analysis;
  return {
    targetBytes: control.targetBytes,
    framesPerSecond: control.framesPerSecond,
    analysisQuality: control.analysisQuality,
    bounds,
    bytes: before.slice(1).map((end, at) => end - before[at]!),
    samples: control.samples,
  };
}

/**
 * The same control again: takes its analysis and its rounds of samples in, in
 * their order. Segments that were finished or at work are not among it.
 */
export function takeUpSizeControl(
  encoder: VideoEncoder,
  kept: KeptSizeControl,
): SizeControl {
  assert(
    kept.bytes.length > 0 && kept.bounds.length === kept.bytes.length + 1,
    "an analysis has a bound more than pieces",
  );
  const begun = beginSizeControl({
    encoder,
    targetBytes: kept.targetBytes,
    framesPerSecond: kept.framesPerSecond,
    analysisQuality: kept.analysisQuality,
    analysed: kept.bytes.map((bytes, at) => ({
      startFrame: kept.bounds[at]!,
      endFrame: kept.bounds[at + 1]!,
      bytes,
    })),
  });
  return roundsOf(kept.samples).reduce(withSamples, begun);
}

/** No two rounds have the same quality. */
function roundsOf(samples: readonly EncodedPiece[]): EncodedPiece[][] {
  const rounds = new Map<number, EncodedPiece[]>();
  for (const sample of samples) {
    const round = rounds.get(sample.quality);
    if (round === undefined) rounds.set(sample.quality, [sample]);
    else round.push(sample);
  }
  return [...rounds.values()];
}
