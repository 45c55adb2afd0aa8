import type { JobState, UiJob, UiSnapshot } from "../protocol/ui-contract.ts";

const working: ReadonlySet<JobState> = new Set([
  "preparing",
  "encoding",
  "stitching",
]);
const unfinished: ReadonlySet<JobState> = new Set([
  ...working,
  "waiting",
  "paused",
]);

export function isWorking(job: UiJob): boolean {
  return working.has(job.state);
}

export function isUnfinished(job: UiJob): boolean {
  return unfinished.has(job.state);
}

/**
 * How much of what people wait for is done, 0 to 1; null with nothing to wait
 * for. Jobs count by their length. Those that ended since the oldest waiting
 * one was added count as well, so that a bar never falls back because a job ended.
 */
export function queueProgress({ jobs }: UiSnapshot): number | null {
  const waiting = jobs.filter(isUnfinished);
  if (waiting.length === 0) return null;
  const sinceMs = Math.min(...waiting.map((job) => job.createdAtMs));
  let whole = 0;
  let done = 0;
  for (const job of jobs) {
    const isEnded = job.state === "done" && (job.endedAtMs ?? 0) >= sinceMs;
    if (!isEnded && !isUnfinished(job)) continue;
    const weight = job.durationS ?? 1;
    whole += weight;
    done += weight * (isEnded ? 1 : job.progressRatio);
  }
  return whole === 0 ? 0 : Math.min(1, done / whole);
}
