/** Sums over finished jobs. */

export interface WorkerShare {
  readonly name: string;
  readonly frames: number;
}

export interface FinishedWork {
  readonly sourceBytes: number;
  readonly outputBytes: number;
  readonly wallS: number;
  readonly workers: readonly WorkerShare[];
}

export interface HistoryTotals {
  readonly jobs: number;
  readonly sourceBytes: number;
  readonly outputBytes: number;
  /** What one machine alone would have taken longer, seconds. */
  readonly savedS: number;
  readonly workers: readonly WorkerShare[];
  /** Oldest first: `2026-11`. */
  readonly months: readonly {
    readonly month: string;
    readonly savedBytes: number;
    readonly jobs: number;
  }[];
}

export const noTotals: HistoryTotals = {
  jobs: 0,
  sourceBytes: 0,
  outputBytes: 0,
  savedS: 0,
  workers: [],
  months: [],
};

/** The totals with one more job, which ended in this month (`2026-11`). */
export function withFinishedWork(
  totals: HistoryTotals,
  work: FinishedWork,
  month: string,
): HistoryTotals {
  const frames = new Map(
    totals.workers.map((worker) => [worker.name, worker.frames]),
  );
  for (const worker of work.workers)
    frames.set(worker.name, (frames.get(worker.name) ?? 0) + worker.frames);
  const months = new Map(totals.months.map((one) => [one.month, one]));
  const before = months.get(month) ?? { month, savedBytes: 0, jobs: 0 };
  months.set(month, {
    month,
    savedBytes: before.savedBytes + work.sourceBytes - work.outputBytes,
    jobs: before.jobs + 1,
  });
  return {
    jobs: totals.jobs + 1,
    sourceBytes: totals.sourceBytes + work.sourceBytes,
    outputBytes: totals.outputBytes + work.outputBytes,
    savedS: totals.savedS + savedS(work),
    workers: [...frames]
      .map(([name, count]) => ({ name, frames: count }))
      .sort((a, b) => b.frames - a.frames),
    months: [...months.values()].sort((a, b) => (a.month < b.month ? -1 : 1)),
  };
}

/**
 * What the machine that did most of a job would have taken longer, had it done
 * all of it at the same pace: with the share f of the frames in the time t, all
 * of them take t / f. A job of one machine saves nothing.
 */
export function savedS({ wallS, workers }: FinishedWork): number {
  const all = workers.reduce((sum, { frames }) => sum + frames, 0);
  const most = Math.max(0, ...workers.map(({ frames }) => frames));
  return most === 0 ? 0 : wallS * (all / most - 1);
}
