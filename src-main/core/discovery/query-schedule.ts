/** When to ask for masters; all times in milliseconds of one clock. */
export interface QueryTiming {
  /** A search asks at its start, after this, and after ever longer pauses. */
  readonly firstPauseMs: number;
  readonly pauseFactor: number;
  readonly lastPauseMs: number;
  /** A peer not heard for this long is asked after, */
  readonly refreshAfterMs: number;
  /** by one of many computers first: each waits up to this much longer, */
  readonly refreshSpreadMs: number;
  /** and again this often until it answers or is gone. */
  readonly refreshEveryMs: number;
}

/**
 * Of 15 questions between silence and being gone one gets through with its
 * answer even where three of ten packets are lost (0.51^13 = 0.02 %).
 */
export const defaultQueryTiming: QueryTiming = {
  firstPauseMs: 200,
  pauseFactor: 1.6,
  lastPauseMs: 60_000,
  refreshAfterMs: 4_000,
  refreshSpreadMs: 800,
  refreshEveryMs: 300,
};

/**
 * Two reasons to ask: a search for what is not known yet, with growing pauses;
 * and a peer that has not been heard for a while. Answers go to all, so that
 * of many computers one asks for all of them.
 */
export class QuerySchedule {
  readonly #timing: QueryTiming;
  #searchAtMs: number;
  #pauseMs: number;
  #askedAtMs = -Infinity;
  #spread = 0;

  constructor(nowMs: number, timing: QueryTiming = defaultQueryTiming) {
    this.#timing = timing;
    this.#searchAtMs = nowMs;
    this.#pauseMs = timing.firstPauseMs;
  }

  /** Searches eagerly again: something changed, or somebody waits. */
  restart(nowMs: number): void {
    this.#searchAtMs = nowMs;
    this.#pauseMs = this.#timing.firstPauseMs;
  }

  /** `leastSeenMs`: when the peer that was silent for longest was heard; null: nobody is known. */
  nextAtMs(leastSeenMs: number | null): number {
    if (leastSeenMs === null) return this.#searchAtMs;
    const { refreshAfterMs, refreshSpreadMs, refreshEveryMs } = this.#timing;
    const silentAtMs =
      leastSeenMs + refreshAfterMs + this.#spread * refreshSpreadMs;
    const refreshAtMs = Math.max(silentAtMs, this.#askedAtMs + refreshEveryMs);
    return Math.min(this.#searchAtMs, refreshAtMs);
  }

  /** A question went out; `random`, 0 to 1, spreads the next. */
  asked(nowMs: number, random: number): void {
    this.#askedAtMs = nowMs;
    this.#spread = random;
    if (nowMs < this.#searchAtMs) return;
    this.#searchAtMs = nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(
      this.#pauseMs * this.#timing.pauseFactor,
      this.#timing.lastPauseMs,
    );
  }
}
