/** Half a gigabit: what passes this is a wire, where a queue is the only thing that takes time. */
const fastBytesPerSecond = 60_000_000;
/** What a gigabit carries in six milliseconds keeps it busy; more would only wait in its queue. */
const narrowBytes = 704 * 1024;
/** Before the first look. */
const firstBytes = 1024 * 1024;
/** A transfer is never left without room for a frame. */
const leastEachBytes = 256 * 1024;
/** Transfers with less than this share of the bytes do not narrow the others. */
const activeShare = 1 / 8;
const lookMs = 100;
/** Nothing was confirmed for so long: there is no rate to read. */
const pauseMs = 1_000;
/** A narrow window that costs more than this, in looks on end, was a mistake. */
const costlyRatio = 0.85;
const costlyLooksMax = 3;
/** Half a minute of looks until a narrow window is tried again. */
const restLooks = 300;

/**
 * How far the transfers of one link may be ahead of their receiver, for the
 * sake of the heartbeats and orders that travel beside them: whatever is sent
 * beyond what the network holds waits in the queues of sockets and switches,
 * and everything else behind it. Slow or distant links are left alone, there
 * the window is needed.
 */
export class FlightWindow {
  /** Null: as wide as the link allows. A link nobody knows yet is not flooded first. */
  #bytes: number | null = firstBytes;
  #isKnown = false;
  #active = 1;
  #lookAtMs: number | null = null;
  #tookAtMs = 0;
  readonly #taken = new Map<object, number>();
  /** What the link carried before its window was narrowed. */
  #wideRate = 0;
  #costlyLooks = 0;
  #restLooks = 0;

  /** The most each transfer may be ahead now, in bytes; null: no reason for a bound. */
  get eachBytes(): number | null {
    return this.#bytes === null
      ? null
      : Math.max(leastEachBytes, Math.round(this.#bytes / this.#active));
  }

  /** The receiver of a transfer took so many bytes more. */
  took(transfer: object, bytes: number, nowMs: number): void {
    const isFirst = this.#lookAtMs === null || nowMs - this.#tookAtMs > pauseMs;
    this.#tookAtMs = nowMs;
    if (isFirst) return this.#begin(nowMs);
    this.#taken.set(transfer, (this.#taken.get(transfer) ?? 0) + bytes);
    const passedMs = nowMs - (this.#lookAtMs ?? nowMs);
    if (passedMs < lookMs) return;
    const all = [...this.#taken.values()];
    const total = all.reduce((sum, one) => sum + one, 0);
    this.#active = all.filter((one) => one >= total * activeShare).length;
    this.#look((total * 1000) / passedMs);
    this.#begin(nowMs);
  }

  #begin(nowMs: number): void {
    this.#lookAtMs = nowMs;
    this.#taken.clear();
  }

  #look(rate: number): void {
    this.#restLooks = Math.max(0, this.#restLooks - 1);
    if (!this.#isKnown) this.#bytes = null;
    this.#isKnown = true;
    if (this.#bytes === null) {
      if (rate < fastBytesPerSecond || this.#restLooks > 0) return;
      this.#wideRate = rate;
      this.#costlyLooks = 0;
      this.#bytes = narrowBytes;
      return;
    }
    const isCostly = rate < this.#wideRate * costlyRatio;
    this.#costlyLooks = isCostly ? this.#costlyLooks + 1 : 0;
    if (this.#costlyLooks < costlyLooksMax) return;
    this.#bytes = null;
    this.#restLooks = restLooks;
  }
}
