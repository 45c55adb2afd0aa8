import { callerTime, clockAt } from "./clock.ts";
import { isAble } from "./eligibility.ts";
import type { SchedulerState, Worker } from "./state.ts";
import type { Turn } from "./turn.ts";
import { wakeWorkers } from "./turn.ts";

/** When `ticked` is needed next if nothing else happens, in the caller's time; null: not at all. */
export function nextWakeMs(
  state: SchedulerState,
  nowMs: number,
): number | null {
  const clockMs = clockAt(state, nowMs);
  let nextMs = Infinity;
  const at = (ms: number): void => {
    if (ms < nextMs) nextMs = ms;
  };
  let mayHelp = false;
  for (const worker of state.workers.values()) {
    for (const block of worker.blocks.values()) at(block.untilMs);
    if (worker.presence !== "present") continue;
    at(worker.doubtedUntilMs ?? worker.heardAtMs + state.config.leaseMs);
    if (worker.suspendedSinceMs !== null && worker.attempts.length > 0)
      at(worker.suspendedSinceMs + state.config.suspendedGraceMs);
    if (worker.restUntilMs > clockMs) at(worker.restUntilMs);
    if (hasRoom(worker)) mayHelp = true;
  }
  for (const job of state.order)
    if (job.status.kind === "held") at(job.status.untilMs);
  if (mayHelp && state.attempts.size > 0 && !state.queuePaused)
    at(clockMs + state.config.tailTickMs);
  if (nextMs === Infinity) return null;
  // The present is behind the last step's clock by what has gone by since.
  return Math.max(nowMs, callerTime(state, nextMs));
}

function hasRoom(worker: Worker): boolean {
  return (
    worker.availability.kind === "ready" &&
    worker.attempts.length < worker.slots
  );
}

/** Jobs whose waiting time is over go on; jobs nobody can do are noted. */
export function expireJobs(turn: Turn): void {
  const { state, nowMs } = turn;
  for (const job of state.order) {
    if (job.status.kind === "held" && job.status.untilMs <= nowMs) {
      job.status = { kind: "open" };
      wakeWorkers(turn);
    }
    let able = false;
    for (const worker of state.workers.values())
      able ||= isAble(worker, job, job.needs);
    if (able) job.unableSinceMs = null;
    else job.unableSinceMs ??= nowMs;
  }
}
