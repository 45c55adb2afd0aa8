/** Results are hostile until they were inspected: whatever a worker hands in, the output is right. */
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startDrillFarm, type DrillFarm } from "../fixtures/drill-farm.ts";
import { drillClip } from "../fixtures/drill-media.ts";
import { damagedWithin, joinLying, lies, type Lie } from "./hostile-worker.ts";

const all = process.env["REELFARM_DRILLS"] === "all";

let farm: DrillFarm;
beforeAll(async () => {
  farm = await startDrillFarm({
    workers: [{}, ...lies.map(() => ({ isActor: true }))],
  });
});
afterAll(() => farm.close());

describe("a worker hands in", () => {
  test("nothing but damage, alone: whoever joins later makes those parts again", async () => {
    await farm.node("worker-1").end();
    let parts = 0;
    const lie: Lie = {
      name: "damage",
      // Later it would only be in the way.
      get isSilent() {
        return parts >= 2;
      },
      result: (truth) => {
        parts += 1;
        return damagedWithin(truth);
      },
    };
    const leave = await joinLying(farm, "worker-2", lie, {
      capabilities: ["encoder:ffv1", "audio:aac"],
    });
    try {
      const source = await drillClip({ durationS: 6 });
      const job = await farm.addJob({ source, segmentS: 3 });
      await vi.waitFor(
        async () => {
          const { log } = await farm.detail(job);
          expect(log.at(-1)?.text).toContain("made again");
        },
        { timeout: 30_000, interval: 100 },
      );
      farm.node("worker-1").start();
      // Not only once the other is taken to be lost.
      await farm.expectRight(job, 20_000);
      const { figures } = await farm.detail(job);
      const frames = figures?.workers.map((one) => one.frames);
      expect(frames, JSON.stringify(figures)).toEqual([180, 180]);
      await farm.nothingLeft([job]);
      await farm.remove(job);
      await rm(job.output);
    } finally {
      await leave();
    }
  });

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
