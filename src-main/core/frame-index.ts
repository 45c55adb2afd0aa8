/**
 * What the packets of a source's video tell without decoding: every frame in
 * presentation order with its exact time, the keyframes, where the stream can
 * be cut cleanly, and what would make cutting inexact.
 *
 * Frames become known while packets still stream in: decoding times never go
 * back in a sound stream and no frame is shown before it is decoded, so all
 * frames earlier than the last decoding time are final in number and order.
 */
import { assert } from "./assert.ts";
import type { Ratio } from "./media-facts.ts";

/** One packet as the demuxer gives it, in decode order; times in ticks of the stream's time base. */
export interface IndexedPacket {
  readonly pts: number | null;
  readonly dts: number | null;
  readonly isKey: boolean;
  /** Decoded but never shown (edit lists). */
  readonly isDiscard: boolean;
  readonly isCorrupt: boolean;
}

export const hazardKinds = [
  /** Packets without a presentation time (AVI, program streams, raw streams). */
  "no-timestamps",
  /** The clock of the stream jumps back. */
  "clock-jumps-back",
  /** Two frames at the same time: no bound fits between them. */
  "duplicate-timestamps",
  /** Nowhere to begin decoding but at the start. */
  "one-keyframe",
  /** Packets the demuxer knows to be damaged. */
  "corrupt-packets",
  /** An edit list leaves out frames in the middle. */
  "edit-list-gap",
] as const;
export type HazardKind = (typeof hazardKinds)[number];

export interface Hazard {
  readonly kind: HazardKind;
  /** How many packets show it. */
  readonly count: number;
  /** Decode position of the first one. */
  readonly firstPacket: number;
}

const keyFlag = 1;
const discardFlag = 2;
/** Cut points closer than this are of no use to a scheduler and would flood it (all-intra sources). */
const cutPointSpacingS = 0.25;
const firstCapacity = 4096;
/** No codec reorders over more frames: H.264 and HEVC hold at most 16 pictures, fields and hierarchies included. */
const reorderWindow = 64;

/** The frames of one source's video. Fill it with `addPacket` in decode order, then `finish`; it may be asked meanwhile. */
export class FrameIndex {
  readonly timeBase: Ratio;
  #pts = new Float64Array(firstCapacity);
  #dts = new Float64Array(firstCapacity);
  #flags = new Uint8Array(firstCapacity);
  #packets = 0;

  /** Ordinal in presentation order -> decode position; settled frames only. */
  #order = new Uint32Array(firstCapacity);
  #settled = 0;
  /** Decode positions not settled yet, ascending by pts. */
  #pending: number[] = [];

  #keys: number[] = [];
  #cutPoints: number[] = [];
  /** Keyframes that look clean until a frame from before them turns up later. */
  #cutCandidates: number[] = [];
  #maxPts = -Infinity;
  #lastDts = -Infinity;
  #maxDelayTicks = 0;
  #maxLeadTicks = 0;
  #hazards = new Map<HazardKind, Hazard>();
  #discards = 0;
  #headDiscardPts = -Infinity;
  #tailDiscardPts = Infinity;
  #complete = false;
  #isCutOff = false;
  /** Frames shown before the first keyframe; null until that one is settled. */
  #headFrames: number | null = null;
  #headIsResolved = false;

  constructor(timeBase: Ratio) {
    assert(
      timeBase.numerator > 0 && timeBase.denominator > 0,
      "a time base is positive",
    );
    this.timeBase = timeBase;
  }

