/** Seconds from adding a source of several gigabytes to the first segment at work. */
import path from "node:path";
import { performance } from "node:perf_hooks";
import { benchPreset, type RecipeWish } from "./bench-recipe.ts";
import { withFarm, type BenchFarm } from "./farm-processes.ts";
import { forgetFile, largeSource } from "./large-source.ts";
import type { Bench, Section } from "./section.ts";

const recipe: RecipeWish = {
  encoder: "x264",
  rate: { mode: "quality", quality: 23 },
  effort: "ultrafast",
  audio: "copy",
  fit: { maxWidth: 320, maxHeight: 180 },
};

async function run(bench: Bench): Promise<void> {
  const wish = {
    workers: [1, 2].map(() => ({ groups: [], threads: 1 })),
    presets: [benchPreset("Bench", recipe)],
  };
  const rounds = bench.isQuick ? 1 : 3;
  for (const extension of ["mkv", "mp4"] as const) {
    const source = await largeSource(bench, extension);
    const cached: number[] = [];
    const cold: number[] = [];
    await withFarm(bench, wish, async (farm) => {
      for (let round = 0; round < rounds; round += 1) {
        if (await forgetFile(bench, source))
          cold.push(await firstWorkS(bench, farm, source));
        cached.push(await firstWorkS(bench, farm, source));
      }
    });
    for (const [how, values] of [
      ["not cached", cold],
      ["cached", cached],
    ] as const)
      if (values.length > 0)
        bench.tell({
          name: `add to first segment at work, ${extension}, ${how}`,
          unit: "s",
          values,
          target: { bound: "at-most", value: 2 },
        });
  }
}

/** Includes up to 0.2 s for which the node gathers its news. */
async function firstWorkS(
  bench: Bench,
  farm: BenchFarm,
  source: string,
): Promise<number> {
  const { connection } = farm;
  const startedMs = performance.now();
  const working = new Promise<number>((resolve, reject) => {
    const stop = connection.watch((state) => {
      if (state.jobs.some((job) => job.state === "failed"))
        reject(new Error("the job failed"));
      if (!state.workers.some(({ work }) => work.length > 0)) return;
      resolve((performance.now() - startedMs) / 1000);
      setImmediate(() => stop());
    }, reject);
  });
  const { jobIds, refused } = await connection.ask({
    type: "add-job",
    sources: [source],
    presetName: "Bench",
    output: path.join(bench.folder, "start.mkv"),
    overwrite: true,
    segmentS: null,
    priority: 0,
  });
  const jobId = jobIds[0];
  if (jobId === undefined) throw new Error(refused[0]?.failure.text ?? "?");
  const seconds = await working;
  await connection.ask({ type: "cancel-job", jobId });
  await untilIdle(farm);
  await connection.ask({ type: "remove-job", jobId });
  return seconds;
}

function untilIdle({ connection }: BenchFarm): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = connection.watch((state) => {
      if (state.workers.some(({ work }) => work.length > 0)) return;
      if (state.jobs.some(({ endedAtMs }) => endedAtMs === null)) return;
      resolve();
      setImmediate(() => stop());
    }, reject);
  });
}

export const start: Section = {
  name: "start",
  about: "seconds to the first segment at work, source of several GB",
  run,
};
