/** What its reader takes in this time is sent ahead: longer than any usual way there and back. */
const aheadS = 0.25;
/** Room for a keyframe of usual footage, and for the steps in which a reader confirms. */
const leastBytes = 128 * 1024;
/** A rate is read over at least this long. */
const sampleMs = 500;

/**
 * How far a feed may be ahead of the encoder that reads it, in bytes. What a
 * worker was fed cannot be given to another any more, and at a twentieth of
 * its speed it lasts twenty times as long; all that a link allows would be half
 * a minute of a small source.
 */
export class FeedWindow {
  #bytes = leastBytes;
  #sampleAtMs: number | null = null;
  #sampleBytes = 0;
  #rate = 0;

  /** The most it may be ahead now; a link may allow less. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The reader took so many bytes so far. */
  took(takenBytes: number, nowMs: number): void {
    if (this.#sampleAtMs === null) {
      this.#sampleAtMs = nowMs;
      this.#sampleBytes = takenBytes;
      return;
    }
    const passedMs = nowMs - this.#sampleAtMs;
    if (passedMs < sampleMs) return;
    const rate = ((takenBytes - this.#sampleBytes) * 1000) / passedMs;
    // It opens at once and closes by halves: encoders read in bursts.
    this.#rate = Math.max(rate, (this.#rate + rate) / 2);
    this.#bytes = Math.max(leastBytes, Math.round(this.#rate * aheadS));
    this.#sampleAtMs = nowMs;
    this.#sampleBytes = takenBytes;
  }
}
