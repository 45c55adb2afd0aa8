/** Notices when the queue comes to its end. Pure. */
import type { UiJob } from "../../../src-main/protocol/ui-contract.ts";
import { hasEnded } from "./job-actions.ts";

export interface QueueRun {
  /** Jobs seen open since the queue was last at its end. */
  readonly openIds: ReadonlySet<string>;
}

export interface QueueEnd {
  readonly doneCount: number;
  readonly failedCount: number;
  /** Of the job that was done last; null: none was. */
  readonly outputPath: string | null;
}

export const noRun: QueueRun = { openIds: new Set() };

/** `end` is set once, when the last open job of a run is over and any of them was done or failed. */
export function followRun(
  run: QueueRun,
  jobs: readonly UiJob[],
): { readonly run: QueueRun; readonly end: QueueEnd | null } {
  const open = jobs.filter((job) => !hasEnded(job));
  if (open.length > 0) {
    if (open.every((job) => run.openIds.has(job.jobId)))
      return { run, end: null };
    const openIds = new Set([...run.openIds, ...open.map((job) => job.jobId)]);
    return { run: { openIds }, end: null };
  }
  if (run.openIds.size === 0) return { run, end: null };
  const ended = jobs.filter((job) => run.openIds.has(job.jobId));
  const done = ended.filter((job) => job.state === "done");
  const failedCount = ended.filter((job) => job.state === "failed").length;
  if (done.length + failedCount === 0) return { run: noRun, end: null };
  const last = done.reduce<UiJob | null>(
    (latest, job) =>
      latest === null || (job.endedAtMs ?? 0) >= (latest.endedAtMs ?? 0)
        ? job
        : latest,
    null,
  );
  return {
    run: noRun,
    end: {
      doneCount: done.length,
      failedCount,
      outputPath: last?.outputPath ?? null,
    },
  };
}
