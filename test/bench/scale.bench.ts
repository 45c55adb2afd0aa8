/**
 * Efficiency of 4 and 8 equally slow workers, told in two ways. A quota makes
 * each worker (its node and its encoder together) a machine of its own with a
 * part of a core; the master is not limited, as its machine would not be.
 *
 * Raw: T1 / (N * TN), T1 and TN being the times of the whole job with one and
 * with N workers. Calibrated: the time N plain ffmpegs under the same quotas,
 * at once and without any farm, need for as much film (its length over their
 * summed speed), over TN. Machines of one's own do not slow each other down,
 * parts of one machine do: the raw figure has that in it, the calibrated one
 * has not, but counts everything the farm itself costs, also what one worker
 * alone would cost.
 */
import { availableParallelism } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import {
  benchPreset,
  plainVideoArguments,
  type RecipeWish,
} from "./bench-recipe.ts";
import { loopClip, makeClip } from "./bench-source.ts";
import {
  hasQuotas,
  insideGroups,
  makeCpuGroup,
  type CpuGroup,
} from "./cgroup.ts";
import { withFarm } from "./farm-processes.ts";
import { Scope } from "./scope.ts";
import { Skipped, type Bench, type Section } from "./section.ts";
import { freshName, runTool, timeTools } from "./tool-run.ts";

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
const aloneS = 480;
const clipS = 60;
/** Of the ten minutes. */
const clips = 10;

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
  const plainTimes = new Map<number, number[]>();
  const note = (of: Map<number, number[]>, count: number, wallS: number) =>
    of.set(count, [...(of.get(count) ?? []), wallS]);
  for (const count of order) {
    const plainS = await timePlain(bench, count, cores);
    const wallS = await timeFarm(bench, source, count, cores);
    bench.say(
      `${String(count)} workers: ${wallS.toFixed(1)} s; as many plain ffmpegs at once would need ${plainS.toFixed(1)} s`,
    );
    note(plainTimes, count, plainS);
    note(times, count, wallS);
  }
  for (const count of counts.filter((one) => one > 1))
    tellEfficiency(bench, count, times, plainTimes);
}

/** Raw and calibrated, see above; beside them what the machine itself loses by doing so much at once. */
function tellEfficiency(
  bench: Bench,
  count: number,
  times: ReadonlyMap<number, readonly number[]>,
  plainTimes: ReadonlyMap<number, readonly number[]>,
): void {
  const overs = (
    alone: readonly number[] | undefined,
    many: readonly number[] | undefined,
  ): number[] =>
    (many ?? []).flatMap((wallS) =>
      (alone ?? []).map((one) => one / (count * wallS)),
    );
  const target = { bound: "at-least", value: 0.92 } as const;
  const workers = `${String(count)} workers`;
  bench.tell({
    name: `efficiency of ${workers}, raw`,
    unit: "",
    values: overs(times.get(1), times.get(count)),
    target,
  });
  bench.tell({
    name: `efficiency of ${workers}, calibrated`,
    unit: "",
    // The two of a pair were measured one after the other.
    values: (times.get(count) ?? []).map(
      (wallS, at) => (plainTimes.get(count)?.[at] ?? NaN) / wallS,
    ),
    target,
  });
  bench.tell({
    name: `of it the machine's: ${String(count)} plain ffmpegs at once`,
    unit: "",
    values: overs(plainTimes.get(1), plainTimes.get(count)),
    target: null,
  });
}

/**
 * Seconds that so many plain ffmpegs at once, each with a worker's quota and
 * threads, would need for the film: its length over their summed speed. Each
 * encodes the clip the film consists of.
 */
async function timePlain(
  bench: Bench,
  count: number,
  cores: number,
): Promise<number> {
  const clip = await quotaClip(bench);
  const scope = new Scope();
  bench.scope.keep(() => scope.close());
  try {
    const speeds = await Promise.all(
      Array.from({ length: count }, async () => {
        const group = await makeCpuGroup(freshName("plain"), scope, true);
        await group.limit(cores);
        const startedMs = performance.now();
        await runTool(
          bench,
          ...insideGroups([group], bench.binaries.ffmpeg, plainCall(clip)),
        );
        return 1 / ((performance.now() - startedMs) / 1000);
      }),
    );
    const clipsPerS = speeds.reduce((sum, speed) => sum + speed, 0);
    return (bench.isQuick ? 1 : clips) / clipsPerS;
  } finally {
    await scope.close();
  }
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
  return loopClip(bench, clip, bench.isQuick ? 1 : clips);
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
  const workS = (await workSeconds(bench, clip)) * (bench.isQuick ? 1 : clips);
  const wanted = workS / (bench.isQuick ? 20 : aloneS);
  const fair = (Math.min(2, availableParallelism()) - masterCores) / workers;
  return Math.max(0.05, Math.min(wanted, fair, mostPerWorker));
}

/** CPU time of one worker's encode of a clip, alone. */
export async function workSeconds(bench: Bench, clip: string): Promise<number> {
  const { wallS, cpuS } = await timeTools(bench, [
    { program: bench.binaries.ffmpeg, args: plainCall(clip) },
  ]);
  return cpuS ?? wallS;
}

function plainCall(clip: string): string[] {
  return [
    ...["-nostdin", "-v", "error", "-y", "-threads", "1", "-i", clip, "-an"],
    ...plainVideoArguments(quotaRecipe, 1),
    ...["-f", "null", "-"],
  ];
}

export const scale: Section = {
  name: "scale",
  about: "efficiency of 1, 4 and 8 workers of equal, limited speed",
  run,
};
