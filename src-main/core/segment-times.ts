/** The packet times of one segment, and what can be wrong with them. */

/** Sources with equal or nearly equal timestamps are moved by less than this (media.md section 4). */
const toleranceUs = 100;

/** Collects the packet times of a received segment, at most as many as were ordered, and says what is wrong with them. */
export class SegmentTimes {
  readonly #limit: number;
  #pts: Float64Array;
  #count = 0;
  #lastDts = -Infinity;
  #problem: string | null = null;

  /** `limit`: packets above it are not kept. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#pts = new Float64Array(Math.min(limit, 4096));
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= this.#limit;
  }

  /** Takes `pts=…`, `dts=…`, `flags=…` of one packet; false when there is no room for more. */
  addLine(pairs: readonly string[]): boolean {
    const pts = numberOf(pairs, "pts=");
    const dts = numberOf(pairs, "dts=");
    const flags = pairs.find((pair) => pair.startsWith("flags=")) ?? "";
    if (this.#count === 0 && !flags.includes("K"))
      this.#problem ??= "the first frame is not a key frame";
    if (pts === null || dts === null)
      this.#problem ??= `frame ${String(this.#count)} has no time`;
    else {
      if (dts <= this.#lastDts)
        this.#problem ??= `frame ${String(this.#count)} is to be decoded before the one that precedes it`;
      this.#lastDts = dts;
      this.#keep(pts);
    }
    return !this.isFull;
  }

  /** Ascending, in ticks of the carrier. */
  presentationTicks(): Float64Array {
    return this.#pts.slice(0, this.#count).sort();
  }

  /**
   * What is wrong, or null. `ptsUs`: expected times, ascending, as many as
   * frames; each must be met within a tick and a half or `toleranceUs`.
   */
  problem(
    timescale: number,
    offsetS: number,
    ptsUs: Float64Array | null,
  ): string | null {
    if (this.#problem !== null) return this.#problem;
    if (this.#count === 0) return "there is no frame";
    if (ptsUs === null) return null;
    const tolerance = Math.max(toleranceUs, 1.5e6 / timescale);
    const shown = this.presentationTicks();
    for (let index = 0; index < shown.length; index += 1) {
      const actualUs = (shown[index]! / timescale - offsetS) * 1e6;
      const differenceUs = actualUs - ptsUs[index]!;
      if (!(Math.abs(differenceUs) <= tolerance))
        return `frame ${String(index)} is ${String(Math.round(differenceUs))} µs off`;
    }
    return null;
  }

  #keep(pts: number): void {
    if (this.isFull) return;
    if (this.#count === this.#pts.length) {
      const larger = new Float64Array(
        Math.min(this.#limit, 2 * this.#pts.length),
      );
      larger.set(this.#pts);
      this.#pts = larger;
    }
    this.#pts[this.#count] = pts;
    this.#count += 1;
  }
}

function numberOf(pairs: readonly string[], name: string): number | null {
  const text = pairs.find((pair) => pair.startsWith(name))?.slice(name.length);
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : null;
}
