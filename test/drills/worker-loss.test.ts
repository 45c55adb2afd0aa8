/** A worker dies, stands still, or loses its encoder: its work is done elsewhere. */
import { afterEach, describe, expect, test } from "vitest";
import { startDrillFarm, type DrillFarm } from "../fixtures/drill-farm.ts";
import { drillClip } from "../fixtures/drill-media.ts";

/** Targets of design.md section 13. */
const lostSocketMs = 2_000;
const frozenMs = 15_000;

/** A machine that does ten other things may take this many times as long; what is wrong takes longer still. */
const patience = 2;

const all = process.env["REELFARM_DRILLS"] === "all";

let farm: DrillFarm;
afterEach(() => farm.close());

/** From a blow at the only worker at work to the first work of another. */
async function timeToElsewhere(
  blow: (victim: ReturnType<DrillFarm["node"]>) => Promise<void> | void,
): Promise<number> {
  const victim = await farm.busyWorker();
  const before = performance.now();
  await blow(victim);
  await farm.busyWorker(({ name }) => name !== victim.name);
  return performance.now() - before;
}

describe("a worker is lost", () => {
  test("kill -9 in mid-segment: at work elsewhere within 2 s, right in the end, back at once", async () => {
    farm = await startDrillFarm({ workers: [{ pace: 8 }, { pace: 8 }] });
    const job = await farm.addJob({
      source: await drillClip({ durationS: 24, whole: true }),
    });
    const tookMs = await timeToElsewhere((victim) => victim.kill9());
    console.log(`kill -9: elsewhere after ${tookMs.toFixed(0)} ms`);
    expect(tookMs).toBeLessThan(patience * lostSocketMs);
    const dead = farm.workers.find((worker) => !worker.isRunning);
    dead?.start();
    await farm.expectRight(job);
    await farm.nothingLeft([job]);
  });

  test("SIGSTOP in mid-segment: at work elsewhere within 15 s, and the frozen one comes back", async () => {
    farm = await startDrillFarm({ workers: [{ pace: 6 }, { pace: 6 }] });
    const job = await farm.addJob({
      source: await drillClip({ durationS: 24, whole: true }),
    });
    const victim = await farm.busyWorker();
    const tookMs = await timeToElsewhere((one) => {
      one.freeze();
    });
    console.log(`frozen: elsewhere after ${tookMs.toFixed(0)} ms`);
    expect(tookMs).toBeLessThan(patience * frozenMs);
    victim.thaw();
    await farm.expectRight(job);
    await farm.waitFor(({ workers }) => workers.length === 2, {
      what: "the frozen worker's return",
    });
    await farm.nothingLeft([job]);
  });

  test.runIf(all)(
    "SIGSTOP of ffmpeg alone: the link lives, nothing comes, and it is at work elsewhere within 15 s",
    async () => {
      farm = await startDrillFarm({ workers: [{ pace: 6 }, { pace: 6 }] });
      const job = await farm.addJob({
        source: await drillClip({ durationS: 24, whole: true }),
      });
      let frozen = 0;
      const tookMs = await timeToElsewhere((victim) => {
        frozen = victim.freezeFfmpeg();
      });
      console.log(`ffmpeg frozen: elsewhere after ${tookMs.toFixed(0)} ms`);
      expect(frozen).toBeGreaterThan(0);
      expect(tookMs).toBeLessThan(patience * frozenMs);
      await farm.expectRight(job);
      // The frozen encoder, too.
      await farm.nothingLeft([job]);
    },
  );

  test("kill -9 of ffmpeg, again and again: every picture is right", async () => {
    farm = await startDrillFarm({ workers: [{}, {}] });
    const job = await farm.addJob({
      source: await drillClip({ durationS: 24 }),
      segmentS: 3,
    });
    let killed = 0;
    for (const ratio of [0.05, 0.25, 0.5]) {
      // Apart, or the same part fails three times and the job with it.
      await farm.waitFor(
        ({ jobs }) => jobs[0] && jobs[0].progressRatio > ratio,
        {
          what: `progress above ${String(ratio)}`,
        },
      );
      const victim = await farm.busyWorker();
      killed += victim.killFfmpeg();
    }
    expect(killed).toBeGreaterThan(0);
    await farm.expectRight(job);
    const { log } = await farm.detail(job);
    expect(log.some(({ text }) => text.includes("encoder-"))).toBe(true);
    await farm.nothingLeft([job]);
  });

  test.runIf(all)(
    "a worker that joins and leaves all the time does no harm",
    async () => {
      farm = await startDrillFarm({ workers: [{ pace: 2 }, { pace: 8 }] });
      const source = await drillClip({ durationS: 24 });
      const job = await farm.addJob({ source, segmentS: 1.5 });
      const flapping = farm.node("worker-2");
      const isOver = () =>
        farm.waitFor(({ jobs }) => [jobs[0]?.state === "done"], {
          what: "jobs",
        });
      let rounds = 0;
      for (; rounds < 6 && !(await isOver())[0]; rounds += 1) {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        // In turn: torn away, and said goodbye.
        if (rounds % 2 === 0) await flapping.kill9();
        else await flapping.end();
        flapping.start();
      }
      expect(rounds).toBeGreaterThan(1);
      await farm.expectRight(job);
      await farm.nothingLeft([job]);
    },
  );
});
