/** The master is killed at random instants: queue and finished segments stay, the output is right. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { AttemptId } from "../../src-main/core/identifiers.ts";
import {
  startDrillFarm,
  type AddedJob,
  type DrillFarm,
} from "../fixtures/drill-farm.ts";
import {
  drillBinaries,
  drillClip,
  scriptFfmpeg,
} from "../fixtures/drill-media.ts";
import { joinLying, type Lie } from "./hostile-worker.ts";

const all = process.env["REELFARM_DRILLS"] === "all";
/** Written down with a failure, so that it can be repeated. */
const seed = Number(process.env["REELFARM_DRILL_SEED"] ?? Date.now() % 100_000);

let farm: DrillFarm;
afterEach(() => farm.close());

/** Numbers from 0 to 1 (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function isOver(job: AddedJob): Promise<boolean> {
  return farm
    .waitFor(
      ({ jobs }) => {
        const row = jobs.find(({ jobId }) => jobId === job.jobId);
        if (!row) throw farm.told("the job is gone");
        return [["done", "failed"].includes(row.state)];
      },
      { what: "the queue after a start" },
    )
    .then(([over = false]) => over);
}

/** Takes all its input at once, waits, encodes; says so in its folder, and counts in the worker's. */
async function slowAfterFeed(): Promise<string> {
  const { ffmpeg } = await drillBinaries();
  return scriptFfmpeg(
    "slow-after-feed",
    [
      'case " $* " in',
      '*" -f nut -i pipe:0 -filter_complex "*) echo video >> ../../encodes.log ;;',
      `*) exec '${ffmpeg}' "$@" ;;`,
      "esac",
      "cat > input && touch fed && sleep 2",
      `'${ffmpeg}' "$@" < input && touch made`,
    ].join("\n"),
  );
}

/** In the folder of an attempt of the only worker. */
async function fileAppears(name: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  const work = farm.workerFile("worker-1", "worker");
  for (;;) {
    const files = await readdir(work, { recursive: true }).catch(() => []);
    if (files.some((file) => file.endsWith(`/${name}`))) return;
    if (Date.now() > deadline) throw farm.told(`no ${name} in ${work}`);
    await sleep(50);
  }
}

async function killUntilDone(jobs: readonly AddedJob[], maxKills: number) {
  const random = randomFrom(seed);
  let kills = 0;
  for (const job of jobs)
    while (kills < maxKills && !(await isOver(job))) {
      await sleep(100 + random() * random() * 4_000);
      await farm.restartMaster();
      kills += 1;
    }
  return kills;
}

describe(`the master dies (seed ${String(seed)})`, () => {
  test("kill -9 at random instants: the job goes on and its pictures are right", async () => {
    farm = await startDrillFarm({ workers: [{ pace: 2 }, { pace: 2 }] });
    const source = await drillClip({ durationS: 24 });
    const job = await farm.addJob({ source, segmentS: 2 });
    const kills = await killUntilDone([job], 4);
    console.log(`master killed ${String(kills)} times`);
    expect(kills).toBeGreaterThan(0);
    await farm.expectRight(job);
    await farm.nothingLeft([job]);
  });

  test("a finished segment is not encoded again after a kill", async () => {
    farm = await startDrillFarm({ workers: [{ pace: 2 }] });
    const source = await drillClip({ durationS: 12 });
    const job = await farm.addJob({ source, segmentS: 1 });
    const ratio = (above: number) =>
      farm.waitFor(
        ({ jobs }) => jobs.find((one) => one.progressRatio > above),
        { what: `progress above ${String(above)}` },
      );
    await ratio(0.5);
    await farm.restartMaster();
    // While the job is prepared again it stands at zero.
    const { progressRatio } = await ratio(0);
    console.log(`progress after the kill: ${progressRatio.toFixed(2)} of 0.5`);
    // A segment is a twelfth: lost are the one at work and the one being checked, at most.
    expect(progressRatio).toBeGreaterThan(0.5 - 2.5 / 12);
    await farm.expectRight(job);
    await farm.nothingLeft([job]);
  });

  test("what a worker finished while the master was dead is handed in, and used", async () => {
    farm = await startDrillFarm({
      workers: [{ ffmpeg: await slowAfterFeed() }],
    });
    const source = await drillClip({ durationS: 12, whole: true });
    const job = await farm.addJob({ source });
    await fileAppears("fed");
    await farm.master.kill9();
    await fileAppears("made");
    farm.master.start();
    await farm.connect();
    await farm.expectRight(job);
    const encodes = await readFile(
      farm.workerFile("worker-1", "encodes.log"),
      "utf8",
    );
    expect(encodes).toBe("video\n");
    const { figures } = await farm.detail(job);
    expect(figures?.wastedFrames).toBe(0);
    await farm.nothingLeft([job]);
  });

  test("a result that went down with the master is made again at once, though its worker is done", async () => {
    farm = await startDrillFarm({ workers: [{ isActor: true }] });
    const honest: Lie = { name: "actor", result: (truth) => truth };
    const capabilities = ["encoder:ffv1", "audio:aac"];
    const running: AttemptId[] = [];
    const silent = { ...honest, isSilent: true };
    const leave = await joinLying(farm, "worker-1", silent, {
      capabilities,
      onOffer: (attemptId) => running.push(attemptId),
    });
    const source = await drillClip({ durationS: 6 });
    const job = await farm.addJob({ source, segmentS: 3 });
    await farm.waitFor(({ workers }) => workers[0]?.work.length, {
      what: "work for it",
    });
    await farm.master.kill9();
    await leave();
    expect(running.length).toBeGreaterThan(0);
    farm.master.start();
    await farm.connect();
    const leaveAgain = await joinLying(farm, "worker-1", honest, {
      capabilities,
      running,
    });
    try {
      await farm.finished(job, 15_000);
      await farm.expectRight(job);
      await farm.nothingLeft([job]);
    } finally {
      await leaveAgain();
    }
  });

  test.runIf(all)(
    "forty kills over three jobs: every output is right",
    { timeout: 900_000 },
    async () => {
      farm = await startDrillFarm({
        workers: [{ pace: 1.5 }, { pace: 1.5 }, { pace: 1.5 }],
      });
      const jobs: AddedJob[] = [];
      for (const durationS of [24, 36, 48])
        jobs.push(
          await farm.addJob({
            source: await drillClip({ durationS }),
            segmentS: 2,
          }),
        );
      const kills = await killUntilDone(jobs, 40);
      console.log(`master killed ${String(kills)} times`);
      for (const job of jobs) await farm.expectRight(job, 300_000);
      await farm.nothingLeft(jobs);
    },
  );
});
