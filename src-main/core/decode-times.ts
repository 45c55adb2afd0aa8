/** Decode times for frames that several encoders made, as one encoder would have given them. */
import { assert } from "./assert.ts";

/**
 * Decode times, strictly increasing and never later than the frame's own
 * presentation time. `ptsTicks`: presentation times of all frames of the output
 * in decode order. Each segment's own decode times cannot be used: they start a
 * reordering delay early, and so overlap the end of the segment before
 * whenever the delays or the frame distances differ.
 *
 * The rule is x264's and x265's: frame n is decoded when the frame n-D places
 * earlier in presentation order is shown, D being the largest reordering delay;
 * the first D ones go ahead of the first by as much as the delay lasts.
 */
export function decodeTimes(ptsTicks: Float64Array): Float64Array {
  const count = ptsTicks.length;
  const sorted = ptsTicks.slice().sort();
  const delay = reorderDelay(ptsTicks, sorted);
  const dts = new Float64Array(count);
  const first = sorted[0] ?? 0;
  const lead = (sorted[Math.min(delay, count - 1)] ?? first) - first;
  for (let n = 0; n < count; n += 1)
    dts[n] = n < delay ? at(sorted, n) - lead : at(sorted, n - delay);
  // Frames that share a presentation time still need a decode time each.
  for (let n = count - 2; n >= 0; n -= 1)
    dts[n] = Math.min(at(dts, n), at(dts, n + 1) - 1);
  return dts;
}

/** The largest distance by which a frame is decoded after its place in presentation order. */
function reorderDelay(ptsTicks: Float64Array, sorted: Float64Array): number {
  let delay = 0;
  for (let n = 0; n < ptsTicks.length; n += 1) {
    const pts = at(ptsTicks, n);
    // Only ever grows, so each step is tried once: linear in all.
    while (n - delay >= 0 && at(sorted, n - delay) > pts) delay += 1;
  }
  return delay;
}

function at(values: Float64Array, index: number): number {
  const value = values[index];
  assert(value !== undefined, "index within the frames");
  return value;
}
