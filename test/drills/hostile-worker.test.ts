/** Results are hostile until they were inspected: whatever a worker hands in, the output is right. */
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDrillFarm, type DrillFarm } from "../fixtures/drill-farm.ts";
import { drillClip } from "../fixtures/drill-media.ts";
import { joinLying, lies } from "./hostile-worker.ts";

const all = process.env["REELFARM_DRILLS"] === "all";

let farm: DrillFarm;
beforeAll(async () => {
  farm = await startDrillFarm({
    workers: [{}, ...lies.map(() => ({ isActor: true }))],
  });
});
afterAll(() => farm.close());

describe("a worker hands in", () => {
  for (const [at, lie] of lies.entries())
    test.runIf(all || !lie.isSilent)(
      `${lie.name}: the output is right all the same`,
      async () => {
        const leave = await joinLying(farm, `worker-${String(at + 2)}`, lie);
        try {
          const source = await drillClip({ durationS: 12 });
          const job = await farm.addJob({ source, segmentS: 1.5 });
          await farm.waitFor(
            ({ workers }) =>
              workers.find(({ name }) => name === lie.name)?.work.length,
            { what: "work for the liar" },
          );
          await farm.finished(job);
          await farm.expectRight(job);
          const { log } = await farm.detail(job);
          const refused = log.filter(({ text }) =>
            text.includes(`on ${lie.name} failed`),
          );
          if (!lie.isSilent)
            expect(refused, farm.told("").message).not.toEqual([]);
          await farm.nothingLeft([job]);
          await farm.remove(job);
          await rm(job.output);
        } finally {
          await leave();
        }
      },
    );
});
