/** Whose turn it is: which jobs of the queue the scheduler is to know, and in what order. Changes nothing. */
import type { DeviceId, JobId } from "../core/identifiers.ts";
import type { Job } from "./job.ts";

/** Jobs in the scheduler for each worker: the one at work, and the next, so that no worker runs dry between two. */
const jobsAhead = 2;

/** A worker that is here, as far as it matters for turns. */
export interface TurnWorker {
  readonly id: DeviceId;
  readonly capabilities: readonly string[];
}

export interface TurnRules {
  readonly workers: readonly TurnWorker[];
  /** Share of the farm that small jobs behind a huge one may have; zero: none. */
  readonly smallJobShare: number;
  /** A small job is at most this share of the huge one's length. */
  readonly smallJobRatio: number;
}

/**
 * The waiting jobs to begin now: the first in turn, the first for each worker
 * that may not or cannot do those, and a small one when there is a share for it.
 */
export function jobsToBegin(jobs: readonly Job[], rules: TurnRules): Job[] {
  const open = inTurn(jobs);
  const wanted = new Set(open.slice(0, jobsAhead));
  for (const worker of rules.workers) {
    let found = 0;
    for (const job of open) {
      if (found >= jobsAhead) break;
      if (!suits(job, worker)) continue;
      found += 1;
      wanted.add(job);
    }
  }
  const small = rules.smallJobShare > 0 ? smallJob(open, rules) : undefined;
  if (small !== undefined) wanted.add(small);
  return open.filter((job) => wanted.has(job) && job.phase.kind === "waiting");
}

/** Open jobs by priority, then by place. */
function inTurn(jobs: readonly Job[]): Job[] {
  return jobs
    .filter(
      (job) => !job.hasEnded && !job.paused && job.phase.kind !== "stitching",
    )
    .sort((a, b) => b.request.priority - a.request.priority);
}

function suits(job: Job, worker: TurnWorker): boolean {
  const { allowedWorkers } = job.request;
  if (allowedWorkers !== null && !allowedWorkers.includes(worker.id))
    return false;
  // What a job taken up from the disk needs is not known before its turn.
  return (
    !job.isProbed ||
    job.media.plan.needs.every((key) => worker.capabilities.includes(key))
  );
}

function smallJob(open: readonly Job[], rules: TurnRules): Job | undefined {
  const huge = open[0];
  const hugeS = huge?.source.durationS ?? null;
  if (huge === undefined || hugeS === null) return undefined;
  return open.find(
    ({ request, source }) =>
      request.priority === huge.request.priority &&
      source.durationS !== null &&
      source.durationS <= hugeS * rules.smallJobRatio,
  );
}

/** The job of the same priority before which the scheduler must have this one; null: last of its priority. */
export function placeInScheduler(jobs: readonly Job[], job: Job): JobId | null {
  const behind = jobs
    .slice(jobs.indexOf(job) + 1)
    .find(
      (other) =>
        other.isActive && other.request.priority === job.request.priority,
    );
  return behind?.id ?? null;
}