  /** Adds the next packet in decode order. */
  addPacket(packet: IndexedPacket): void {
    assert(!this.#complete, "no packet after the last one");
    const position = this.#packets;
    const pts = this.#ptsOf(packet);
    this.#store(position, pts, packet);
    this.#watchClock(position, pts, packet);
    if (packet.isCorrupt) this.#note("corrupt-packets", position);
    if (packet.isKey) this.#addKey(position, pts, packet.isDiscard);
    else this.#dropCandidatesAfter(pts);
    this.#maxPts = Math.max(this.#maxPts, pts);
    if (packet.isDiscard) this.#addDiscard(pts);
    else this.#insertPending(position, pts);
    if (packet.dts !== null && packet.dts > this.#lastDts)
      this.#lastDts = packet.dts;
    this.#settleBefore(this.#lastDts);
  }

  /** Says that no packet follows: all frames are settled. */
  finish(): void {
    if (this.#complete) return;
    this.#settleBefore(Infinity);
    if (this.#hazards.has("clock-jumps-back")) this.#resettle();
    if (this.#headFrames === null) this.#headIsResolved = true;
    if (this.#keys.length <= 1 && this.#packets > 1)
      this.#note("one-keyframe", this.#keys[0] ?? 0);
    this.#complete = true;
  }

  /** Frames whose number and order are final; 0 while the head waits for `resolveHead`. */
  get knownFrames(): number {
    return this.#headIsResolved ? this.#settled : 0;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get packetCount(): number {
    return this.#packets;
  }

  get keyframeCount(): number {
    return this.#keys.length;
  }

  /** Packets that are decoded but not shown. */
  get discardedCount(): number {
    return this.#discards;
  }

  /**
   * How many frames are shown before the first keyframe (a stream that begins
   * inside a GOP, or with the leading pictures of an open one). What a decoder
   * makes of these the packets cannot tell: decode the head and call
   * `resolveHead`. 0: nothing to do, or not known yet.
   */
  get unresolvedHeadFrames(): number {
    return this.#headIsResolved ? 0 : (this.#headFrames ?? 0);
  }

  /** Takes out the frames before the first keyframe that decoding did not show. Times in microseconds. */
  resolveHead(shownPtsUs: readonly number[]): void {
    const head = this.unresolvedHeadFrames;
    if (head === 0) return;
    const toleranceUs = this.#us(1) * 0.6;
    const isShown = (position: number): boolean => {
      const ptsUs = this.#us(this.#pts[position]!);
      return shownPtsUs.some((us) => Math.abs(us - ptsUs) <= toleranceUs);
    };
    const kept = this.#order.slice(0, head).filter(isShown);
    this.#order.copyWithin(kept.length, head, this.#settled);
    this.#order.set(kept);
    const gone = head - kept.length;
    this.#settled -= gone;
    this.#cutPoints = this.#cutPoints
      .map((ordinal) => ordinal - gone)
      .filter((ordinal) => ordinal > 0);
    this.#headIsResolved = true;
  }

  /** Says that the file ends before what it promised; what is there is whole. */
  noteCutOff(): void {
    this.#isCutOff = true;
  }

  /** Whether the file ends before what it promised. */
  get isCutOff(): boolean {
    return this.#isCutOff;
  }

  /** Says that reading met damage the packets' flags do not tell of. */
  noteDamage(): void {
    this.#note("corrupt-packets", this.#packets);
  }

  /** Known ordinals, ascending and at least `fromOrdinal`, where no frame on either side needs one on the other. Never 0. */
  cutPoints(fromOrdinal = 0): number[] {
    return this.#cutPoints.slice(lowerBound(this.#cutPoints, fromOrdinal));
  }

  /** Presentation time of a known frame, ticks. */
  ptsTicks(ordinal: number): number {
    assert(ordinal >= 0 && ordinal < this.#settled, "a known frame");
    return this.#pts[this.#order[ordinal]!]!;
  }

  /** Presentation time of a known frame, microseconds (not rounded). */
  ptsUs(ordinal: number): number {
    return this.#us(this.ptsTicks(ordinal));
  }

  /** Presentation times of a range of known frames, microseconds, ascending. */
  ptsUsOf(startFrame: number, endFrame: number): Float64Array {
    return Float64Array.from({ length: endFrame - startFrame }, (_, i) =>
      this.ptsUs(startFrame + i),
    );
  }

  /**
   * The bound before a frame: midway to the frame before it, never a frame's
   * own time, so that no rounding on the way can move a frame across
   * (media.md section 2). Null where nothing lies before the first frame or
   * after the last. Whole microseconds.
   */
  boundUs(ordinal: number): number | null {
    if (ordinal === 0) return this.#headBoundUs();
    if (ordinal === this.#settled && this.#complete) return this.#tailBoundUs();
    const before = this.ptsTicks(ordinal - 1);
    return Math.round(this.#us((before + this.ptsTicks(ordinal)) / 2));
  }

  /** Average over what is known; 25 while fewer than two frames are. */
  framesPerSecond(): number {
    if (this.#settled < 2) return 25;
    const spanUs = this.ptsUs(this.#settled - 1) - this.ptsUs(0);
    return spanUs > 0 ? ((this.#settled - 1) * 1e6) / spanUs : 25;
  }

  /** What was found so far that makes cutting inexact. */
  hazards(): readonly Hazard[] {
    return [...this.#hazards.values()];
  }

  hasHazard(kind: HazardKind): boolean {
    return this.#hazards.has(kind);
  }

  /** The longest a frame waits between decoding and showing, microseconds. */
  get maxDelayUs(): number {
    return this.#us(this.#maxDelayTicks);
  }

  /** How far a presentation time lies before its decoding time at worst (broken files), microseconds. */
  get maxLeadUs(): number {
    return this.#us(this.#maxLeadTicks);
  }

  /** When the last packet so far is decoded, microseconds; a later one is not decoded earlier. */
  get lastDecodedUs(): number {
    return this.#us(this.#lastDts);
  }

  /**
   * The keyframe `back` keyframes before the last one shown no later than a
   * frame; null when that is before the first keyframe.
   */
  keyframeBefore(ordinal: number, back: number): Keyframe | null {
    const pts = this.ptsTicks(ordinal);
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#pts[this.#keys[middle]!]! <= pts) low = middle + 1;
      else high = middle;
    }
    return this.keyframe(low - 1 - back);
  }

  /** The n-th keyframe in decode order. */
  keyframe(number: number): Keyframe | null {
    const position = this.#keys[number];
    if (position === undefined) return null;
    const ptsUs = this.#us(this.#pts[position]!);
    const dts = this.#dts[position]!;
    return {
      number,
      position,
      ptsUs,
      dtsUs: Number.isNaN(dts) ? null : this.#us(dts),
    };
  }

  /** The first known frame shown at or after a time; `knownFrames` when none is. */
  ordinalAt(ptsUs: number): number {
    let low = 0;
    let high = this.#settled;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ptsUs(middle) < ptsUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * The first frame at or after `fromOrdinal` before which a stream can simply
   * end: every packet up to there is of a frame shown before it, every later
   * packet of a frame shown no earlier. Such places lie before each frame that
   * is not reordered, also inside a group. Null when there is none below `limit`.
   */
  endableFrame(fromOrdinal: number, limit: number): number | null {
    for (let frame = Math.max(1, fromOrdinal); frame < limit; frame += 1) {
      const before = this.#positions(frame - reorderWindow, frame);
      const after = this.#positions(frame, frame + reorderWindow);
      if (Math.max(...before) < Math.min(...after)) return frame;
    }
    return null;
  }

  /** The decode position of the first packet among those of a range of known frames. */
  firstDecoded(startFrame: number, endFrame: number): number {
    return this.#order
      .subarray(startFrame, endFrame)
      .reduce((first, position) => Math.min(first, position), Infinity);
  }

  /** The frame of a range of known frames that is decoded last. */
  lastDecodedFrame(startFrame: number, endFrame: number): number {
    let last = endFrame - 1;
    for (let frame = endFrame - 1; frame >= startFrame; frame -= 1)
      if (this.#order[frame]! > this.#order[last]!) last = frame;
    return last;
  }

  #positions(start: number, end: number): Uint32Array {
    return this.#order.subarray(
      Math.max(0, start),
      Math.min(end, this.#settled),
    );
  }

  #us(ticks: number): number {
    return (ticks * this.timeBase.numerator * 1e6) / this.timeBase.denominator;
  }

  #ptsOf(packet: IndexedPacket): number {
    if (packet.pts !== null) return packet.pts;
    this.#note("no-timestamps", this.#packets);
    if (packet.dts !== null) return packet.dts;
    return Number.isFinite(this.#maxPts) ? this.#maxPts + 1 : 0;
  }

  #store(position: number, pts: number, packet: IndexedPacket): void {
    if (position === this.#pts.length) this.#grow();
    this.#pts[position] = pts;
    this.#dts[position] = packet.dts ?? NaN;
    this.#flags[position] =
      (packet.isKey ? keyFlag : 0) | (packet.isDiscard ? discardFlag : 0);
    this.#packets += 1;
    if (packet.dts === null) return;
    this.#maxDelayTicks = Math.max(this.#maxDelayTicks, pts - packet.dts);
    this.#maxLeadTicks = Math.max(this.#maxLeadTicks, packet.dts - pts);
  }

  #grow(): void {
    const capacity = this.#pts.length * 2;
    this.#pts = grown(this.#pts, new Float64Array(capacity));
    this.#dts = grown(this.#dts, new Float64Array(capacity));
    this.#flags = grown(this.#flags, new Uint8Array(capacity));
    this.#order = grown(this.#order, new Uint32Array(capacity));
  }

  #watchClock(position: number, pts: number, packet: IndexedPacket): void {
    const dtsFell = packet.dts !== null && packet.dts < this.#lastDts;
    const isTooLate =
      this.#settled > 0 && pts < this.ptsTicks(this.#settled - 1);
    if (dtsFell || (isTooLate && !packet.isDiscard))
      this.#note("clock-jumps-back", position);
  }

  #addKey(position: number, pts: number, isDiscard: boolean): void {
    this.#dropCandidatesAfter(pts);
    const isClean = pts > this.#maxPts && this.#keys.length > 0;
    this.#keys.push(position);
    if (isClean && !isDiscard) this.#cutCandidates.push(position);
  }

  #dropCandidatesAfter(pts: number): void {
    const candidates = this.#cutCandidates;
    while (candidates.length > 0 && this.#pts[candidates.at(-1)!]! > pts)
      candidates.pop();
  }

  #addDiscard(pts: number): void {
    this.#discards += 1;
    const hasFrames = this.#settled + this.#pending.length > 0;
    if (!hasFrames) this.#headDiscardPts = Math.max(this.#headDiscardPts, pts);
    else if (pts < this.#firstPts())
      this.#headDiscardPts = Math.max(this.#headDiscardPts, pts);
    else this.#tailDiscardPts = Math.min(this.#tailDiscardPts, pts);
  }

  #firstPts(): number {
    const first =
      this.#settled > 0 ? this.#order[0]! : (this.#pending[0] ?? null);
    return first === null ? Infinity : this.#pts[first]!;
  }

  #insertPending(position: number, pts: number): void {
    const pending = this.#pending;
    let at = pending.length;
    while (at > 0 && this.#pts[pending[at - 1]!]! > pts) at -= 1;
    if (at === pending.length) pending.push(position);
    else pending.splice(at, 0, position);
  }

  #settleBefore(dts: number): void {
    const pending = this.#pending;
    let count = 0;
    while (count < pending.length && this.#pts[pending[count]!]! < dts) {
      this.#settle(pending[count]!);
      count += 1;
    }
    if (count > 0) pending.splice(0, count);
  }

  #settle(position: number): void {
    const pts = this.#pts[position]!;
    const ordinal = this.#settled;
    if (ordinal > 0 && this.#pts[this.#order[ordinal - 1]!] === pts)
      this.#note("duplicate-timestamps", position);
    if (pts > this.#tailDiscardPts) this.#note("edit-list-gap", position);
    this.#order[ordinal] = position;
    this.#settled += 1;
    const firstKey = this.#keys[0];
    if (
      this.#headFrames === null &&
      firstKey !== undefined &&
      pts >= this.#pts[firstKey]!
    ) {
      this.#headFrames = ordinal;
      this.#headIsResolved = ordinal === 0;
    }
    if (this.#cutCandidates[0] !== position) return;
    this.#cutCandidates.shift();
    const last = this.#cutPoints.at(-1);
    const spacingUs = cutPointSpacingS * 1e6;
    const isFar =
      last === undefined ||
      this.ptsUs(ordinal) - this.ptsUs(last) >= spacingUs - 1;
    if (ordinal > 0 && isFar) this.#cutPoints.push(ordinal);
  }

  /** After a clock that went back nothing of the order found so far is worth keeping. */
  #resettle(): void {
    const positions: number[] = [];
    for (let position = 0; position < this.#packets; position += 1)
      if ((this.#flags[position]! & discardFlag) === 0)
        positions.push(position);
    positions.sort((a, b) => this.#pts[a]! - this.#pts[b]! || a - b);
    this.#order.set(positions);
    this.#cutPoints = [];
    this.#headIsResolved = true;
  }

  /** Discarded frames before the first one shown would otherwise be let in. */
  #headBoundUs(): number | null {
    if (!Number.isFinite(this.#headDiscardPts)) return null;
    return Math.round(this.#us((this.#headDiscardPts + this.ptsTicks(0)) / 2));
  }

  #tailBoundUs(): number | null {
    const last = this.#settled - 1;
    if (last < 0 || !Number.isFinite(this.#tailDiscardPts)) return null;
    return Math.round(
      this.#us((this.ptsTicks(last) + this.#tailDiscardPts) / 2),
    );
  }

  #note(kind: HazardKind, position: number): void {
    const known = this.#hazards.get(kind);
    this.#hazards.set(kind, {
      kind,
      count: (known?.count ?? 0) + 1,
      firstPacket: known?.firstPacket ?? position,
    });
  }
}

export interface Keyframe {
  /** Among the keyframes, in decode order. */
  readonly number: number;
  /** Among all packets, in decode order. */
  readonly position: number;
  readonly ptsUs: number;
  readonly dtsUs: number | null;
}

function grown<T extends Float64Array | Uint8Array | Uint32Array>(
  old: T,
  larger: T,
): T {
  larger.set(old);
  return larger;
}

/** The first position of an ascending list whose value is at least `value`. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
