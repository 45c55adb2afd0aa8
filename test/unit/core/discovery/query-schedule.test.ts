import { describe, expect, test } from "vitest";
import { goneAfterMs } from "../../../../src-main/core/discovery/peer-table.ts";
import { QuerySchedule } from "../../../../src-main/core/discovery/query-schedule.ts";

/** When it asks, up to a time, while the quietest peer was heard at `leastSeenMs`. */
function askedUntil(
  schedule: QuerySchedule,
  endMs: number,
  leastSeenMs: number | null = null,
): number[] {
  const times: number[] = [];
  for (;;) {
    const atMs = schedule.nextAtMs(leastSeenMs);
    if (atMs > endMs) return times;
    schedule.asked(atMs, 0.5);
    times.push(Math.round(atMs));
  }
}

describe("when to ask", () => {
  test("D7 a search is eager, then slows down to once a minute", () => {
    const times = askedUntil(new QuerySchedule(0), 600_000);
    expect(times.slice(0, 5)).toEqual([0, 200, 520, 1032, 1851]);
    const pauses = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    expect(Math.max(...pauses)).toBe(60_000);
    expect(times.length).toBeLessThan(25);
  });

  test("D7 it starts anew when told", () => {
    const schedule = new QuerySchedule(0);
    askedUntil(schedule, 100_000);
    schedule.restart(100_500);
    expect(askedUntil(schedule, 102_000)).toEqual([
      100_500, 100_700, 101_020, 101_532,
    ]);
  });

  test("D8 a silent peer is asked after more than ten times before it is gone", () => {
    const schedule = new QuerySchedule(-1e9);
    askedUntil(schedule, 0);
    const times = askedUntil(schedule, goneAfterMs, 0).filter(
      (time) => time > 0,
    );
    expect(times[0]).toBeGreaterThanOrEqual(4_000);
    expect(times[0]).toBeLessThanOrEqual(4_800);
    expect(times.length).toBeGreaterThan(10);
  });

  test("D8 a peer that answers is asked after every four to five seconds", () => {
    const schedule = new QuerySchedule(-1e9);
    askedUntil(schedule, 0);
    let heardMs = 0;
    for (let turn = 0; turn < 5; turn += 1) {
      const atMs = schedule.nextAtMs(heardMs);
      schedule.asked(atMs, 0.9);
      expect(atMs - heardMs).toBeGreaterThanOrEqual(4_000);
      expect(atMs - heardMs).toBeLessThanOrEqual(4_800);
      heardMs = atMs;
    }
  });
});
