import { describe, expect, it } from "vitest";
import { openNodeStore } from "../../../src-main/store/node-store.ts";
import type { NodeStore } from "../../../src-main/store/node-store.ts";
import { contentsOf, sampleJob } from "../../contract/store-samples.ts";
import { PowerCutDisk } from "./power-cut-disk.ts";
import type { Survival } from "./power-cut-disk.ts";
import { makeWorkload, runWorkload } from "./workload.ts";
import type { Progress, Workload } from "./workload.ts";

const folder = "/home/data";
const survivals: readonly Survival[] = [
  "kept",
  "synced-only",
  "names-only",
  { seed: 1 },
  { seed: 2 },
];

/** A journal this small makes snapshots happen all through the workload. */
const open = (disk: PowerCutDisk): Promise<NodeStore> =>
  openNodeStore(folder, { journalLimitBytes: 4000, files: disk });

/** What the disk was like at one moment, and what had been acknowledged by then. */
interface Moment {
  readonly label: string;
  readonly disk: PowerCutDisk;
  readonly progress: Progress;
}

/** Every moment of `work` between two disk operations, with each kind of survival. */
async function momentsOf(
  disk: PowerCutDisk,
  progress: Progress,
  kinds: (operation: number) => readonly Survival[],
  work: () => Promise<void>,
): Promise<Moment[]> {
  const moments: Moment[] = [];
  const look = (operation: string): void => {
    for (const survival of kinds(disk.operations))
      moments.push({
        label: `before ${String(disk.operations)} (${operation}), ${JSON.stringify(survival)}`,
        disk: disk.after(survival),
        progress: { ...progress },
      });
  };
  disk.beforeEach = look;
  await work();
  look("end");
  disk.beforeEach = () => undefined;
  return moments;
}

/** The contents must be those after m changes, all acknowledged ones among them. Returns m. */
async function changesKept(
  store: NodeStore,
  workload: Workload,
  { label, progress }: Moment,
): Promise<number> {
  const { acknowledged, begun } = progress;
  const contents = JSON.stringify(await contentsOf(store));
  for (let m = acknowledged; m <= begun; m++)
    if (workload.expected[m] === contents) return m;
  const was = workload.expected.lastIndexOf(contents);
  throw new Error(
    `${label}: ${String(acknowledged)} acknowledged, ${String(begun)} begun, ` +
      `contents are those after ${String(was)}`,
  );
}

const reopen = ({ disk, label }: Moment): Promise<NodeStore> =>
  open(disk).catch((cause: unknown) => {
    throw new Error(`${label}: not opened: ${String(cause)}`, { cause });
  });

async function workloadMoments(
  workload: Workload,
  disk: PowerCutDisk,
  kinds: readonly Survival[],
): Promise<Moment[]> {
  const progress = { begun: 0, acknowledged: 0 };
  return momentsOf(
    disk,
    progress,
    () => kinds,
    async () => {
      const store = await open(disk);
      await runWorkload(store, workload, progress);
      await store.close();
    },
  );
}

describe("a power cut", () => {
  it("at any operation loses nothing acknowledged and leaves a store that opens", async () => {
    const workload = await makeWorkload(7, 60);
    const disk = new PowerCutDisk();
    const moments = await workloadMoments(workload, disk, survivals);
    const renames = disk.log.filter((line) => line.startsWith("rename"));
    expect(renames.length).toBeGreaterThan(20);
    for (const moment of moments) {
      const store = await reopen(moment);
      await changesKept(store, workload, moment);
      await store.close();
    }
  });

  it("in a journal's first, long batch leaves a store that opens, whatever blocks of it survive", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk);
    const cuts: PowerCutDisk[] = [];
    disk.beforeEach = (operation) => {
      if (!operation.startsWith("sync ") || !operation.includes("journal-"))
        return;
      for (let seed = 0; seed < 40; seed++) cuts.push(disk.after({ seed }));
    };
    const names = Array.from({ length: 20 }, (_, at) => `job-${String(at)}`);
    await Promise.all(names.map((name) => store.putJob(sampleJob(name))));
    expect(cuts.length).toBeGreaterThan(40);
    for (const cut of cuts) {
      const again = await open(cut);
      const kept = again.jobs().map(({ id }) => id);
      expect(kept).toEqual(names.slice(0, kept.length));
      await again.close();
    }
  });

  it("after a kill, a restart and one more change takes neither the old nor the new", async () => {
    const workload = await makeWorkload(8, 40);
    const disk = new PowerCutDisk();
    const moments = await workloadMoments(workload, disk, ["kept"]);
    for (const moment of moments) {
      const first = await reopen(moment);
      const kept = await changesKept(first, workload, moment);
      // What a start has read counts as stored from then on.
      await first.flush();
      const flushed = { ...moment, disk: moment.disk.after("synced-only") };
      const cut = await reopen(flushed);
      expect(await changesKept(cut, workload, moment), moment.label).toBe(kept);
      await first.putJob(sampleJob("one-more"));
      const again = { ...moment, disk: moment.disk.after("synced-only") };
      const second = await reopen(again);
      expect(second.jobs().at(-1)?.id, moment.label).toBe("one-more");
      await second.removeJob(sampleJob("one-more").id);
      const contents = JSON.stringify(await contentsOf(second));
      expect(contents === workload.expected[kept], moment.label).toBe(true);
      await second.close();
    }
  });

  it("during the recovery from another loses nothing either", async () => {
    const workload = await makeWorkload(9, 40);
    const disk = new PowerCutDisk();
    const first = await workloadMoments(workload, disk, ["kept", { seed: 4 }]);
    for (const moment of first.filter((_, at) => at % 11 === 0)) {
      const second = await momentsOf(
        moment.disk,
        moment.progress,
        (operation) => ["synced-only", { seed: operation }],
        async () => (await reopen(moment)).close(),
      );
      for (const inner of second) {
        const label = `${moment.label}, then ${inner.label}`;
        const store = await reopen({ ...inner, label });
        await changesKept(store, workload, { ...inner, label });
        await store.close();
      }
    }
  });

  it("on a disk that lies about syncs is noticed by this very test", async () => {
    const workload = await makeWorkload(7, 20);
    const disk = new PowerCutDisk();
    disk.ignoresSync = true;
    const moments = await workloadMoments(workload, disk, ["synced-only"]);
    const last = moments.at(-1);
    if (!last) throw new Error("no moments");
    const store = await open(last.disk);
    await expect(changesKept(store, workload, last)).rejects.toThrow(
      "acknowledged",
    );
  });
});
