/**
 * One worker becomes twenty times slower half way. The makespan beside the
 * ideal one, with and without stealing and duplicates.
 *
 * Ideal: an undisturbed run of N equal workers takes T, so the work is N * T
 * worker-seconds; when the fault comes at t, N * t of it is done and the rest
 * goes at N - 1 + 1/20: ideal = t + N * (T - t) / (N - 0.95).
 */
import path from "node:path";
import { performance } from "node:perf_hooks";
import { benchPreset } from "./bench-recipe.ts";
import { hasQuotas, makeCpuGroup, type CpuGroup } from "./cgroup.ts";
import { withFarm, type BenchFarm } from "./farm-processes.ts";
import { coresPerWorker, quotaRecipe, quotaSource } from "./scale.bench.ts";
import { Skipped, type Bench, type Section } from "./section.ts";
import { freshName, runTool } from "./tool-run.ts";

const slowdown = 20;
const workerCount = 4;

interface TailRun {
  readonly wallS: number;
  /** When the worker fell; NaN for an undisturbed run. */
  readonly faultS: number;
  readonly wastedRatio: number;
}

async function run(bench: Bench): Promise<void> {
  if (!(await hasQuotas()))
    throw new Skipped("no cgroup v1 CPU controller to write to");
  const source = await quotaSource(bench);
  const cores = await coresPerWorker(bench, workerCount);
  const groups: CpuGroup[] = [];
  for (let at = 0; at < workerCount; at += 1)
    groups.push(await makeCpuGroup(freshName("tail"), bench.scope, true));
  const common = { bench, source, cores, groups };
  const rounds = bench.isQuick ? 1 : 2;
  const wanted = { bound: "at-most", value: 1.1 } as const;
  const ideal: number[] = [];
  const wasted: number[] = [];
  const bare: number[] = [];
  const plain = await plainScheduler(bench);
  for (let round = 0; round < rounds; round += 1) {
    const base = await once(common, [], false);
    const fault = await once(common, [], true);
    ideal.push(fault.wallS / idealS(base.wallS, fault.faultS));
    wasted.push(fault.wastedRatio * 100);
    bench.say(
      `undisturbed ${base.wallS.toFixed(1)} s; fault at ${fault.faultS.toFixed(1)} s: ${fault.wallS.toFixed(1)} s`,
    );
    if (plain === null) continue;
    const without = await once(common, plain, true);
    bench.say(`without stealing and duplicates ${without.wallS.toFixed(1)} s`);
    bare.push(without.wallS / idealS(base.wallS, without.faultS));
  }
  bench.tell({
    name: "makespan over ideal",
    unit: "",
    values: ideal,
    target: wanted,
  });
  bench.tell({
    name: "wasted work",
    unit: "%",
    values: wasted,
    target: { bound: "at-most", value: 5 },
  });
  if (bare.length > 0)
    bench.tell({
      name: "makespan over ideal, no stealing, no duplicates",
      unit: "",
      values: bare,
      target: null,
    });
  else bench.say("serve has no --scheduler: not compared with a plain one");
}

function idealS(undisturbedS: number, faultS: number): number {
  const left = workerCount * (undisturbedS - faultS);
  return faultS + left / (workerCount - 1 + 1 / slowdown);
}

interface Common {
  readonly bench: Bench;
  readonly source: string;
  readonly cores: number;
  readonly groups: readonly CpuGroup[];
}

async function once(
  { bench, source, cores, groups }: Common,
  masterArguments: readonly string[],
  hasFault: boolean,
): Promise<TailRun> {
  for (const group of groups) await group.limit(null);
  const wish = {
    masterArguments,
    workers: groups.map((group) => ({ groups: [group], threads: 1 })),
    presets: [benchPreset("Bench", quotaRecipe)],
  };
  const result = await withFarm(bench, wish, async (farm) => {
    for (const group of groups) await group.limit(cores);
    return await encode(bench, farm, source, async () => {
      if (hasFault) await groups[0]?.limit(cores / slowdown);
    });
  });
  // Else it would take long to go.
  for (const group of groups) await group.limit(null);
  return result;
}

async function encode(
  bench: Bench,
  farm: BenchFarm,
  source: string,
  fall: () => Promise<void>,
): Promise<TailRun> {
  const startedMs = performance.now();
  let faultS = NaN;
  const { figures, wallS } = await farm.encode({
    source,
    output: path.join(bench.folder, "tail.mkv"),
    preset: "Bench",
    onState: ({ progressRatio }) => {
      if (!Number.isNaN(faultS) || progressRatio < 0.5) return;
      faultS = (performance.now() - startedMs) / 1000;
      fall().catch((error: unknown) => bench.say(String(error)));
    },
  });
  return {
    wallS,
    faultS,
    wastedRatio: figures.wastedFrames / figures.frames,
  };
}

/** The arguments that switch both off, where `serve` has them. */
async function plainScheduler(bench: Bench): Promise<string[] | null> {
  const args = [
    "--scheduler",
    JSON.stringify({ stealing: false, duplicates: false }),
  ];
  const cli = path.join(bench.root, "dist/main/cli.js");
  // An unknown option is refused before the missing --master is.
  const probe = ["serve", "--role", "worker", "--no-ui", ...args];
  const words = await runTool(bench, process.execPath, [cli, ...probe]).then(
    () => "",
    (error: unknown) => String(error),
  );
  return words.includes("unknown option") ? null : args;
}

export const tail: Section = {
  name: "tail",
  about: "one of four workers becomes twenty times slower half way",
  run,
};
