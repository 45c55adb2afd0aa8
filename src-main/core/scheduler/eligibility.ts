import type { Job, SchedulerState, Task, Worker } from "./state.ts";

/** Under which capability failures of such a task are counted: its encoder, so that other encoders stay usable. */
export function blockKey(needs: readonly string[]): string {
  return (
    needs.find((key) => key.startsWith("encoder:")) ??
    needs.find((key) => key.startsWith("audio:")) ??
    needs[0] ??
    "any"
  );
}

/** Capabilities a worker must have for a task; for a segment still to be cut, pass null. */
export function needsOf(job: Job, task: Task | null): readonly string[] {
  return task?.kind === "audio" ? task.needs : job.needs;
}

/** The first capability a worker lacks, or null. */
export function missingCapability(
  worker: Worker,
  needs: readonly string[],
): string | null {
  for (const key of needs) if (!worker.capabilities.has(key)) return key;
  return null;
}

/** Chosen for the job and able to do it, whatever its state now. */
export function isAble(
  worker: Worker,
  job: Job,
  needs: readonly string[],
): boolean {
  if (worker.presence !== "present") return false;
  if (job.allowedWorkers !== null && !job.allowedWorkers.has(worker.workerId))
    return false;
  return missingCapability(worker, needs) === null;
}

/** Whether a worker is set aside for this kind of work now (soft: it ends by itself). */
export function isBlocked(
  worker: Worker,
  needs: readonly string[],
  nowMs: number,
): boolean {
  if (worker.blocks.size === 0) return false;
  const block = worker.blocks.get(blockKey(needs));
  return block !== undefined && block.untilMs > nowMs;
}

/** Able and not set aside: may be given the task now or soon. */
export function isEligible(
  worker: Worker,
  job: Job,
  needs: readonly string[],
  nowMs: number,
): boolean {
  return isAble(worker, job, needs) && !isBlocked(worker, needs, nowMs);
}

/** Present, willing and rested. */
export function takesWork(worker: Worker, nowMs: number): boolean {
  return (
    worker.presence === "present" &&
    worker.availability.kind === "ready" &&
    worker.restUntilMs <= nowMs
  );
}

/** How many workers may do the task, tired or busy ones included. */
export function countEligible(
  state: SchedulerState,
  job: Job,
  needs: readonly string[],
  nowMs: number,
): number {
  let count = 0;
  for (const worker of state.workers.values())
    if (isEligible(worker, job, needs, nowMs)) count++;
  return count;
}
