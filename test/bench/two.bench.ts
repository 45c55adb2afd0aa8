/** Two one-thread workers against plain ffmpeg on the same two cores. */
import path from "node:path";
import { withFarm, type BenchFarm } from "./farm-processes.ts";
import {
  benchPreset,
  plainArguments,
  type RecipeWish,
} from "./bench-recipe.ts";
import { loopClip, makeClip } from "./bench-source.ts";
import { makeCpuGroup } from "./cgroup.ts";
import type { Bench, Section } from "./section.ts";
import { ownCpuSecondsOf } from "./process-figures.ts";
import { freshName, timeTools, type Timed } from "./tool-run.ts";

const recipe: RecipeWish = {
  encoder: "x264",
  rate: { mode: "quality", quality: 22 },
  effort: "fast",
  audio: "aac",
};

async function run(bench: Bench): Promise<void> {
  const clip = await makeClip(bench, {
    width: bench.isQuick ? 320 : 1280,
    height: bench.isQuick ? 180 : 720,
    seconds: bench.isQuick ? 20 : 40,
    kilobitsPerSecond: bench.isQuick ? 600 : 4_000,
  });
  const source = await loopClip(bench, clip, bench.isQuick ? 1 : 2);
  const group = await makeCpuGroup(freshName("two"), bench.scope);
  const groups = [group];
  const wish = {
    masterGroups: groups,
    workers: [1, 2].map(() => ({ groups, threads: 1 })),
    presets: [benchPreset("Bench", recipe)],
  };
  await withFarm(bench, wish, async (farm) => {
    const cpuNow = async (): Promise<number | null> =>
      (await group.cpuSeconds()) ?? (await farm.cpuSeconds());
    const farmRun = async (): Promise<Timed> => {
      const output = path.join(bench.folder, "two-farm.mkv");
      const before = await cpuNow();
      const nodesBefore = await nodesCpu(farm);
      const { wallS, figures } = await farm.encode({
        source,
        output,
        preset: "Bench",
      });
      const after = await cpuNow();
      const nodesAfter = await nodesCpu(farm);
      bench.say(
        `${String(figures.segmentCount)} segments; CPU of master and workers without their ffmpegs: ${nodesAfter.map((value, at) => (value - (nodesBefore[at] ?? NaN)).toFixed(2)).join(" + ")} s`,
      );
      const cpuS = before === null || after === null ? null : after - before;
      return { wallS, cpuS };
    };
    const plainRun = (): Promise<Timed> => {
      const output = path.join(bench.folder, "two-plain.mkv");
      const args = plainArguments(recipe, source, output);
      return timeTools(bench, [{ program: bench.binaries.ffmpeg, args }]);
    };
    await compare(bench, plainRun, farmRun);
  });
}

function nodesCpu(farm: BenchFarm): Promise<number[]> {
  const pids = [farm.masterPid, ...farm.workerPids];
  return Promise.all(
    pids.map(async (pid) => (await ownCpuSecondsOf(pid)) ?? NaN),
  );
}

async function compare(
  bench: Bench,
  plainRun: () => Promise<Timed>,
  farmRun: () => Promise<Timed>,
): Promise<void> {
  const wall: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round < (bench.isQuick ? 1 : 3); round += 1) {
    const plain = await plainRun();
    const farm = await farmRun();
    bench.say(
      `plain ${seconds(plain.wallS)} wall ${seconds(plain.cpuS)} CPU, farm ${seconds(farm.wallS)} wall ${seconds(farm.cpuS)} CPU`,
    );
    wall.push(farm.wallS / plain.wallS);
    if (farm.cpuS !== null && plain.cpuS !== null)
      cpu.push(farm.cpuS / plain.cpuS);
  }
  bench.tell({
    name: "wall, farm over plain ffmpeg",
    unit: "",
    values: wall,
    target: { bound: "at-most", value: 1.03 },
  });
  if (cpu.length > 0)
    bench.tell({
      name: "CPU, farm over plain ffmpeg",
      unit: "",
      values: cpu,
      target: { bound: "at-most", value: 1.05 },
    });
}

function seconds(value: number | null): string {
  return value === null ? "?" : `${value.toFixed(2)} s`;
}

export const two: Section = {
  name: "two",
  about: "two one-thread workers against plain ffmpeg on the same cores",
  run,
};
