/** How quick the window is: in a real Chromium, before a long queue on the real UI server. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { chromiumPath, launchBrowser } from "../fixtures/browser.ts";
import { serveLongQueue } from "../fixtures/long-queue.ts";
import {
  longTaskMs,
  scrollThrough,
  watchPage,
} from "../fixtures/page-watch.ts";
import { Skipped, type Bench, type Section } from "./section.ts";

async function run(bench: Bench): Promise<void> {
  if (chromiumPath === null) throw new Skipped("no Chromium is installed");
  const bundleFolder = path.join(bench.root, "dist", "renderer");
  bench.tell({
    name: "window's bundle, compressed",
    unit: "kB",
    values: [(await compressedBytes(path.join(bundleFolder, "assets"))) / 1000],
    target: { bound: "at-most", value: 250 },
  });
  const rounds = bench.isQuick ? 1 : 5;
  const readyS: number[] = [];
  const longestMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // A new browser each time: nothing is compiled or cached.
    const browser = await launchBrowser();
    bench.scope.keep(() => browser.close());
    const usual = await serveLongQueue(1_000, bundleFolder);
    const first = await watchPage(browser, usual.url);
    readyS.push((await first.readyMs()) / 1000);
    await first.close();
    await usual.close();
    const long = await serveLongQueue(10_000, bundleFolder);
    const watched = await watchPage(browser, long.url);
    await watched.readyMs();
    longestMs.push(
      await watched.longestTaskMs(() =>
        scrollThrough(watched.page, (step) => {
          if (step % 12 === 0) long.advance();
        }),
      ),
    );
    await watched.close();
    await long.close();
    await browser.close();
  }
  bench.tell({
    name: "load to first row, 1,000 jobs",
    unit: "s",
    values: readyS,
    target: { bound: "at-most", value: 1.5 },
  });
  bench.tell({
    name: "longest task, scrolling 10,000 rows (CPU)",
    unit: "ms",
    values: longestMs,
    target: { bound: "at-most", value: longTaskMs },
  });
}

async function compressedBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder))
    bytes += gzipSync(await readFile(path.join(folder, name))).length;
  return bytes;
}

export const window: Section = {
  name: "window",
  about: "the window's bundle, start and scrolling, in a real browser",
  run,
};
