/** The quality of the next segment: the solved one, and as much beside it as the finished segments demand. */
import { bytesWithin, totalBytes } from "./analysis-profile.ts";
import type { AnalysisProfile } from "./analysis-profile.ts";
import { onScale } from "./quality-scale.ts";
import type { FrameRange } from "./scheduler/events.ts";
import { bytesFactor, modelledBytes, shareSampled, sum } from "./size-model.ts";
import type { EncodedPiece, SizeControl } from "./size-model.ts";

/** How far `nextQuality` may leave the solved quality, as a share of a halving: 2 of CRF. */
const maxDriftShare = 1 / 3;

/** Corrections aim at this band around the target, not at its middle: evenness counts more. */
const toleratedShare = 0.004;

/** The same where samples told all: there only the slope can be a little off. */
const minDriftShare = 1 / 25;

/** Share of a piece's bytes by which a bound in its middle misleads. */
const edgeDoubtShare = 0.4;

/** Share of a stretch's bytes by which the model itself is off: where samples told of it, and where not. */
const modelDoubt = { sampled: 0.02, unsampled: 0.1 };

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
 * What finished segments are taken to have cost. Their bytes where they fill
 * whole pieces of the analysis; the model's where their bounds lie inside of
 * pieces, whose bytes need not be spread evenly: what one side has too much the
 * other has too little, which is no reason to correct. In between, both, by the
 * inverse of how far each may be off.
 */
function finishedBytes(
  control: SizeControl,
  finished: readonly EncodedPiece[],
): number {
  const ratio = presentRatio(control);
  return sum(stretchesOf(finished), (stretch) => {
    const shown = sum(stretch, ({ bytes }) => bytes);
    const modelled = ratio * sum(stretch, (one) => modelledBytes(control, one));
    return modelled + trust(control, stretch) * (shown - modelled);
  });
}

/** Segments that follow each other without a gap, together. */
function stretchesOf(finished: readonly EncodedPiece[]): EncodedPiece[][] {
  const stretches: EncodedPiece[][] = [];
  for (const piece of [...finished].sort(
    (a, b) => a.startFrame - b.startFrame,
  )) {
    const last = stretches.at(-1);
    if (last?.at(-1)?.endFrame === piece.startFrame) last.push(piece);
    else stretches.push([piece]);
  }
  return stretches;
}

/** How much of a stretch's surprise is one: the model's doubt over that and what its two ends mislead by. */
function trust(control: SizeControl, stretch: readonly EncodedPiece[]): number {
  const { profile } = control;
  const ends = [stretch[0]!.startFrame, stretch.at(-1)!.endFrame];
  const misled = edgeDoubtShare * sum(ends, (end) => splitBytes(profile, end));
  if (misled === 0) return 1;
  const known = shareSampled(control);
  const { sampled, unsampled } = modelDoubt;
  const doubt =
    (sampled * known + unsampled * (1 - known)) *
    sum(stretch, (piece) => bytesWithin(profile, piece));
  return doubt ** 2 / (doubt ** 2 + misled ** 2);
}

/** Bytes of the piece a bound lies inside of: all when it halves it, none when it lies between two. */
function splitBytes({ bounds, before }: AnalysisProfile, at: number): number {
  const piece = bounds.findIndex((bound) => bound > at) - 1;
  if (piece < 0) return 0;
  const [start, end] = [bounds[piece]!, bounds[piece + 1]!];
  const share = (at - start) / (end - start);
  return 4 * share * (1 - share) * (before[piece + 1]! - before[piece]!);
}

/** How far a segment's quality may leave the solved one: the less, the more is known. */
function maxDrift(control: SizeControl): number {
  const known = shareSampled(control);
  const share = maxDriftShare * (1 - known) + minDriftShare * known;
  // Mixing neighbours on a coarse scale needs room for rounding.
  return Math.max(share * control.halvingStep, control.scale.step / 2);
}

/** What is done or at work, but for `except`: its share of the analysis, and its bytes, expected where unknown. */
function committed(
  control: SizeControl,
  except: FrameRange | null,
): { analysed: number; expected: number } {
  const ratio = presentRatio(control);
  const counted = new Set<number>(except === null ? [] : [except.startFrame]);
  // A duplicate begins where the attempt it doubles begins.
  const isFirst = ({ startFrame }: FrameRange): boolean => {
    if (counted.has(startFrame)) return false;
    counted.add(startFrame);
    return true;
  };
  const finished = control.finished.filter(isFirst);
  const running = [...control.running.values()].filter(isFirst);
  return {
    analysed: sum([...finished, ...running], (piece) =>
      bytesWithin(control.profile, piece),
    ),
    expected:
      finishedBytes(control, finished) +
      ratio * sum(running, (piece) => modelledBytes(control, piece)),
  };
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
