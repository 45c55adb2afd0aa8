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
import { setTimeout as sleep } from "node:timers/promises";
import { benchPreset } from "./bench-recipe.ts";
import { loopClip } from "./bench-source.ts";
import { hasQuotas, makeCpuGroup, type CpuGroup } from "./cgroup.ts";
import { withFarm, type BenchFarm } from "./farm-processes.ts";
import { quotaClip, quotaRecipe, workSeconds } from "./scale.bench.ts";
import { Skipped, type Bench, type Section } from "./section.ts";
import { freshName } from "./tool-run.ts";

const slowdown = 20;
const workerCount = 4;
/** Of each worker; the rest of two cores is the master's. */
const mostCores = 0.4;

interface TailRun {
  readonly wallS: number;
  /** When the worker fell; NaN for an undisturbed run. */
  readonly faultS: number;
  readonly wastedRatio: number;
  /** It took longer than was waited. */
  readonly isCutOff: boolean;
}

/** Of an undisturbed run: so long that starting and joining are little of it. */
/** Times an undisturbed run: without stealing it may take ten minutes. */
const patience = 1.6;
const undisturbedS = (isQuick: boolean): number => (isQuick ? 20 : 56);
const clips = (isQuick: boolean): number => (isQuick ? 6 : 10);

async function run(bench: Bench): Promise<void> {
  if (!(await hasQuotas()))
    throw new Skipped("no cgroup v1 CPU controller to write to");
  const { isQuick } = bench;
  const clip = await quotaClip(bench);
  const source = await loopClip(bench, clip, clips(isQuick));
  const workS = (await workSeconds(bench, clip)) * clips(isQuick);
  const cores = Math.min(
    workS / (workerCount * undisturbedS(isQuick)),
    mostCores,
  );
  bench.say(`each worker has ${(cores * 100).toFixed(1)} % of a core`);
  const groups: CpuGroup[] = [];
  for (let at = 0; at < workerCount; at += 1)
    groups.push(await makeCpuGroup(freshName("tail"), bench.scope, true));
  const common = { bench, source, cores, groups };
  // The undisturbed runs stand around those they are compared with.
  const before = await once(common, [], false);
  const faults = [await once(common, [], true)];
  const plain = await once(
    common,
    plainScheduler,
    true,
    patience * before.wallS,
  );
  const after = isQuick ? before : await once(common, [], false);
  if (!isQuick) faults.push(await once(common, [], true));
  const bases = isQuick ? [before] : [before, after];
  tellMakespans(bench, "", faults, bases);
  bench.tell({
    name: "wasted work",
    unit: "%",
    values: faults.map(({ wastedRatio }) => wastedRatio * 100),
    target: { bound: "at-most", value: 5 },
  });
  const least = plain.isCutOff ? " at least (stopped)" : "";
  tellMakespans(bench, `${least}, no stealing, no duplicates`, [plain], bases);
}

/** Every run over the ideal of every undisturbed one: their spread shows, too. */
function tellMakespans(
  bench: Bench,
  how: string,
  runs: readonly TailRun[],
  bases: readonly TailRun[],
): void {
  bench.tell({
    name: `makespan over ideal${how}`,
    unit: "",
    values: runs.flatMap((one) =>
      bases.map((base) => one.wallS / idealS(base.wallS, one.faultS)),
    ),
    target: how === "" ? { bound: "at-most", value: 1.1 } : null,
  });
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
  mostS = Infinity,
): Promise<TailRun> {
  for (const group of groups) await group.limit(null);
  const wish = {
    masterArguments,
    workers: groups.map((group) => ({ groups: [group], threads: 1 })),
    presets: [benchPreset("Bench", quotaRecipe)],
  };
  const result = await withFarm(bench, wish, async (farm) => {
    for (const group of groups) await group.limit(cores);
    return await encode(bench, farm, { source, mostS }, async () => {
      if (hasFault) await groups[0]?.limit(cores / slowdown);
    });
  });
  // Else it would take long to go.
  for (const group of groups) await group.limit(null);
  const { wallS, faultS, wastedRatio } = result;
  bench.say(
    `${[...masterArguments, hasFault ? `fault at ${faultS.toFixed(1)} s` : "undisturbed"].join(" ")}: ${wallS.toFixed(1)} s, ${(wastedRatio * 100).toFixed(1)} % wasted`,
  );
  return result;
}

async function encode(
  bench: Bench,
  farm: BenchFarm,
  { source, mostS }: { readonly source: string; readonly mostS: number },
  fall: () => Promise<void>,
): Promise<TailRun> {
  const startedMs = performance.now();
  const sinceStart = (): number => (performance.now() - startedMs) / 1000;
  let faultS = NaN;
  const job = farm.encode({
    source,
    output: path.join(bench.folder, "tail.mkv"),
    preset: "Bench",
    onState: ({ progressRatio }) => {
      if (!Number.isNaN(faultS) || progressRatio < 0.5) return;
      faultS = sinceStart();
      fall().catch((error: unknown) => bench.say(String(error)));
    },
  });
  const stop = new AbortController();
  const cutOff = Number.isFinite(mostS)
    ? sleep(mostS * 1000, null, { signal: stop.signal }).catch(() => null)
    : new Promise<null>(() => undefined);
  const ended = await Promise.race([job, cutOff]).finally(() => stop.abort());
  if (ended !== null)
    return {
      wallS: ended.wallS,
      faultS,
      wastedRatio: ended.figures.wastedFrames / ended.figures.frames,
      isCutOff: false,
    };
  // It ends with its farm.
  job.catch(() => undefined);
  return { wallS: sinceStart(), faultS, wastedRatio: 0, isCutOff: true };
}

/** Both switched off. */
const plainScheduler: readonly string[] = [
  "--scheduler",
  JSON.stringify({ stealing: false, duplicates: false }),
];

export const tail: Section = {
  name: "tail",
  about: "one of four workers becomes twenty times slower half way",
  run,
};
