/**
 * `npm run sim -- --seed N` runs one world, `--seeds N` so many from a random
 * or given first one, `--seconds N` for a time; `--trace` tells what happens;
 * `--table` the standard farms, `--mutants` the hunt for mutants, `--bench` the cost of a step.
 */
import type { AttemptId } from "../../src-main/core/identifiers.ts";
import { core } from "./core.ts";
import { deviceId, jobIdOf } from "./names.ts";
import { loadMutant, mutants } from "./mutants.ts";
import { printTable } from "./farms.ts";
import { drawWorld } from "./plan.ts";
import { World } from "./world.ts";

export function main(args: readonly string[]): number {
  const value = (name: string): number | null => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? null : Number(args[at + 1]);
  };
  if (args.includes("--table")) {
    printTable(core);
    return 0;
  }
  if (args.includes("--bench")) return bench();
  if (args.includes("--mutants"))
    return hunt(value("first") ?? 1, value("seeds") ?? 300);
  const only = value("seed");
  if (only !== null) return runOne(only, args.includes("--trace"));
  const first = value("first") ?? Date.now();
  const seeds = value("seeds") ?? Infinity;
  const endMs =
    performance.now() +
    (value("seconds") ?? (seeds === Infinity ? 60 : 1e9)) * 1000;
  const failed: number[] = [];
  let count = 0;
  let steps = 0;
  const beganMs = performance.now();
  for (
    ;
    count < seeds && performance.now() < endMs && failed.length < 10;
    count++
  ) {
    const report = new World(core, drawWorld(first + count)).run();
    steps += report.steps;
    if (report.violations.length > 0) {
      failed.push(first + count);
      console.log(
        `seed ${first + count}: ${report.violations.slice(0, 3).join("; ")}`,
      );
    }
  }
  const tookS = (performance.now() - beganMs) / 1000;
  console.log(
    `${count} worlds from seed ${first}, ${steps} steps, ${tookS.toFixed(1)} s (${Math.round((count / tookS) * 60)} a minute), ${failed.length} failed`,
  );
  return failed.length === 0 ? 0 : 1;
}

function runOne(seed: number, tracing: boolean): number {
  const plan = drawWorld(seed);
  console.log(JSON.stringify(plan, null, 1));
  const world = new World(core, plan);
  if (tracing) world.trace = (line) => console.log(line);
  const report = world.run();
  console.log(
    JSON.stringify({ ...report, samples: report.samples.length }, null, 1),
  );
  return report.violations.length === 0 ? 0 : 1;
}

/** Every mutant must be noticed; tells by which seed. */
function hunt(first: number, seeds: number): number {
  let escaped = 0;
  for (const mutant of mutants) {
    const found = noticedBy(mutant, first, seeds);
    if (found === null) escaped++;
    console.log(
      `${found === null ? "ESCAPED" : String(found.seed).padStart(7)}  ${mutant.name}: ${found?.why ?? ""}`,
    );
  }
  return escaped === 0 ? 0 : 1;
}

function noticedBy(
  mutant: (typeof mutants)[number],
  first: number,
  seeds: number,
): { seed: number; why: string } | null {
  const broken = loadMutant(mutant);
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      const { violations } = new World(broken, drawWorld(seed)).run();
      if (violations.length > 0) return { seed, why: violations[0]! };
    } catch (error) {
      return { seed, why: String(error) };
    }
  }
  return null;
}

/** What a step costs at 64 workers and 100,000 segments (S90). */
function bench(): number {
  const state = core.createScheduler();
  const frames = 100_000 * 250;
  const add = (event: Parameters<typeof core.step>[1], nowMs: number) =>
    core.step(state, event, nowMs);
  for (let index = 0; index < 64; index++)
    add(
      {
        type: "worker-joined",
        worker: {
          workerId: deviceId(`w${index}`),
          capabilities: ["e"],
          slots: 1,
          isLocal: false,
          running: [],
        },
      },
      0,
    );
  const pending: string[] = [];
  const take = (result: ReturnType<typeof core.step>): void => {
    for (const effect of result.effects)
      if (effect.type === "assign") pending.push(effect.assignment.attemptId);
  };
  take(
    add(
      {
        type: "job-added",
        job: {
          jobId: jobIdOf("j"),
          priority: 0,
          needs: ["e"],
          framesPerSecond: 25,
          splittable: true,
          fixedSegmentS: 10,
          allowedWorkers: null,
          knownFrames: frames,
          timelineComplete: true,
          cutPoints: Array.from(
            { length: frames / 50 },
            (_, index) => index * 50,
          ),
          firstStage: {
            stage: 0,
            ranges: [{ startFrame: 0, endFrame: frames }],
            restored: [],
            restoredWholeTasks: [],
            wholeTasks: [],
          },
          paused: false,
        },
      },
      0,
    ),
  );
  let steps = 0;
  let longestMs = 0;
  const beganMs = performance.now();
  for (let nowMs = 10; pending.length > 0; nowMs += 10) {
    const attemptId = pending.shift() as AttemptId;
    for (const event of [
      { type: "worker-heard", workerId: deviceId(`w${steps % 64}`) },
      { type: "attempt-started", attemptId },
      {
        type: "attempt-progressed",
        attemptId,
        framesDone: 100,
        framesFed: 200,
      },
      { type: "attempt-verified", attemptId, sizeBytes: 1 },
    ] as const) {
      const startMs = performance.now();
      take(add(event, nowMs));
      longestMs = Math.max(longestMs, performance.now() - startMs);
      steps++;
    }
  }
  const meanUs = ((performance.now() - beganMs) * 1000) / steps;
  console.log(
    `${steps} steps, ${meanUs.toFixed(1)} us a step, ${(meanUs * 4).toFixed(1)} us a segment, longest ${longestMs.toFixed(1)} ms (the last one reports 100,000 segments)`,
  );
  return 0;
}
