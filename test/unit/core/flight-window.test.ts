import { describe, expect, test } from "vitest";
import { FlightWindow } from "../../../src-main/core/flight-window.ts";

const frameBytes = 256 * 1024;
const transfer = {};
let nowMs = 0;

/** Confirms frames of each transfer in turn at a rate, for a while. */
function flow(
  window: FlightWindow,
  megabytesPerSecond: number,
  forMs: number,
  transfers: readonly object[] = [transfer],
): number | null {
  const stepMs = frameBytes / (megabytesPerSecond * 1000);
  const endMs = nowMs + forMs;
  for (let n = 0; nowMs < endMs; n += 1, nowMs += stepMs)
    window.took(transfers[n % transfers.length] ?? transfer, frameBytes, nowMs);
  return window.eachBytes;
}

describe("what may be on its way", () => {
  test("is bounded on a wire, and as before on anything slower", () => {
    expect(flow(new FlightWindow(), 117, 1_000)).toBeLessThan(750_000);
    expect(flow(new FlightWindow(), 40, 1_000)).toBeNull();
  });

  test("is shared by those that move, each with room for a frame", () => {
    const three = [{}, {}, {}];
    expect(flow(new FlightWindow(), 117, 1_000, three)).toBe(frameBytes);
    const uneven = Array.from({ length: 20 }, (_, n) =>
      n === 0 ? {} : transfer,
    );
    expect(flow(new FlightWindow(), 117, 1_000, uneven)).toBeGreaterThan(
      600_000,
    );
  });

  test("is widened again where narrowing costs throughput, and not tried again at once", () => {
    const window = new FlightWindow();
    expect(flow(window, 117, 500)).not.toBeNull();
    expect(flow(window, 80, 200)).not.toBeNull();
    expect(flow(window, 80, 500)).toBeNull();
    expect(flow(window, 117, 20_000)).toBeNull();
    expect(flow(window, 117, 20_000)).not.toBeNull();
  });

  test("a pause says nothing of the rate", () => {
    const window = new FlightWindow();
    const before = flow(window, 117, 500);
    nowMs += 60_000;
    window.took(transfer, frameBytes, nowMs);
    expect(flow(window, 117, 90)).toBe(before);
  });
});
