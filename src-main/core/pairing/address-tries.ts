/** Networks remembered; past that the one that tried longest ago is forgotten. */
const networksMax = 1024;

/** Counts tries per network over a sliding time, so that one machine cannot go on for ever. */
export class AddressTries {
  readonly #max: number;
  readonly #windowMs: number;
  readonly #tries = new Map<string, number[]>();

  constructor(max: number, windowMs: number) {
    this.#max = max;
    this.#windowMs = windowMs;
  }

  isLocked(address: string, nowMs: number): boolean {
    return this.#recent(networkOf(address), nowMs).length >= this.#max;
  }

  add(address: string, nowMs: number): void {
    const network = networkOf(address);
    const tries = [...this.#recent(network, nowMs), nowMs].slice(-this.#max);
    this.#tries.delete(network);
    this.#tries.set(network, tries);
    if (this.#tries.size <= networksMax) return;
    for (const oldest of this.#tries.keys()) {
      this.#tries.delete(oldest);
      return;
    }
  }

  /** The last try was right: it does not count. */
  takeBack(address: string): void {
    this.#tries.get(networkOf(address))?.pop();
  }

  #recent(network: string, nowMs: number): number[] {
    const tries = this.#tries.get(network) ?? [];
    return tries.filter((atMs) => nowMs - atMs < this.#windowMs);
  }
}

/**
 * What one machine or household can hardly have many of: an IPv4 address, or
 * the /64 of an IPv6 address (a machine may take any address of its /64).
 */
export function networkOf(address: string): string {
  const [plain = ""] = address.toLowerCase().split("%");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!plain.includes(":")) return plain;
  const [head = "", tail = ""] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const ending = tail === "" ? [] : tail.split(":");
  const filler = plain.includes("::")
    ? Array<string>(Math.max(0, 8 - groups.length - ending.length)).fill("0")
    : [];
  const all = [...groups, ...filler, ...ending];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
