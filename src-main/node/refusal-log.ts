/** Who was turned away, with a code of the catalogue. */
interface Refusal {
  readonly address: string;
  readonly peerId?: string | null;
  readonly code: string;
  readonly reason?: string;
}

/** A device that goes on knocking is mentioned again after this long. */
const againMs = 600_000;
const rememberedMax = 1_000;

interface Mention {
  readonly atMs: number;
  unmentioned: number;
}

/**
 * Writes down who was refused and why: once, however often it knocks, so that a
 * revoked worker that tries every few seconds does not fill the log.
 */
export class RefusalLog {
  readonly #log: (line: string) => void;
  readonly #nowMs: () => number;
  readonly #mentions = new Map<string, Mention>();

  constructor(log: (line: string) => void, nowMs: () => number) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  add(refused: Refusal): void {
    const { address, peerId, code, reason } = refused;
    const key = [address, peerId, code, reason].join(" ");
    const before = this.#mentions.get(key);
    if (before !== undefined && this.#nowMs() - before.atMs < againMs) {
      before.unmentioned += 1;
      return;
    }
    const more = before?.unmentioned ?? 0;
    this.#log(
      `refused ${JSON.stringify(refused)}${more > 0 ? ` and ${more} times since it was last mentioned` : ""}`,
    );
    this.#mentions.delete(key);
    this.#mentions.set(key, { atMs: this.#nowMs(), unmentioned: 0 });
    if (this.#mentions.size <= rememberedMax) return;
    for (const oldest of this.#mentions.keys()) {
      this.#mentions.delete(oldest);
      return;
    }
  }
}
