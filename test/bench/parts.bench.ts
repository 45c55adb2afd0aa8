/** Parts on their own: the store at the size it must bear, the scheduler's step. */
import path from "node:path";
import type { Section } from "./section.ts";
import { measureStore, type ChangeFigures } from "./store.bench.ts";
import { runTool } from "./tool-run.ts";

export const store: Section = {
  name: "store",
  about: "cost of a change and of a start with 10,000 jobs of 100 segments",
  run: async (bench) => {
    const figures = bench.isQuick
      ? await measureStore(300, 20, 60)
      : await measureStore(10_000, 100, 1000);
    bench.say(
      `${String(figures.jobs)} jobs of ${String(figures.segmentsPerJob)} segments`,
    );
    const told: readonly [string, string, number][] = [
      ...changeRows("while the journal is folded", figures.whileFolding),
      ...changeRows("quiet", figures.quiet),
      ["folding the journal", "s", figures.foldS],
      ["written per change", "kB", figures.bytesPerChange / 1000],
      ["start with a full journal", "ms", figures.startMs],
      ["memory of the heap", "MB", figures.heapMegabytes],
    ];
    for (const [name, unit, value] of told)
      bench.tell({ name, unit, values: [value], target: null });
  },
};

function changeRows(
  when: string,
  { whole, disk, own, bareFile }: ChangeFigures,
): [string, string, number][] {
  return [
    [`change, ${when}, median`, "ms", whole.median],
    [`change, ${when}, 99th percentile`, "ms", whole.p99],
    [`of it the disk, 99th percentile`, "ms", disk.p99],
    [`of it the store itself, 99th percentile`, "ms", own.p99],
    [`a bare file's sync meanwhile, 99th percentile`, "ms", bareFile.p99],
  ];
}

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
