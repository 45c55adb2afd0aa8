import { describe, expect, it } from "vitest";

import { SegmentTimes } from "../../../src-main/core/segment-times.ts";

/** Packets as `[pts, dts]` at 1000 ticks a second, the first a key frame. */
function timesOf(
  packets: readonly (readonly [number, number])[],
  flags = "K__",
): SegmentTimes {
  const times = new SegmentTimes(100);
  packets.forEach(([pts, dts], at) =>
    times.addLine([
      `pts=${String(pts)}`,
      `dts=${String(dts)}`,
      `flags=${at === 0 ? flags : "___"}`,
    ]),
  );
  return times;
}

describe("SegmentTimes", () => {
  const reordered = [
    [1000, 960],
    [1080, 1000],
    [1040, 1040],
  ] as const;

  it("accepts reordered frames at the expected times", () => {
    const times = timesOf(reordered);
    expect([...times.presentationTicks()]).toEqual([1000, 1040, 1080]);
    expect(
      times.problem(1000, 1, Float64Array.of(0, 40_000, 80_000)),
    ).toBeNull();
  });

  it("finds a frame at another time, also by two ticks only", () => {
    expect(
      timesOf(reordered).problem(1000, 1, Float64Array.of(0, 42_000, 80_000)),
    ).toBe("frame 1 is -2000 µs off");
  });

  it("finds decode times that do not rise", () => {
    const times = timesOf([
      [1000, 1000],
      [1040, 1000],
    ]);
    expect(times.problem(1000, 1, null)).toContain("frame 1");
  });

  it("finds a segment that does not begin with a key frame, or has no times", () => {
    expect(timesOf(reordered, "___").problem(1000, 1, null)).toContain("key");
    const times = new SegmentTimes(10);
    times.addLine(["pts=N/A", "dts=N/A", "flags=K"]);
    expect(times.problem(1000, 1, null)).toContain("no time");
    expect(new SegmentTimes(10).problem(1000, 1, null)).toBe(
      "there is no frame",
    );
  });

  it("keeps no more than its limit", () => {
    const times = new SegmentTimes(2);
    const line = (time: number): string[] => [
      `pts=${String(time)}`,
      `dts=${String(time)}`,
      "flags=K",
    ];
    expect(times.addLine(line(1))).toBe(true);
    expect(times.addLine(line(2))).toBe(false);
    times.addLine(line(3));
    expect(times.count).toBe(2);
    expect(times.isFull).toBe(true);
  });
});
