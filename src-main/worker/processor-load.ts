import os from "node:os";

interface Times {
  readonly busyMs: number;
  readonly allMs: number;
}

/** How busy all of this computer's processors are, between two looks. */
export class ProcessorLoad {
  readonly #read: () => Times;
  #before: Times;

  constructor(read: () => Times = processorTimes) {
    this.#read = read;
    this.#before = read();
  }

  /** 0 to 1 since the last look; 0 where the system does not tell. */
  look(): number {
    const before = this.#before;
    const now = this.#read();
    this.#before = now;
    const allMs = now.allMs - before.allMs;
    if (allMs <= 0) return 0;
    return Math.min(1, Math.max(0, (now.busyMs - before.busyMs) / allMs));
  }
}

function processorTimes(): Times {
  let [busyMs, allMs] = [0, 0];
  for (const { times } of os.cpus()) {
    const { user, nice, sys, idle, irq } = times;
    busyMs += user + nice + sys + irq;
    allMs += user + nice + sys + irq + idle;
  }
  return { busyMs, allMs };
}
