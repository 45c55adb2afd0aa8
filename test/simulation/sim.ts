/**
 * `npm run sim -- --seed N` runs one world, `--seeds N` so many from a random
 * or given first one, `--seconds N` for a time; `--trace` tells what happens;
 * `--table` the standard farms, `--mutants` the hunt for mutants, `--bench` the cost of a step.
 */
import { bench } from "./bench.ts";
import { core } from "./core.ts";
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
