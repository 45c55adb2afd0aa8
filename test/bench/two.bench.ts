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
import { cpuSecondsOf, ownCpuSecondsOf } from "./process-figures.ts";
import { freshName, timeTools, type Timed } from "./tool-run.ts";

const recipe: RecipeWish = {
  encoder: "x264",
  rate: { mode: "quality", quality: 22 },
  effort: "fast",
  audio: "aac",
};

/** Long enough that joining and the last parts are as much of it as of a film; three pairs take eight minutes. */
const clipS = 40;
const clips = 5;

async function run(bench: Bench): Promise<void> {
  const clip = await makeClip(bench, {
    width: bench.isQuick ? 320 : 1280,
    height: bench.isQuick ? 180 : 720,
    seconds: bench.isQuick ? 20 : clipS,
    kilobitsPerSecond: bench.isQuick ? 600 : 4_000,
  });
  const source = await loopClip(bench, clip, bench.isQuick ? 1 : clips);
  bench.say(`the film has ${String(bench.isQuick ? 20 : clips * clipS)} s`);
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
      const sharesBefore = await cpuShares(farm);
      const { wallS, figures } = await farm.encode({
        source,
        output,
        preset: "Bench",
      });
      const after = await cpuNow();
      const shares = (await cpuShares(farm)).map(({ of, cpuS }, at) => ({
        of,
        cpuS: cpuS - (sharesBefore[at]?.cpuS ?? NaN),
      }));
      const cpuS = before === null || after === null ? null : after - before;
      bench.say(
        `${String(figures.segmentCount)} segments; CPU: ${sharesText(cpuS, shares)}`,
      );
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

interface CpuShare {
  readonly of: string;
  readonly cpuS: number;
}

/** Who used how much so far, but for the encoders: a sandbox's processes are not among its parent's. */
async function cpuShares(farm: BenchFarm): Promise<CpuShare[]> {
  const { masterPid, workerPids } = farm;
  const masterOwn = (await ownCpuSecondsOf(masterPid)) ?? NaN;
  const masterAll = (await cpuSecondsOf(masterPid)) ?? NaN;
  return [
    // Index, cuts, inspection of parts, join and its verification.
    { of: "the master's ffmpegs and ffprobes", cpuS: masterAll - masterOwn },
    { of: "the master's node", cpuS: masterOwn },
    { of: "the workers' nodes", cpuS: await sumOf(workerPids) },
  ];
}

/** What is left of the whole is the encoders': more than the plain one's is pre-roll, start and bounds. */
function sharesText(cpuS: number | null, shares: readonly CpuShare[]): string {
  const others = shares.reduce((sum, share) => sum + share.cpuS, 0);
  const all = [
    ...(cpuS === null ? [] : [{ of: "encoders", cpuS: cpuS - others }]),
    ...shares,
  ];
  return all.map((share) => `${share.of} ${seconds(share.cpuS)}`).join(", ");
}

async function sumOf(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map(ownCpuSecondsOf));
  return each.reduce<number>((sum, value) => sum + (value ?? NaN), 0);
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
