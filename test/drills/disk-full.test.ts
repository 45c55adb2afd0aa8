/** Disks run full: the job waits or goes elsewhere, and goes on when there is room. */
import { unlink } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { startDrillFarm, type DrillFarm } from "../fixtures/drill-farm.ts";
import { drillClip } from "../fixtures/drill-media.ts";
import { fillDisk, hasSmallDisks } from "../fixtures/small-disk.ts";

let farm: DrillFarm;
afterEach(() => farm.close());

describe.runIf(hasSmallDisks)("a full disk", () => {
  test("of the master: the job waits, says so, and goes on when there is room", async () => {
    farm = await startDrillFarm({
      workers: [{}, {}],
      masterDisk: { limits: "size=32m" },
      // People wait half a minute until it looks again; a drill need not.
      masterArguments: ["--scheduler", JSON.stringify({ holdMs: 4_000 })],
    });
    const filler = farm.masterFile("filler");
    // Room for the queue and a segment or two, not for all of them.
    await fillDisk(filler, 3_000_000);
    const source = await drillClip({ durationS: 24 });
    const job = await farm.addJob({ source, segmentS: 3 });
    const row = await farm.waitFor(
      ({ jobs }) => jobs.find(({ waitingFor }) => waitingFor?.includes("disk")),
      { what: "a word about the disk", timeoutMs: 20_000 },
    );
    expect(row.state).not.toBe("failed");
    await unlink(filler);
    await farm.expectRight(job);
    await farm.nothingLeft([job]);
  });

  test("of a worker: its work is done by the other one", async () => {
    farm = await startDrillFarm({
      workers: [{ disk: { limits: "size=4m" } }, {}],
    });
    // Too little for any result.
    await fillDisk(farm.workerFile("worker-1", "filler"), 100_000);
    const source = await drillClip({ durationS: 12 });
    const job = await farm.addJob({ source, segmentS: 2 });
    await farm.expectRight(job);
    const { log } = await farm.detail(job);
    const texts = log.map(({ text }) => text).join("\n");
    expect(texts).toContain("on worker-1 failed: worker-disk-full");
    await farm.nothingLeft([job]);
  });
});
