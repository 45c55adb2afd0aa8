/** How hard each part of a film is: bytes over frames, as the first pass found them. */
import { assert } from "./assert.ts";
import type { FrameRange } from "./scheduler/events.ts";

/** A piece of the film and what its encode weighs, without its carrier. */
export interface SizedRange extends FrameRange {
  readonly bytes: number;
}

export interface AnalysisProfile {
  /** Ascending frame ordinals, one more than there are pieces. */
  readonly bounds: readonly number[];
  /** Bytes of everything before each bound. */
  readonly before: readonly number[];
}

/** Builds the profile; the pieces must cover the film without a gap, in any order. */
export function analysisProfile(
  pieces: readonly SizedRange[],
): AnalysisProfile {
  const sorted = [...pieces].sort((a, b) => a.startFrame - b.startFrame);
  assert(sorted.length > 0, "an analysis has pieces");
  const bounds = [sorted[0]!.startFrame];
  const before = [0];
  for (const { startFrame, endFrame, bytes } of sorted) {
    assert(startFrame === bounds.at(-1), "an analysis has no gaps");
    assert(endFrame > startFrame && bytes >= 0, "a piece is not empty");
    bounds.push(endFrame);
    before.push(before.at(-1)! + bytes);
  }
  return { bounds, before };
}

/** Bytes the first pass gave to a range, evenly spread within each of its pieces. */
export function bytesWithin(
  profile: AnalysisProfile,
  range: FrameRange,
): number {
  return (
    bytesBefore(profile, range.endFrame) -
    bytesBefore(profile, range.startFrame)
  );
}

/** All bytes of the first pass. */
export function totalBytes({ before }: AnalysisProfile): number {
  return before.at(-1)!;
}

/**
 * `count` pieces of the analysis, chosen so that each stands for the same share
 * of the bytes: hard parts are chosen more often, and the mean of their ratios
 * is then that of the whole (Hansen and Hurwitz, 1943). Whole pieces, because
 * only of those the bytes are known. A piece is given once, however heavy.
 */
export function spreadPieces(
  profile: AnalysisProfile,
  count: number,
): FrameRange[] {
  const { bounds, before } = profile;
  if (count >= bounds.length - 1) return allPieces(profile);
  const chosen = new Set<number>();
  for (let i = 0; i < count; i += 1)
    chosen.add(pieceAt(before, ((i + 0.5) / count) * totalBytes(profile)));
  return [...chosen].map((piece) => ({
    startFrame: bounds[piece]!,
    endFrame: bounds[piece + 1]!,
  }));
}

/** The profile with better knowledge of some of its pieces. */
export function refinedProfile(
  { bounds, before }: AnalysisProfile,
  known: readonly SizedRange[],
): AnalysisProfile {
  const better = new Map(known.map((piece) => [piece.startFrame, piece.bytes]));
  const pieces = bounds.slice(1).map((endFrame, piece): SizedRange => {
    const startFrame = bounds[piece]!;
    const bytes = before[piece + 1]! - before[piece]!;
    return { startFrame, endFrame, bytes: better.get(startFrame) ?? bytes };
  });
  return analysisProfile(pieces);
}

/**
 * Encoded ranges as whole pieces of the profile: a range across a bound is
 * shared out as the profile's bytes lie, a piece not fully covered left out.
 * Workers are handed ranges of their own: joined, split, moved to a cut point.
 */
export function asPieces(
  profile: AnalysisProfile,
  encoded: readonly SizedRange[],
): SizedRange[] {
  return allPieces(profile).flatMap((piece) => {
    let frames = 0;
    let bytes = 0;
    for (const range of encoded) {
      const shared = {
        startFrame: Math.max(piece.startFrame, range.startFrame),
        endFrame: Math.min(piece.endFrame, range.endFrame),
      };
      if (shared.endFrame <= shared.startFrame) continue;
      frames += shared.endFrame - shared.startFrame;
      const known = bytesWithin(profile, range);
      // Where the first pass needed nothing, frames tell.
      const share =
        known > 0
          ? bytesWithin(profile, shared) / known
          : (shared.endFrame - shared.startFrame) /
            (range.endFrame - range.startFrame);
      bytes += share * range.bytes;
    }
    return frames === piece.endFrame - piece.startFrame
      ? [{ ...piece, bytes }]
      : [];
  });
}

function allPieces({ bounds }: AnalysisProfile): FrameRange[] {
  return bounds.slice(1).map((endFrame, piece) => ({
    startFrame: bounds[piece]!,
    endFrame,
  }));
}

function bytesBefore(
  { bounds, before }: AnalysisProfile,
  frame: number,
): number {
  const piece = pieceAt(bounds, frame);
  const from = bounds[piece]!;
  const to = bounds[piece + 1]!;
  const share = (Math.min(Math.max(frame, from), to) - from) / (to - from);
  return before[piece]! + share * (before[piece + 1]! - before[piece]!);
}

/** The piece whose lower bound is the last one not above the value. */
function pieceAt(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (ascending[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
