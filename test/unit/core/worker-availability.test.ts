import { describe, expect, it } from "vitest";
import {
  availabilityAt,
  noReadings,
  threadsFor,
  type LocalMoment,
  type OwnerReadings,
} from "../../../src-main/core/worker-availability.ts";
import {
  allHoursOfDay,
  noLimits,
  withHour,
  type WorkerLimits,
} from "../../../src-main/core/worker-limits.ts";

const mondayNine: LocalMoment = { nowMs: 1_000_000, day: 1, hour: 9 };

function reasonOf(
  limits: Partial<WorkerLimits>,
  readings: Partial<OwnerReadings> = {},
  moment: LocalMoment = mondayNine,
): string {
  const found = availabilityAt(
    { ...noLimits, ...limits },
    { ...noReadings, ...readings },
    moment,
  );
  return found.kind === "suspended" ? found.reason : found.kind;
}

describe("a worker's availability", () => {
  it("is ready without limits, whatever is read", () => {
    expect(reasonOf({})).toBe("ready");
    expect(reasonOf({}, { idleS: 0, isOnMains: false })).toBe("ready");
  });

  it("stands still when switched off", () => {
    expect(reasonOf({ isEnabled: false })).toBe("switched-off");
  });

  it("is paused until the moment, not after it", () => {
    expect(reasonOf({ pausedUntilMs: 1_000_001 })).toBe("paused");
    expect(reasonOf({ pausedUntilMs: 1_000_000 })).toBe("ready");
  });

  it("keeps to the hours of the week", () => {
    const week = new Array<number>(7).fill(allHoursOfDay);
    const withoutMondayNine = withHour(week, 1, 9, false);
    expect(reasonOf({ hours: withoutMondayNine })).toBe("outside-hours");
    const atTen = { ...mondayNine, hour: 10 };
    expect(reasonOf({ hours: withoutMondayNine }, {}, atTen)).toBe("ready");
    const tuesday = { ...mondayNine, day: 2 };
    expect(reasonOf({ hours: withoutMondayNine }, {}, tuesday)).toBe("ready");
  });

  it("minds the battery only when told to, and only when it is known", () => {
    expect(reasonOf({ onlyOnMains: true }, { isOnMains: false })).toBe(
      "on-battery",
    );
    expect(reasonOf({ onlyOnMains: true }, { isOnMains: true })).toBe("ready");
    expect(reasonOf({ onlyOnMains: true }, { isOnMains: null })).toBe("ready");
  });

  it("makes room for its owner until the computer was idle long enough", () => {
    expect(reasonOf({ idleMinutes: 5 }, { idleS: 299 })).toBe("in-use");
    expect(reasonOf({ idleMinutes: 5 }, { idleS: 300 })).toBe("ready");
    expect(reasonOf({ idleMinutes: 5 }, { idleS: null })).toBe("ready");
  });
});

describe("threads for a share of the processor", () => {
  it("leaves the encoder alone at the whole processor", () => {
    expect(threadsFor(noLimits, 8)).toBeNull();
  });

  it("rounds down, but never to none", () => {
    expect(threadsFor({ ...noLimits, cpuPercent: 50 }, 8)).toBe(4);
    expect(threadsFor({ ...noLimits, cpuPercent: 60 }, 4)).toBe(2);
    expect(threadsFor({ ...noLimits, cpuPercent: 10 }, 2)).toBe(1);
  });

  it("takes the owner's number where it is lower", () => {
    const limits = { ...noLimits, threads: 3 };
    expect(threadsFor(limits, 8)).toBe(3);
    expect(threadsFor({ ...limits, cpuPercent: 25 }, 8)).toBe(2);
  });
});
