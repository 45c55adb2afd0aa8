/**
 * Watches over the owner's limits: looks at clock and readings, and tells the
 * worker when it may work and when not. The owner comes first, so it looks
 * often while an encode could be in the way.
 */
import type { Availability } from "../core/scheduler/events.ts";
import {
  availabilityAt,
  noReadings,
  type OwnerReadings,
} from "../core/worker-availability.ts";
import type { WorkerLimits } from "../core/worker-limits.ts";

/** A returning owner waits at most so long for the machine. */
const lookEveryMs = 1_000;
/** What a shell told is believed so long; a shell that is gone must not stop the worker for ever. */
const readingsLastMs = 15_000;

export interface OwnerWatchOptions {
  readonly limits: () => WorkerLimits;
  /** Null where the system itself does not tell. */
  readonly readIsOnMains: () => Promise<boolean | null>;
  readonly nowMs: () => number;
  readonly onAvailability: (availability: Availability) => void;
}

export class OwnerWatch {
  readonly #options: OwnerWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #told: OwnerReadings = noReadings;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #isOnMains: boolean | null = null;
  #looking = false;
  #last = "";
  #closed = false;
  availability: Availability = { kind: "ready" };

  constructor(options: OwnerWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), lookEveryMs);
    this.#timer.unref();
  }

  /** What a desktop shell knows; to be told again at least every 15 s. */
  tell(readings: OwnerReadings): void {
    this.#told = readings;
    this.#toldAtMs = this.#options.nowMs();
    this.#decide();
  }

  /** Whether somebody tells how long the machine was left alone. */
  get knowsIdle(): boolean {
    return this.#readings().idleS !== null;
  }

  /** Looks now; also after the limits changed. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      if (this.#options.limits().onlyOnMains)
        this.#isOnMains = await this.#options.readIsOnMains().catch(() => null);
      this.#decide();
    } finally {
      this.#looking = false;
    }
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  #readings(): OwnerReadings {
    const isFresh = this.#options.nowMs() - this.#toldAtMs <= readingsLastMs;
    const told = isFresh ? this.#told : noReadings;
    return { ...told, isOnMains: told.isOnMains ?? this.#isOnMains };
  }

  #decide(): void {
    if (this.#closed) return;
    const nowMs = this.#options.nowMs();
    const local = new Date(nowMs);
    this.availability = availabilityAt(
      this.#options.limits(),
      this.#readings(),
      { nowMs, day: local.getDay(), hour: local.getHours() },
    );
    const text = JSON.stringify(this.availability);
    if (text === this.#last) return;
    this.#last = text;
    this.#options.onAvailability(this.availability);
  }
}
