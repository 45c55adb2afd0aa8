/** The quality of the next segment: the solved one, and as much beside it as the finished segments demand. */
import { bytesWithin, totalBytes } from "./analysis-profile.ts";
import { onScale } from "./quality-scale.ts";
import type { FrameRange } from "./scheduler/events.ts";
import { bytesFactor, modelledBytes, shareSampled, sum } from "./size-model.ts";
import type { SizeControl } from "./size-model.ts";

/** How far `nextQuality` may leave the solved quality, as a share of a halving: 2 of CRF. */
const maxDriftShare = 1 / 3;

/** Corrections aim at this band around the target, not at its middle: evenness counts more. */
const toleratedShare = 0.004;

/** The same where samples told all: there only the slope can be a little off. */
const minDriftShare = 1 / 25;

/** Share of a piece's bytes by which a bound inside it can mislead. */
const edgeDoubtShare = 0.4;

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
