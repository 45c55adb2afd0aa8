/** Many workers, many jobs. Long: only with REELFARM_DRILLS=all. */
import { afterEach, describe, expect, test } from "vitest";
import {
  startDrillFarm,
  type AddedJob,
  type DrillFarm,
} from "../fixtures/drill-farm.ts";
import { drillClip } from "../fixtures/drill-media.ts";

const all = process.env["REELFARM_DRILLS"] === "all";
/** Of issue B, for a queue ten times as long. */
const startUpMs = 2_000;

let farm: DrillFarm;
afterEach(() => farm.close());

describe.runIf(all)("scale", { timeout: 900_000 }, () => {
  test("forty tiny workers, a quarter of them killed: every picture is right", async () => {
    farm = await startDrillFarm({
      workers: Array.from({ length: 40 }, () => ({ pace: 0.25 })),
    });
    const source = await drillClip({ durationS: 96 });
    const job = await farm.addJob({ source, segmentS: 1 });
    const { framesPerSecond } = await farm.waitFor(
      ({ jobs }) => jobs.find(({ progressRatio }) => progressRatio > 0.2),
      { what: "a fifth of the work", timeoutMs: 180_000 },
    );
    console.log(`40 workers: ${framesPerSecond.toFixed(0)} frames per second`);
    const dead = farm.workers.slice(0, 10);
    for (const worker of dead) await worker.kill9();
    const end = await farm.expectRight(job, 300_000);
    expect(end.failure).toBe(null);
    const { figures } = await farm.detail(job);
    expect(figures?.workers.length).toBeGreaterThan(30);
    // What they had is put away when they are back.
    for (const worker of dead) worker.start();
    await farm.waitFor(({ workers }) => workers.length === 40, {
      what: "all workers",
    });
    await farm.nothingLeft([job]);
  });

  test("a thousand jobs: added, kept through a kill in their order, started at once, removed", async () => {
    farm = await startDrillFarm({ workers: [{ pace: 20 }, { pace: 20 }] });
    await farm.ask({ type: "pause-queue" });
    const source = await drillClip({ durationS: 1 });
    const jobs: AddedJob[] = [];
    let slowestMs = 0;
    for (let n = 0; n < 1_000; n += 1) {
      const before = performance.now();
      jobs.push(await farm.addJob({ source }));
      slowestMs = Math.max(slowestMs, performance.now() - before);
    }
    console.log(`slowest of 1,000 adds: ${slowestMs.toFixed(0)} ms`);
    const before = performance.now();
    await farm.restartMaster();
    const order = await farm.waitFor(
      (state) => state.jobs.map(({ jobId }) => jobId),
      { what: "the queue" },
    );
    const tookMs = performance.now() - before;
    console.log(`up again with 1,000 jobs after ${tookMs.toFixed(0)} ms`);
    expect(order).toEqual(jobs.map(({ jobId }) => jobId));
    expect(tookMs).toBeLessThan(startUpMs + 2_000);
    const early = jobs.slice(0, 12);
    await farm.ask({ type: "resume-queue" });
    for (const job of early) await farm.expectRight(job, 120_000);
    await farm.ask({ type: "pause-queue" });
    for (const job of jobs.slice(12)) await farm.remove(job);
    await farm.nothingLeft(jobs);
  });
});
