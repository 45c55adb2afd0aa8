/** How a machine's cores are shared among the workers of a private farm. */
export interface WorkerShare {
  readonly workers: number;
  /** Encoder threads of each. */
  readonly threads: number;
}

/**
 * Software encoders lose with many threads and gain with several processes;
 * about four threads each is where both are near their best. Two at least, so
 * that one encodes while the other's segment comes and goes.
 */
const threadsAtBest = 4;
export const maxWorkers = 32;

/** Null: as many workers as make sense for the machine. */
export function shareCores(
  coreCount: number,
  wantedWorkers: number | null,
): WorkerShare {
  const cores = Math.max(1, Math.floor(coreCount));
  const sensible =
    cores === 1 ? 1 : Math.max(2, Math.ceil(cores / threadsAtBest));
  const workers = wantedWorkers ?? Math.min(maxWorkers, sensible);
  return { workers, threads: Math.max(1, Math.floor(cores / workers)) };
}
