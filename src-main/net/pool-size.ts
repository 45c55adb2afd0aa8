/** One look at a link's data sockets, every `poolLookMs`. */
export interface PoolSample {
  readonly sockets: number;
  /** Since the last look, both directions. */
  readonly bytesPerSecond: number;
  /** Bytes wait for the network: a sender's sockets were full, or a consumer went hungry. */
  readonly waiting: boolean;
}

/** What the rule remembers between two looks. */
export interface PoolMemory {
  /** Rate before the last socket was added; null: none was added yet. */
  readonly beforeBytesPerSecond: number | null;
  /** The last socket brought too little: no more are tried. */
  readonly settled: boolean;
  readonly idleLooks: number;
}

export const freshPool: PoolMemory = {
  beforeBytesPerSecond: null,
  settled: false,
  idleLooks: 0,
};

export const poolLookMs = 2_000;
const poolMax = 4;
/** Half a gigabit: a wire that carries this gains nothing from more sockets. */
const fastBytesPerSecond = 60_000_000;
/** Less than this is an encoder's own pace rather than a network at its limit. */
const activeBytesPerSecond = 100_000;
/** A socket that brings less than this is not worth having. */
const worthwhileGain = 1.15;
/** A minute without bulk: the network may be another one now, learn anew. */
const forgetAfterLooks = 30;

/**
 * How many data sockets a link should have: one more where bytes wait for the
 * network, the throughput is low and the last one helped (lossy Wi-Fi: four
 * connections carried 2.4 times as much as one).
 */
export function choosePool(
  memory: PoolMemory,
  sample: PoolSample,
): { readonly memory: PoolMemory; readonly sockets: number } {
  const sockets = Math.max(1, sample.sockets);
  if (sample.bytesPerSecond < activeBytesPerSecond) {
    const idleLooks = memory.idleLooks + 1;
    if (idleLooks < forgetAfterLooks)
      return { memory: { ...memory, idleLooks }, sockets };
    return { memory: freshPool, sockets: 1 };
  }
  const awake = { ...memory, idleLooks: 0 };
  const isEnough =
    awake.settled ||
    !sample.waiting ||
    sockets >= poolMax ||
    sample.bytesPerSecond >= fastBytesPerSecond;
  if (isEnough) return { memory: awake, sockets };
  const before = awake.beforeBytesPerSecond;
  if (before !== null && sample.bytesPerSecond < before * worthwhileGain)
    return {
      memory: { ...awake, settled: true },
      sockets: Math.max(1, sockets - 1),
    };
  return {
    memory: { ...awake, beforeBytesPerSecond: sample.bytesPerSecond },
    sockets: sockets + 1,
  };
}
