/** Most memory of the node processes (not their ffmpegs) while gigabytes pass through. */
import path from "node:path";
import { benchPreset, type RecipeWish } from "./bench-recipe.ts";
import { withFarm } from "./farm-processes.ts";
import { largeSource } from "./large-source.ts";
import { peakMemoryBytes } from "./process-figures.ts";
import { Skipped, type Bench, type Section } from "./section.ts";

/** Quick to encode, so that the wire is busy. */
const small: RecipeWish = {
  encoder: "x264",
  rate: { mode: "quality", quality: 28 },
  effort: "ultrafast",
  audio: "copy",
  fit: { maxWidth: 160, maxHeight: 90 },
};

async function run(bench: Bench): Promise<void> {
  if ((await peakMemoryBytes(process.pid)) === null)
    throw new Skipped("no /proc here");
  const source = await largeSource(bench, "mkv");
  const wish = {
    workers: [1, 2].map(() => ({ groups: [], threads: null })),
    presets: [benchPreset("Bench", small)],
  };
  await withFarm(bench, wish, async (farm) => {
    const pids = [farm.masterPid, ...farm.workerPids];
    const before = await Promise.all(pids.map(megabytes));
    const output = path.join(bench.folder, "memory.mkv");
    const { figures, wallS } = await farm.encode({
      source,
      output,
      preset: "Bench",
    });
    bench.say(
      `${(figures.bytesSent / 1e9).toFixed(2)} GB sent in ${wallS.toFixed(0)} s; idle before: ${before.map((value) => value.toFixed(0)).join(", ")} MB`,
    );
    const peaks = await Promise.all(pids.map(megabytes));
    const tell = (name: string, values: readonly number[]): void =>
      bench.tell({
        name,
        unit: "MB",
        values,
        target: { bound: "at-most", value: 150 },
      });
    tell("most memory of the master", peaks.slice(0, 1));
    tell("most memory of a worker", peaks.slice(1));
  });
}

async function megabytes(pid: number): Promise<number> {
  return ((await peakMemoryBytes(pid)) ?? NaN) / 1e6;
}

export const memory: Section = {
  name: "memory",
  about: "most memory of master and workers while gigabytes pass",
  run,
};
