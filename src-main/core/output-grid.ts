/**
 * Constant frame rate, made range by range. Frame n of the grid is shown at
 * `originUs + n / rate`. Source frame i takes the place `g(i)`, its time rounded
 * to the grid; grid frame n shows the last source frame whose place is not
 * after n. So a range of source frames [s, e) makes the grid frames
 * [g(s), g(e)), needs no frame of its neighbours, and all ranges together make
 * every grid frame once. (The same rule as ffmpeg's `fps` filter with `round=near`.)
 */
import { assert } from "./assert.ts";
import type { Ratio } from "./media-facts.ts";
import type { OutputGrid } from "./order.ts";
import type { FrameRange } from "./scheduler/events.ts";

/** What is needed of a frame index. */
export interface FrameTimes {
  readonly knownFrames: number;
  readonly complete: boolean;
  /** Presentation time of the source's frame, microseconds. */
  ptsUs(ordinal: number): number;
}

/** The part of the grid that a range of source frames makes. It can be empty at low rates. */
export function gridOfRange(
  rate: Ratio,
  index: FrameTimes,
  range: FrameRange,
): OutputGrid {
  const originUs = index.ptsUs(0);
  const isLast = index.complete && range.endFrame >= index.knownFrames;
  assert(
    isLast || range.endFrame < index.knownFrames,
    "the frame after a range is known before the range is used",
  );
  const place = (ptsUs: number) => gridPlace(rate, originUs, ptsUs);
  const firstFrame = place(index.ptsUs(range.startFrame));
  if (!isLast)
    return {
      rate,
      originUs,
      firstFrame,
      endFrame: place(index.ptsUs(range.endFrame)),
    };
  return {
    rate,
    originUs,
    firstFrame,
    endFrame: Math.max(
      // The last frame is shown, however short, wherever the source was cut.
      place(index.ptsUs(index.knownFrames - 1)) + 1,
      place(endOfLastFrameUs(index)),
    ),
  };
}

/**
 * What is ordered of a range: its part of the grid, or one frame where that is
 * empty, because no encoder makes a file without frames and no worker could
 * show that it did its range. The stitch leaves such a part out (`makesFrames`).
 */
export function orderedGrid(
  rate: Ratio,
  index: FrameTimes,
  range: FrameRange,
): OutputGrid {
  const grid = gridOfRange(rate, index, range);
  return { ...grid, endFrame: Math.max(grid.endFrame, grid.firstFrame + 1) };
}

/** Presentation times of a grid's frames, microseconds. */
export function gridTimesUs(grid: OutputGrid): Float64Array {
  const { numerator, denominator } = grid.rate;
  return Float64Array.from(
    { length: grid.endFrame - grid.firstFrame },
    (_, i) =>
      grid.originUs + ((grid.firstFrame + i) * denominator * 1e6) / numerator,
  );
}

/**
 * Added to every time before it is rounded to the grid. At 60 -> 30 every other
 * frame lies exactly between two places; planner and worker must not round such
 * ties by the noise of their arithmetic (both work in whole microseconds).
 */
export const tieBreakUs = 5;

/** Half a step goes up, for times before the origin too. */
function gridPlace(rate: Ratio, originUs: number, ptsUs: number): number {
  const sinceOriginUs = Math.round(ptsUs) - Math.round(originUs) + tieBreakUs;
  const frames = (sinceOriginUs * rate.numerator) / (rate.denominator * 1e6);
  return Math.floor(frames + 0.5);
}

/** The last frame stays as long as the one before it did; a lone frame fills one place. */
function endOfLastFrameUs(index: FrameTimes): number {
  const last = index.knownFrames - 1;
  const lastUs = index.ptsUs(last);
  return last === 0 ? lastUs : 2 * lastUs - index.ptsUs(last - 1);
}
