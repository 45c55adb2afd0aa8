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

/** All frames of the film. */
export function wholeRange({ bounds }: AnalysisProfile): FrameRange {
  return { startFrame: bounds[0]!, endFrame: bounds.at(-1)! };
}

/**
 * `count` ranges of about `frames` frames, spread so that each stands for the
 * same share of the bytes: hard parts are sampled more often, and the mean of
 * the samples' ratios is then that of the whole (Hansen and Hurwitz, 1943).
 * Ranges never overlap; fewer are given where the film is too short.
 */
export function spreadRanges(
  profile: AnalysisProfile,
  count: number,
  frames: number,
): FrameRange[] {
  const { startFrame, endFrame } = wholeRange(profile);
  const ranges: FrameRange[] = [];
  let free = startFrame;
  for (let i = 0; i < count; i += 1) {
    const middle = frameAt(profile, ((i + 0.5) / count) * totalBytes(profile));
    const wanted = Math.round(middle - frames / 2);
    const start = Math.max(free, Math.min(wanted, endFrame - frames));
    const end = Math.min(endFrame, start + frames);
    if (end - start < Math.min(frames, endFrame - startFrame)) break;
    ranges.push({ startFrame: start, endFrame: end });
    free = end;
  }
  return ranges;
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

function frameAt({ bounds, before }: AnalysisProfile, bytes: number): number {
  const piece = pieceAt(before, bytes);
  const weight = before[piece + 1]! - before[piece]!;
  const share = weight > 0 ? (bytes - before[piece]!) / weight : 0;
  return bounds[piece]! + share * (bounds[piece + 1]! - bounds[piece]!);
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
