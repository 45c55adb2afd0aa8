/**
 * Watches a feed pass by packet by packet: proves that it begins early enough,
 * counts the frames given out, and ends it before a packet when it is shortened.
 */
import { Transform, type TransformCallback } from "node:stream";

import { Failure } from "../core/errors.ts";
import { wireShiftUs, type FeedPlan } from "../core/feed-plan.ts";
import type { FrameIndex } from "../core/frame-index.ts";
import type { Ratio } from "../core/media-facts.ts";
import { NutError, NutMeter, type NutPacket } from "../core/nut-meter.ts";

/** Times are whole ticks on both sides; this only covers the arithmetic. */
const toleranceUs = 1;

export class FeedGate extends Transform {
  readonly #plan: FeedPlan;
  readonly #index: FrameIndex | null;
  readonly #meter = new NutMeter((packet) => this.#onPacket(packet));
  /** Null once the stream could not be understood: it then passes unwatched. */
  #isWatching = true;
  /** The beginning of an element whose end has not come: not given out, so that an end never lies inside. */
  #held: Buffer = Buffer.alloc(0);
  #heldOffset = 0;
  #packets = 0;
  #maxPtsUs = -Infinity;
  #endFrame: number;
  #endUs = Infinity;
  readonly #shiftUs: number;
  #latestStartUs: number | null;
  /** Whether the last packet that is needed has begun to pass. */
  #isLastPassing = false;
  /** Where the stream ends because it was shortened. */
  #cutOffset: number | null = null;

  /** `timeBase` is the source's. */
  constructor(plan: FeedPlan, index: FrameIndex | null, timeBase: Ratio) {
    super();
    this.#plan = plan;
    this.#index = index;
    this.#shiftUs = wireShiftUs(timeBase);
    this.#latestStartUs = plan.preRollPtsUs;
    this.#endFrame = plan.range.endFrame;
  }

  /** Says how late the copy may begin: presentation time of its first packet, microseconds of source time; null: from the head. */
  mustBeginBy(ptsUs: number | null): void {
    this.#latestStartUs = ptsUs;
  }

  framesFed(): number {
    const { startFrame } = this.#plan.range;
    if (!this.#index || !Number.isFinite(this.#maxPtsUs)) return 0;
    const next = this.#index.ordinalAt(this.#maxPtsUs + toleranceUs);
    return Math.max(0, Math.min(next, this.#endFrame) - startFrame);
  }

  shorten(endFrame: number): number {
    const index = this.#index;
    const canShorten =
      index !== null &&
      this.#isWatching &&
      this.#cutOffset === null &&
      this.#plan.feed === "nut-copy";
    if (!canShorten || endFrame >= this.#endFrame) return this.#endFrame;
    const { startFrame } = this.#plan.range;
    const earliest = Math.max(
      endFrame,
      startFrame + 1,
      startFrame + this.framesFed(),
    );
    const end = index.endableFrame(earliest, this.#endFrame);
    if (end === null) return this.#endFrame;
    this.#endFrame = end;
    this.#endUs = index.ptsUs(end);
    return end;
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    callback: TransformCallback,
  ): void {
    if (this.#cutOffset !== null) {
      callback();
      return;
    }
    if (!this.#isWatching) {
      callback(null, chunk);
      return;
    }
    try {
      this.#watch(chunk);
      callback();
    } catch (cause) {
      callback(cause as Error);
    }
  }

  override _flush(callback: TransformCallback): void {
    callback(null, this.#cutOffset === null ? this.#held : undefined);
  }

  #watch(chunk: Buffer): void {
    const bytes =
      this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    try {
      this.#meter.push(chunk);
    } catch (cause) {
      if (!(cause instanceof NutError)) throw cause;
      this.#isWatching = false;
    }
    const end = this.#isWatching
      ? (this.#cutOffset ?? this.#meter.settledOffset)
      : this.#heldOffset + bytes.length;
    const count = end - this.#heldOffset;
    this.push(bytes.subarray(0, count));
    this.#held = bytes.subarray(count);
    this.#heldOffset = end;
    if (this.#cutOffset !== null) this.push(null);
  }

  #onPacket(packet: NutPacket): void {
    if (this.#cutOffset !== null) return;
    const ptsUs = packet.ptsUs - this.#shiftUs;
    if (this.#packets === 0) this.#checkFirst(ptsUs);
    this.#packets += 1;
    // Every later packet is shown no earlier than the end: see `endableFrame`.
    if (this.#isLastPassing || ptsUs >= this.#endUs - toleranceUs) {
      this.#cutOffset = packet.offset;
      return;
    }
    this.#maxPtsUs = Math.max(this.#maxPtsUs, ptsUs);
    const { lastPacket } = this.#plan;
    this.#isLastPassing =
      lastPacket !== null &&
      ptsUs > lastPacket.fromUs &&
      ptsUs < lastPacket.toUs;
  }

  /** Where ffmpeg lands after a seek is its demuxer's business; too late would lose or spoil frames. */
  #checkFirst(ptsUs: number): void {
    const latestUs = this.#latestStartUs;
    if (latestUs === null || ptsUs <= latestUs + toleranceUs) return;
    const lateS = ((ptsUs - latestUs) / 1e6).toFixed(3);
    throw new Failure("cut-not-exact", `the copy begins ${lateS} s too late`);
  }
}
