import { encoderTraits } from "./encoder-traits.ts";
import type { VideoEncode } from "./recipe.ts";

/** What is known of one part of an output before its result comes. */
export interface ResultEvidence {
  readonly encode: VideoEncode;
  /** What the source spends on so many seconds on average; null: unknown. */
  readonly sourceBytes: number | null;
  /** Frames of the result for each of the source, where there are more. */
  readonly frameGrowth: number;
  /** What the densest finished part of another worker would have at this length; null: too few. */
  readonly othersBytes: number | null;
  /** No encoder exceeds this: uncompressed pictures. */
  readonly mostBytes: number;
  /** Results of the job that were larger than was allowed them. */
  readonly oversizedResults: number;
}

/** Below this nobody's disk fills, and a dark beginning says nothing of what follows. */
const leastBytes = 32 * 2 ** 20;
/** Parts of a film differ from its average, and encodes of it from the source, by less. */
const sourceFactor = 16;
const othersFactor = 64;
/** An estimate may be wrong: each result that was cut off widens what the next may have. */
const widenedBy = 8;

/**
 * Bytes a worker may hand in as the result of a part: far more than anybody's
 * result has, far less than fills a disk. A worker is stopped there, so that an
 * endless stream costs the master little.
 */
export function resultAllowanceBytes(evidence: ResultEvidence): number {
  const { mostBytes } = evidence;
  const estimates = [fromSource(evidence), fromOthers(evidence)].filter(
    (estimate) => estimate !== null,
  );
  if (estimates.length === 0) return mostBytes;
  const allowed = Math.max(leastBytes, Math.min(...estimates));
  return Math.min(mostBytes, widened(allowed, evidence.oversizedResults));
}

/** What a bound becomes after results that exceeded it: it may have been the bound that was wrong. */
export function widened(bytes: number, oversizedResults: number): number {
  return Math.ceil(bytes * widenedBy ** oversizedResults);
}

/** Null where the quality does not follow the source's: lossless and mastering codecs. */
function fromSource({
  encode,
  sourceBytes,
  frameGrowth,
}: ResultEvidence): number | null {
  const { quality: scale } = encoderTraits[encode.encoder];
  const { rate } = encode;
  if (rate.mode !== "quality" || scale === null || sourceBytes === null)
    return null;
  const better = Math.max(0, scale.usual - rate.quality) / scale.halvingStep;
  return sourceFactor * sourceBytes * frameGrowth * 2 ** better;
}

function fromOthers({ othersBytes }: ResultEvidence): number | null {
  return othersBytes === null ? null : othersFactor * othersBytes;
}
