/** Ticks per second of an output, chosen once per job. */
import { maxTimescale } from "./ffmpeg-arguments/carrier.ts";
import type { Ratio } from "./media-facts.ts";

/** Below this players show jitter of their own; ffmpeg's muxer raises coarser ones too. */
const coarsestTimescale = 10_000;
/** Used where the source's own ticks are too fine to be kept: exact to half a microsecond. */
const microseconds = 1_000_000;

/**
 * The coarsest timescale, from `coarsestTimescale` to `maxTimescale`, in which
 * every tick of the source (or every step of a constant rate) is a whole
 * number; a million where there is none.
 */
export function outputTimescale(
  sourceTimeBase: Ratio,
  constantRate: Ratio | null,
): number {
  const tick =
    constantRate === null
      ? sourceTimeBase
      : {
          numerator: constantRate.denominator,
          denominator: constantRate.numerator,
        };
  const divisor = greatestCommonDivisor(tick.numerator, tick.denominator);
  let timescale = tick.denominator / divisor;
  if (!(timescale >= 1 && timescale <= maxTimescale)) return microseconds;
  while (timescale < coarsestTimescale) timescale *= 2;
  return timescale;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
