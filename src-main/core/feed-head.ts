/**
 * Looks at the beginning of a copied feed that was meant to begin with the
 * keyframe of its range, before any of it is given out.
 */
import {
  cleanKeyframeBytes,
  isCleanKeyframe,
  type KeyframeBytes,
} from "./clean-keyframe.ts";
import { NutError, NutMeter, type NutPacket } from "./nut-meter.ts";

/** What the beginning of such a feed tells. */
export type FeedHeadVerdict =
  /** Begins with the keyframe, and that needs nothing before it. */
  | "clean"
  /** Begins with the keyframe, and that is not known to stand on its own. */
  | "unclean"
  /** Begins with an earlier one, as with a pre-roll. */
  | "earlier"
  /** Begins after it, or is not what it should be. */
  | "late";

/** Times are whole ticks on both sides; this only covers the arithmetic. */
const toleranceUs = 1;

/** Reads the beginning of one feed; done when a piece gives a verdict. */
export class FeedHead {
  readonly #codec: string;
  /** The keyframe's presentation time in wire time. */
  readonly #ptsUs: number;
  readonly #meter = new NutMeter((packet) => (this.#first ??= packet));
  #first: NutPacket | null = null;
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(codec: string, wirePtsUs: number) {
    this.#codec = codec;
    this.#ptsUs = wirePtsUs;
  }

  /** Takes the next piece of the feed; null: more is needed. */
  push(chunk: Uint8Array): FeedHeadVerdict | null {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#first === null && !this.#measured(chunk)) return "late";
    if (this.#first === null) return null;
    const packet = this.#first;
    if (packet.ptsUs < this.#ptsUs - toleranceUs) return "earlier";
    if (packet.ptsUs > this.#ptsUs + toleranceUs) return "late";
    return this.#judge(packet);
  }

  #measured(chunk: Uint8Array): boolean {
    try {
      this.#meter.push(chunk);
      return true;
    } catch (cause) {
      if (cause instanceof NutError) return false;
      throw cause;
    }
  }

  #judge({ dataOffset, dataBytes, elided, stream }: NutPacket) {
    const wanted = Math.min(dataBytes, cleanKeyframeBytes);
    if (this.#size < dataOffset + wanted) return null;
    const bytes: KeyframeBytes = {
      codec: this.#codec,
      codecData: this.#meter.codecData(stream),
      packet: joined([
        elided,
        joined(this.#chunks).subarray(dataOffset, dataOffset + wanted),
      ]),
    };
    return isCleanKeyframe(bytes) ? "clean" : "unclean";
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
