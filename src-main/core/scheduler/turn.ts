import type { SchedulerEffect } from "./effects.ts";
import type { SchedulerState } from "./state.ts";

/** One step under way: the state it changes, the scheduler's time, and what it wants done. */
export interface Turn {
  readonly state: SchedulerState;
  readonly nowMs: number;
  /** Since the last step. */
  readonly gapMs: number;
  readonly effects: SchedulerEffect[];
}

/** There may be new work for workers that found none. */
export function wakeWorkers(turn: Turn): void {
  turn.state.workVersion++;
}
