import { assert } from "../core/assert.ts";
import { checkInvariants } from "../core/scheduler/invariants.ts";
import type { SchedulerEffect } from "../core/scheduler/effects.ts";
import type { SchedulerEvent } from "../core/scheduler/events.ts";
import type { SchedulerState } from "../core/scheduler/state.ts";
import { nextWakeMs, step } from "../core/scheduler/step.ts";

/** In production the invariants are checked once per so many events. */
const eventsPerInvariantCheck = 500;
/** Never sleep longer: clocks jump, laptops wake. */
const longestSleepMs = 5_000;

/**
 * Runs the pure scheduler: one event at a time, its effects in order, and a
 * timer for the next moment it wants to be asked again. Events that effects
 * cause are queued, never nested.
 */
export class SchedulerLoop {
  state: SchedulerState;
  private readonly pending: SchedulerEvent[] = [];
  private busy = false;
  private closed = false;
  private seen = 0;
  private timer: NodeJS.Timeout | null = null;
  private readonly carryOut: (effect: SchedulerEffect) => void;
  private readonly nowMs: () => number;

  constructor(
    state: SchedulerState,
    carryOut: (effect: SchedulerEffect) => void,
    nowMs: () => number,
  ) {
    this.state = state;
    this.carryOut = carryOut;
    this.nowMs = nowMs;
  }

  dispatch(event: SchedulerEvent): void {
    if (this.closed) return;
    this.pending.push(event);
    if (this.busy) return;
    this.busy = true;
    try {
      for (
        let next = this.pending.shift();
        next !== undefined;
        next = this.pending.shift()
      ) {
        this.take(next);
      }
    } finally {
      this.busy = false;
    }
    this.sleep();
  }

  close(): void {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private take(event: SchedulerEvent): void {
    const { state, effects } = step(this.state, event, this.nowMs());
    this.state = state;
    this.seen += 1;
    if (this.seen % eventsPerInvariantCheck === 0) {
      const broken = checkInvariants(state);
      assert(broken.length === 0, `scheduler invariants: ${broken.join("; ")}`);
    }
    for (const effect of effects) this.carryOut(effect);
  }

  private sleep(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    const wakeMs = nextWakeMs(this.state, this.nowMs());
    if (wakeMs === null || this.closed) return;
    const delayMs = Math.min(
      Math.max(wakeMs - this.nowMs(), 5),
      longestSleepMs,
    );
    this.timer = setTimeout(() => {
      this.dispatch({ type: "ticked" });
    }, delayMs);
    this.timer.unref();
  }
}
