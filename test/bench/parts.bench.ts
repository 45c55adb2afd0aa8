/** Parts on their own: the store at the size it must bear, the scheduler's step. */
import path from "node:path";
import type { Section } from "./section.ts";
import { measureStore } from "./store.bench.ts";
import { runTool } from "./tool-run.ts";

export const store: Section = {
  name: "store",
  about: "cost of a change and of a start with 10,000 jobs of 100 segments",
  run: async (bench) => {
    const figures = bench.isQuick
      ? await measureStore(300, 20, 60)
      : await measureStore(10_000, 100, 600);
    bench.say(
      `${String(figures.jobs)} jobs of ${String(figures.segmentsPerJob)} segments`,
    );
    const told: readonly [string, string, number][] = [
      ["change, median", "ms", figures.changeMsMedian],
      ["change, 99th percentile", "ms", figures.changeMsP99],
      ["written per change", "kB", figures.bytesPerChange / 1000],
      ["start", "ms", figures.startMs],
      ["memory of the heap", "MB", figures.heapMegabytes],
    ];
    for (const [name, unit, value] of told)
      bench.tell({ name, unit, values: [value], target: null });
  },
};

export const scheduler: Section = {
  name: "scheduler",
  about: "cost of a step with 64 workers and 100,000 seconds of film",
  run: async (bench) => {
    const start = path.join(bench.root, "test/simulation/start.js");
    const { stdout } = await runTool(bench, process.execPath, [
      ...[start, "--bench"],
    ]);
    for (const line of stdout.trim().split("\n")) bench.say(line);
  },
};
