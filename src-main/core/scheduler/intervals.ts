import { assert } from "../assert.ts";

/** A set of frames as merged, ascending, disjoint ranges: stays short while work ends roughly in order. */
export interface IntervalSet {
  readonly starts: number[];
  readonly ends: number[];
  /** Frames in the set. */
  frames: number;
}

/** A set without frames. */
export const emptySet = (): IntervalSet => ({
  starts: [],
  ends: [],
  frames: 0,
});

/** Index of the first interval that ends after `frame`. O(log n). */
function firstEndingAfter(set: IntervalSet, frame: number): number {
  let low = 0;
  let high = set.ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (set.ends[middle]! > frame) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether any frame of `[start, end)` is in the set. */
export function overlaps(
  set: IntervalSet,
  start: number,
  end: number,
): boolean {
  const at = firstEndingAfter(set, start);
  return at < set.starts.length && set.starts[at]! < end;
}

/** Whether every frame of `[start, end)` is in the set. */
export function covers(set: IntervalSet, start: number, end: number): boolean {
  const at = firstEndingAfter(set, start);
  return (
    end <= start ||
    (at < set.starts.length && set.starts[at]! <= start && set.ends[at]! >= end)
  );
}

/** Adds `[start, end)`, no frame of which may be in the set yet. */
export function addInterval(
  set: IntervalSet,
  start: number,
  end: number,
): void {
  assert(end > start, "an interval has frames");
  assert(!overlaps(set, start, end), "a frame is added once");
  const at = firstEndingAfter(set, start);
  const joinsBefore = at > 0 && set.ends[at - 1] === start;
  const joinsAfter = at < set.starts.length && set.starts[at] === end;
  set.frames += end - start;
  if (joinsBefore && joinsAfter) {
    set.ends[at - 1] = set.ends[at]!;
    set.starts.splice(at, 1);
    set.ends.splice(at, 1);
  } else if (joinsBefore) {
    set.ends[at - 1] = end;
  } else if (joinsAfter) {
    set.starts[at] = start;
  } else {
    set.starts.splice(at, 0, start);
    set.ends.splice(at, 0, end);
  }
}
