/** The six standard farms (design section 13), without faults but the one each is about. */
import type { SchedulerConfig } from "../../src-main/core/scheduler/config.ts";
import type { Core } from "./core.ts";
import type { FaultPlan, JobPlan, WorkerPlan, WorldPlan } from "./plan.ts";
import { World } from "./world.ts";

export interface Farm {
  readonly name: string;
  /** Times real time, of each worker. */
  readonly speeds: readonly number[];
  readonly minutes: number;
  /** The fastest worker falls to this share of its speed when this share of the work is done. */
  readonly drop: { readonly to: number; readonly at: number } | null;
}

export const standardFarms: readonly Farm[] = [
  {
    name: "6 equal, 30 min",
    speeds: [2, 2, 2, 2, 2, 2],
    minutes: 30,
    drop: null,
  },
  {
    name: "6 mixed 1x-8x, 30 min",
    speeds: [1, 1.5, 2, 3, 5, 8],
    minutes: 30,
    drop: null,
  },
  {
    name: "4 slow (1080p HEVC), 30 min",
    speeds: [0.2, 0.3, 0.4, 0.5],
    minutes: 30,
    drop: null,
  },
  {
    name: "12 mixed, 2 h",
    speeds: [1, 1, 1.5, 1.5, 2, 2, 3, 3, 4, 5, 6, 8],
    minutes: 120,
    drop: null,
  },
  {
    name: "6 mixed, fastest to 5 % half way",
    speeds: [1, 1.5, 2, 3, 5, 8],
    minutes: 30,
    drop: { to: 0.05, at: 0.5 },
  },
  {
    name: "6 mixed, fastest to 2 % at 85 %",
    speeds: [1, 1.5, 2, 3, 5, 8],
    minutes: 30,
    drop: { to: 0.02, at: 0.85 },
  },
];

export interface Policy {
  readonly name: string;
  readonly config: Partial<SchedulerConfig>;
  readonly fixedSegmentS: number | null;
}

export const policies: readonly Policy[] = [
  {
    name: "fixed 10 s",
    config: { stealing: false, duplicates: false },
    fixedSegmentS: 10,
  },
  {
    name: "fixed 30 s",
    config: { stealing: false, duplicates: false },
    fixedSegmentS: 30,
  },
  {
    name: "guided",
    config: { stealing: false, duplicates: false },
    fixedSegmentS: null,
  },
  {
    name: "guided + duplicates",
    config: { stealing: false, duplicates: true },
    fixedSegmentS: null,
  },
  { name: "guided + stealing + duplicates", config: {}, fixedSegmentS: null },
];

const framesPerSecond = 25;

export interface FarmResult {
  /** Makespan over what the workers' speeds allow at best. */
  readonly overIdeal: number;
  readonly wastedRatio: number;
  /** Largest error of the time left, from a fifth on, relative to the whole time. */
  readonly etaError: number;
  readonly violations: readonly string[];
}

/** Runs one farm by one policy; `jitter` varies speeds a little from seed to seed. */
export function runFarm(
  core: Core,
  farm: Farm,
  policy: Policy,
  seed: number,
): FarmResult {
  const idealMs = idealMsOf(farm);
  const world = new World(core, farmPlan(farm, policy, seed), policy.config);
  const report = world.run();
  let etaError = 0;
  for (const { atMs, etaMs, ratio } of report.samples)
    if (etaMs !== null && ratio >= 0.2)
      etaError = Math.max(
        etaError,
        Math.abs(atMs + etaMs - report.makespanMs) / report.makespanMs,
      );
  return {
    overIdeal: report.makespanMs / idealMs,
    wastedRatio: Math.max(0, report.framesEncoded / report.framesNeeded - 1),
    etaError,
    violations: report.violations,
  };
}

/** When the drop happens, and when all would be done if every worker were busy to the end at its speed. */
function idealMsOf(farm: Farm): number {
  const all = sum(farm.speeds);
  const work = farm.minutes * 60_000;
  if (farm.drop === null) return work / all;
  const after = all - Math.max(...farm.speeds) * (1 - farm.drop.to);
  return (work * farm.drop.at) / all + (work * (1 - farm.drop.at)) / after;
}

const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, n) => total + n, 0);

function farmPlan(farm: Farm, policy: Policy, seed: number): WorldPlan {
  const workers = farm.speeds.map((speed, index): WorkerPlan => ({
    name: `w${index}`,
    slots: 1,
    speed: speed * framesPerSecond,
    latencyMs: 2,
    // A gigabit against a source of 20 Mbit/s: fifty times real time.
    linkFps: 50 * framesPerSecond,
    joinsAtMs: 0,
    capabilities: ["encoder:a"],
  }));
  const job: JobPlan = {
    name: "j0",
    addedAtMs: 0,
    frames: farm.minutes * 60 * framesPerSecond,
    framesPerSecond,
    cost: 1,
    audioFrames: 0,
    gopFrames: 250,
    indexFps: Infinity,
    splittable: true,
    fixedSegmentS: policy.fixedSegmentS,
    priority: 0,
    stages: 1,
    encoder: "encoder:a",
    poisonFrame: null,
    uncuttableFrame: null,
  };
  const faults: FaultPlan[] = [];
  if (farm.drop !== null)
    faults.push({
      kind: "slow",
      atMs: (farm.minutes * 60_000 * farm.drop.at) / sum(farm.speeds),
      forMs: 1e9,
      worker: farm.speeds.indexOf(Math.max(...farm.speeds)),
      factor: farm.drop.to,
    });
  return {
    seed,
    workers,
    jobs: [job],
    faults,
    healsAtMs: 0,
    replayShare: 0,
    inheritShare: 0,
    smallJobShare: 0,
    tickMs: 1000,
    startMs: 300,
    verifyMs: 100,
    windowFrames: 100,
  };
}

export function printTable(core: Core): void {
  console.log(
    `farm | ${policies.map((policy) => policy.name).join(" | ")} | eta error`,
  );
  for (const farm of standardFarms) {
    const cells = policies.map((policy) => {
      const runs = [1, 2, 3].map((seed) => runFarm(core, farm, policy, seed));
      const mean = (of: (run: FarmResult) => number): number =>
        sum(runs.map(of)) / runs.length;
      const bad = runs.flatMap((run) => run.violations);
      return {
        text: `${mean((r) => r.overIdeal).toFixed(3)} (${(mean((r) => r.wastedRatio) * 100).toFixed(1)} %)${bad.length > 0 ? ` ${bad[0]}` : ""}`,
        eta: mean((r) => r.etaError),
      };
    });
    console.log(
      `${farm.name} | ${cells.map((cell) => cell.text).join(" | ")} | ${(cells.at(-1)!.eta * 100).toFixed(1)} %`,
    );
  }
}
