/**
 * Efficiency of 1, 4 and 8 equally slow workers: T1 / (N * TN). A quota makes
 * each worker (its node and its encoder together) a machine of its own with a
 * part of a core; the master is not limited, as its machine would not be.
 */
import { availableParallelism } from "node:os";
import path from "node:path";
import {
  benchPreset,
  plainVideoArguments,
  type RecipeWish,
} from "./bench-recipe.ts";
import { loopClip, makeClip } from "./bench-source.ts";
import { hasQuotas, makeCpuGroup, type CpuGroup } from "./cgroup.ts";
import { withFarm } from "./farm-processes.ts";
import { Scope } from "./scope.ts";
import { Skipped, type Bench, type Section } from "./section.ts";
import { freshName, timeTools } from "./tool-run.ts";

export const quotaRecipe: RecipeWish = {
  encoder: "x264",
  rate: { mode: "quality", quality: 23 },
  effort: "veryfast",
  audio: "copy",
};

/** Left for the master: cutting, checking and joining. */
const masterCores = 0.4;
const mostPerWorker = 0.25;
/** What one worker alone may take; the whole section is about two and a half times that. */
const aloneS = 330;
const clipS = 60;

async function run(bench: Bench): Promise<void> {
  if (!(await hasQuotas()))
    throw new Skipped("no cgroup v1 CPU controller to write to");
  const source = await quotaSource(bench);
  const counts = bench.isQuick ? [1, 2] : [1, 4, 8];
  const most = Math.max(...counts);
  const cores = await coresPerWorker(bench, most);
  bench.say(`each worker has ${(cores * 100).toFixed(1)} % of a core`);
  // The long run stands in the middle of the short ones it is compared with.
  const order = bench.isQuick ? [2, 1] : [8, 4, 1, 4, 8];
  const times = new Map<number, number[]>();
  for (const count of order) {
    const wallS = await timeFarm(bench, source, count, cores);
    bench.say(`${String(count)} workers: ${wallS.toFixed(1)} s`);
    times.set(count, [...(times.get(count) ?? []), wallS]);
  }
  const alone = times.get(1) ?? [];
  for (const count of counts.filter((one) => one > 1))
    bench.tell({
      name: `efficiency of ${String(count)} workers`,
      unit: "",
      values: (times.get(count) ?? []).flatMap((many) =>
        alone.map((one) => one / (count * many)),
      ),
      target: { bound: "at-least", value: 0.92 },
    });
}

async function timeFarm(
  bench: Bench,
  source: string,
  count: number,
  cores: number,
): Promise<number> {
  const scope = new Scope();
  bench.scope.keep(() => scope.close());
  try {
    const groups: CpuGroup[] = [];
    for (let at = 0; at < count; at += 1)
      groups.push(await makeCpuGroup(freshName("worker"), scope, true));
    const wish = {
      workers: groups.map((group) => ({ groups: [group], threads: 1 })),
      presets: [benchPreset("Bench", quotaRecipe)],
    };
    return await withFarm(bench, wish, async (farm) => {
      // Starting is not what is measured: only now they become slow.
      for (const group of groups) await group.limit(cores);
      const output = path.join(bench.folder, "scale.mkv");
      return (await farm.encode({ source, output, preset: "Bench" })).wallS;
    });
  } finally {
    await scope.close();
  }
}

/** Ten minutes, small pictures. */
export async function quotaSource(bench: Bench): Promise<string> {
  const clip = await quotaClip(bench);
  return loopClip(bench, clip, bench.isQuick ? 1 : 10);
}

export function quotaClip(bench: Bench): Promise<string> {
  return makeClip(bench, {
    width: bench.isQuick ? 320 : 640,
    height: bench.isQuick ? 180 : 360,
    seconds: bench.isQuick ? 30 : clipS,
    kilobitsPerSecond: bench.isQuick ? 400 : 1_200,
  });
}

/** So that one worker alone needs about `aloneS`, and all together leave the master its part. */
async function coresPerWorker(bench: Bench, workers: number): Promise<number> {
  const clip = await quotaClip(bench);
  const workS = (await workSeconds(bench, clip)) * (bench.isQuick ? 1 : 10);
  const wanted = workS / (bench.isQuick ? 20 : aloneS);
  const fair = (Math.min(2, availableParallelism()) - masterCores) / workers;
  return Math.max(0.05, Math.min(wanted, fair, mostPerWorker));
}

/** CPU time of one worker's encode of a clip, alone. */
export async function workSeconds(bench: Bench, clip: string): Promise<number> {
  const args = [
    ...["-nostdin", "-v", "error", "-y", "-threads", "1", "-i", clip, "-an"],
    ...plainVideoArguments(quotaRecipe, 1),
    ...["-f", "null", "-"],
  ];
  const { wallS, cpuS } = await timeTools(bench, [
    { program: bench.binaries.ffmpeg, args },
  ]);
  return cpuS ?? wallS;
}

export const scale: Section = {
  name: "scale",
  about: "efficiency of 1, 4 and 8 workers of equal, limited speed",
  run,
};
