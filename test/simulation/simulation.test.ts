import { expect, test } from "vitest";
import { core } from "./core.ts";
import { failingSeeds } from "./failing-seeds.ts";
import { policies, runFarm, standardFarms } from "./farms.ts";
import { loadMutant, mutants } from "./mutants.ts";
import { drawWorld } from "./plan.ts";
import { World } from "./world.ts";

const violationsOf = (seed: number, scheduler = core): readonly string[] =>
  new World(scheduler, drawWorld(seed)).run().violations;

for (const [name, seed] of Object.entries(failingSeeds))
  test(`S1-S83: ${name} (seed ${seed})`, () => {
    expect(violationsOf(seed)).toEqual([]);
  });

test("S1-S83: fifty farms with faults come to a good end", () => {
  for (let seed = 1000; seed < 1050; seed++)
    expect(violationsOf(seed), `seed ${seed}`).toEqual([]);
});

test("the same seed draws and runs the same world", () => {
  const run = () => new World(core, drawWorld(42)).run();
  expect(run()).toEqual(run());
});

const best = policies.at(-1)!;
/** Makespan over ideal that each standard farm must reach. */
const targets = [1.03, 1.06, 1.02, 1.045, 1.07, 1.2];

standardFarms.forEach((farm, index) => {
  test(`S10 S40-S43: ${farm.name} within ${targets[index]} of ideal, at most 5 % wasted`, () => {
    const result = runFarm(core, farm, best, 1);
    expect(result.violations).toEqual([]);
    expect(result.overIdeal).toBeLessThan(targets[index]!);
    expect(result.wastedRatio).toBeLessThan(0.05);
  });
  if (farm.drop === null)
    test(`S83: ${farm.name}: the time left is honest within 10 % after a fifth`, () => {
      expect(runFarm(core, farm, best, 1).etaError).toBeLessThan(0.1);
    });
});

for (const mutant of mutants)
  test(`the simulator notices a scheduler that ${mutant.name}`, () => {
    const broken = loadMutant(mutant);
    expect(
      mutant.seeds.some((seed) => isNoticed(seed, broken)),
      "one of its seeds",
    ).toBe(true);
  });

function isNoticed(seed: number, broken: typeof core): boolean {
  try {
    return violationsOf(seed, broken).length > 0;
  } catch {
    // A broken core may run into its own assertions: noticed, too.
    return true;
  }
}
