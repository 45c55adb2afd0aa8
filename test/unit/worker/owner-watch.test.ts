import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Availability } from "../../../src-main/core/scheduler/events.ts";
import {
  noLimits,
  type WorkerLimits,
} from "../../../src-main/core/worker-limits.ts";
import { OwnerWatch } from "../../../src-main/worker/owner-watch.ts";

describe("the watch over an owner's limits", () => {
  let limits: WorkerLimits;
  let isOnMains: boolean | null;
  let heard: string[];
  let watch: OwnerWatch;

  beforeEach(() => {
    vi.useFakeTimers({ now: new Date(2026, 10, 20, 9, 59, 58) });
    limits = noLimits;
    isOnMains = null;
    heard = [];
    watch = new OwnerWatch({
      limits: () => limits,
      readIsOnMains: () => Promise.resolve(isOnMains),
      nowMs: () => Date.now(),
      onAvailability: (availability: Availability) => {
        heard.push(
          availability.kind === "suspended"
            ? availability.reason
            : availability.kind,
        );
      },
    });
  });
  afterEach(() => {
    watch.close();
    vi.useRealTimers();
  });

  it("tells once, and again only when something changed", async () => {
    await watch.look();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(heard).toEqual(["ready"]);
  });

  it("sees a pause end by itself", async () => {
    limits = { ...noLimits, pausedUntilMs: Date.now() + 5_000 };
    await watch.look();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(heard).toEqual(["paused", "ready"]);
  });

  it("sees the hour strike", async () => {
    // Friday: every hour but ten o'clock.
    const hours = [0, 0, 0, 0, 0, ~(1 << 10) & 0xffffff, 0];
    limits = { ...noLimits, hours };
    await watch.look();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(heard).toEqual(["ready", "outside-hours"]);
  });

  it("stops within a second of the owner's return, as a shell tells it", async () => {
    limits = { ...noLimits, idleMinutes: 1 };
    watch.tell({ idleS: 600, isOnMains: null });
    watch.tell({ idleS: 0, isOnMains: null });
    expect(heard).toEqual(["ready", "in-use"]);
    expect(watch.knowsIdle).toBe(true);
  });

  it("does not believe a shell that has gone", async () => {
    limits = { ...noLimits, idleMinutes: 1 };
    watch.tell({ idleS: 0, isOnMains: null });
    await vi.advanceTimersByTimeAsync(17_000);
    expect(heard).toEqual(["in-use", "ready"]);
    expect(watch.knowsIdle).toBe(false);
  });

  it("asks the system for mains where no shell tells", async () => {
    limits = { ...noLimits, onlyOnMains: true };
    isOnMains = false;
    await watch.look();
    isOnMains = true;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(heard).toEqual(["on-battery", "ready"]);
  });
});
