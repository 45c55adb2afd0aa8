/** Sources change, outputs have nowhere to go: the job says what to do, and nothing half-made is left. */
import {
  appendFile,
  copyFile,
  mkdir,
  readdir,
  rm,
  unlink,
} from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  startDrillFarm,
  type AddedJob,
  type DrillFarm,
} from "../fixtures/drill-farm.ts";
import { drillClip } from "../fixtures/drill-media.ts";

let farm: DrillFarm;
let clip: string;
beforeAll(async () => {
  farm = await startDrillFarm({ workers: [{}, {}] });
  clip = await drillClip({ durationS: 12 });
});
afterAll(() => farm.close());

/** A copy that may be harmed. */
async function ownSource(name: string): Promise<string> {
  const source = path.join(farm.folder, name);
  await copyFile(clip, source);
  return source;
}

function underWay(job: AddedJob): Promise<true> {
  return farm.waitFor(
    ({ jobs }) =>
      jobs.some(
        (one) => one.jobId === job.jobId && one.progressRatio > 0.25,
      ) as true,
    { what: "a quarter of the job" },
  );
}

async function expectFailure(job: AddedJob, code: string): Promise<void> {
  const end = await farm.finished(job);
  expect(end.state, farm.told("").message).toBe("failed");
  expect(end.failure?.code, farm.told("").message).toBe(code);
  expect(end.failure?.nextStep).not.toBe("");
  expect(await readdir(path.dirname(job.output)).catch(() => [])).toEqual([]);
}

describe("files", () => {
  test("a source that changes during the job fails it, and no output appears", async () => {
    const source = await ownSource("changing.mp4");
    const job = await farm.addJob({ source, segmentS: 2 });
    await underWay(job);
    await appendFile(source, "more");
    await expectFailure(job, "source-changed");
    await farm.remove(job);
    await farm.nothingLeft([]);
  });

  test("a source that is removed during the job fails it, and says that it is gone", async () => {
    const source = await ownSource("removed.mp4");
    const job = await farm.addJob({ source, segmentS: 2 });
    await underWay(job);
    await unlink(source);
    await expectFailure(job, "source-missing");
    await farm.remove(job);
    await farm.nothingLeft([]);
  });

  test("an output folder that vanishes: finished parts wait until it is back", async () => {
    const folder = path.join(farm.folder, "drive");
    await mkdir(folder);
    const job = await farm.addJob({
      source: clip,
      output: path.join(folder, "film.mov"),
      segmentS: 2,
    });
    await underWay(job);
    await rm(folder, { recursive: true });
    await expectFailure(job, "output-not-writable");
    await mkdir(folder);
    await farm.ask({ type: "retry-job", jobId: job.jobId });
    await farm.waitFor(
      ({ jobs }) => jobs.find(({ state }) => state !== "failed"),
      { what: "the job's second life" },
    );
    await farm.expectRight(job);
    expect(await readdir(folder)).toEqual(["film.mov"]);
    await farm.nothingLeft([]);
    await farm.remove(job);
  });

  test("the same output chosen twice: the second is refused, whether the first is at work or done", async () => {
    const first = await farm.addJob({ source: clip, segmentS: 2 });
    const again = () =>
      farm.addJob({ source: clip, output: first.output, overwrite: false });
    await expect(again()).rejects.toThrow("output-exists");
    await farm.expectRight(first);
    await expect(again()).rejects.toThrow("output-exists");
    await farm.nothingLeft([first]);
  });
});
