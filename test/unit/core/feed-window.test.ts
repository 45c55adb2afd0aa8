import { expect, test } from "vitest";
import { FeedWindow } from "../../../src-main/core/feed-window.ts";

const kib = 1024;

/** Takes bytes at a steady rate, told every tenth of a second. */
function take(
  window: FeedWindow,
  bytesPerSecond: number,
  fromMs: number,
  forMs: number,
  from = 0,
): number {
  let bytes = from;
  for (let ms = 0; ms <= forMs; ms += 100) {
    bytes = from + (bytesPerSecond * ms) / 1000;
    window.took(bytes, fromMs + ms);
  }
  return bytes;
}

test("before anything is known it is small", () => {
  expect(new FeedWindow().bytes).toBe(128 * kib);
});

test("it becomes what is taken in a quarter of a second", () => {
  const window = new FeedWindow();
  take(window, 2_000_000, 0, 600);
  expect(window.bytes).toBe(500_000);
});

test("a slow reader keeps the least, in which it can still confirm", () => {
  const window = new FeedWindow();
  take(window, 10_000, 0, 5_000);
  expect(window.bytes).toBe(128 * kib);
});

test("it closes by halves when the reader becomes slow", () => {
  const window = new FeedWindow();
  const bytes = take(window, 4_000_000, 0, 1_000);
  expect(window.bytes).toBe(1_000_000);
  take(window, 0, 1_000, 500, bytes);
  expect(window.bytes).toBe(500_000);
  take(window, 0, 1_500, 500, bytes);
  expect(window.bytes).toBe(250_000);
});
