import type { SchedulerState } from "./state.ts";

/**
 * The scheduler's own time for a caller's time. It never goes back, and a gap
 * in which the master itself was asleep does not count: nobody was silent then.
 */
export function clockAt(state: SchedulerState, nowMs: number): number {
  if (state.callerMs === null) return Math.max(state.clockMs, nowMs);
  const gapMs = nowMs - state.callerMs;
  if (gapMs <= 0) return state.clockMs;
  const slept = gapMs > state.config.sleepGapMs && someonePresent(state);
  return slept ? state.clockMs : state.clockMs + gapMs;
}

/** The caller's time at which the scheduler's own clock will show `clockMs`. */
export function callerTime(state: SchedulerState, clockMs: number): number {
  return clockMs - state.clockMs + (state.callerMs ?? state.clockMs);
}

function someonePresent(state: SchedulerState): boolean {
  for (const worker of state.workers.values())
    if (worker.presence === "present") return true;
  return false;
}
