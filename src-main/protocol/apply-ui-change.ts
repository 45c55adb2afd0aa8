import type { UiChange, UiJob, UiSnapshot, UiWorker } from "./ui-contract.ts";

/**
 * What a face knows after a change. Null where a revision is missing between
 * the two: the face must ask for the snapshot again. A change that is part of
 * the snapshot already leaves it as it is.
 */
export function applyUiChange(
  known: UiSnapshot,
  change: UiChange,
): UiSnapshot | null {
  if (change.revision <= known.revision) return known;
  if (change.revision !== known.revision + 1) return null;
  return {
    revision: change.revision,
    node: change.node ?? known.node,
    jobs: nextJobs(known.jobs, change),
    workers: nextWorkers(known.workers, change),
  };
}

function nextJobs(jobs: readonly UiJob[], change: UiChange): readonly UiJob[] {
  if (!change.jobs && !change.removedJobIds && !change.jobOrder) return jobs;
  const byId = new Map(jobs.map((job) => [job.jobId, job]));
  for (const job of change.jobs ?? []) byId.set(job.jobId, job);
  for (const id of change.removedJobIds ?? []) byId.delete(id);
  if (!change.jobOrder) return [...byId.values()];
  const ordered: UiJob[] = [];
  for (const id of change.jobOrder) {
    const job = byId.get(id);
    if (job) ordered.push(job);
    byId.delete(id);
  }
  // A job the order does not name is never lost from sight.
  return [...ordered, ...byId.values()];
}

function nextWorkers(
  workers: readonly UiWorker[],
  change: UiChange,
): readonly UiWorker[] {
  if (!change.workers && !change.removedWorkerIds) return workers;
  const byId = new Map(workers.map((worker) => [worker.workerId, worker]));
  for (const worker of change.workers ?? []) byId.set(worker.workerId, worker);
  for (const id of change.removedWorkerIds ?? []) byId.delete(id);
  return [...byId.values()];
}
