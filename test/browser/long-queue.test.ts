/** A queue of 10,000 jobs in the window: it can be read, searched and scrolled while it changes. */
import { describe, expect, test } from "vitest";
import { serveLongQueue } from "../fixtures/long-queue.ts";
import {
  longTaskMs,
  scrollThrough,
  watchPage,
} from "../fixtures/page-watch.ts";
import {
  bundleFolder,
  hasNoBrowser,
  rowOf,
  Windows,
} from "../fixtures/windows.ts";

const count = 10_000;

describe.skipIf(hasNoBrowser)("a long queue", () => {
  const windows = new Windows();

  test("10,000 rows are scrolled while they change without a task a person feels", async () => {
    const queue = await serveLongQueue(count, bundleFolder);
    const watched = await watchPage(windows.browser, queue.url);
    try {
      const { page } = watched;
      await watched.readyMs();
      const longest = await watched.longestTaskMs(() =>
        scrollThrough(page, (step) => {
          if (step % 12 === 0) queue.advance();
        }),
      );
      expect(longest).toBeLessThanOrEqual(longTaskMs);
      // Only what is in sight is drawn.
      expect(await page.locator("[data-job]").count()).toBeLessThan(40);
      await page.keyboard.press("End");
      await rowOf(page, `film number ${String(count - 1)}.mkv`).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("searchbox").fill("number 4321");
      await rowOf(page, "film number 4321.mkv").waitFor();
      expect(await page.locator("[data-job]").count()).toBe(1);
    } finally {
      await watched.close();
      await queue.close();
    }
  });
});
