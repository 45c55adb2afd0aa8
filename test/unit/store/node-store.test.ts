import { describe, expect, it } from "vitest";
import { jobId } from "../../../src-main/core/identifiers.ts";
import { currentSchema } from "../../../src-main/store/migrations.ts";
import type { StoreSchema } from "../../../src-main/store/migrations.ts";
import { openNodeStore } from "../../../src-main/store/node-store.ts";
import type {
  NodeStore,
  NodeStoreOptions,
} from "../../../src-main/store/node-store.ts";
import {
  contentsOf,
  sampleEvent,
  sampleJob,
  sampleSegment,
} from "../../contract/store-samples.ts";
import { PowerCutDisk } from "./power-cut-disk.ts";
import { makeWorkload, runWorkload } from "./workload.ts";

const folder = "/home/data";
const index = `${folder}/node.json`;
const a = jobId("a");

const open = (
  disk: PowerCutDisk,
  options: NodeStoreOptions = {},
): Promise<NodeStore> =>
  openNodeStore(folder, { journalLimitBytes: 4000, ...options, files: disk });

/** A store with several snapshots behind it and changes in the journal; not closed, as after a kill. */
async function usedDisk(): Promise<{ disk: PowerCutDisk; contents: unknown }> {
  const disk = new PowerCutDisk();
  const store = await open(disk);
  const workload = await makeWorkload(3, 60);
  await runWorkload(store, workload, { begun: 0, acknowledged: 0 });
  return { disk: disk.after("synced-only"), contents: await contentsOf(store) };
}

function flipByte(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

const journals = (disk: PowerCutDisk): string[] =>
  disk
    .paths()
    .filter((path) => path.includes("/journal-"))
    .sort();

describe("a damaged store", () => {
  it("goes on from the backup of the queue without losing anything", async () => {
    const { disk, contents } = await usedDisk();
    disk.damage(index, (bytes) => flipByte(bytes, 200));
    const store = await open(disk);
    expect(await contentsOf(store)).toEqual(contents);
    await store.close();
    const aside = disk.paths().filter((path) => path.endsWith(".damaged"));
    expect(aside.length).toBe(1);
    const again = await open(disk);
    expect(await contentsOf(again)).toEqual(contents);
  });

  it("goes on when the queue's document is gone", async () => {
    const { disk, contents } = await usedDisk();
    disk.lose(index);
    expect(await contentsOf(await open(disk))).toEqual(contents);
  });

  it("is refused and left alone when document and backup are damaged", async () => {
    const { disk } = await usedDisk();
    disk.damage(index, (bytes) => flipByte(bytes, 200));
    disk.damage(`${index}.bak`, (bytes) => bytes.subarray(0, 100));
    const before = disk.paths().map((path) => [path, disk.text(path)]);
    await expect(open(disk)).rejects.toMatchObject({ code: "store-damaged" });
    const after = disk.paths().map((path) => [path, disk.text(path)]);
    const isLock = ([path]: (string | undefined)[]): boolean =>
      path?.endsWith("/lock") === true;
    expect(after).toEqual(before.filter((one) => !isLock(one)));
  });

  it("is refused when both copies of the queue are gone but jobs are there", async () => {
    const { disk } = await usedDisk();
    disk.lose(index);
    disk.lose(`${index}.bak`);
    await expect(open(disk)).rejects.toMatchObject({ code: "store-damaged" });
  });

  it("is refused where nothing but jobs' documents is left", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk);
    await store.putJob(sampleJob("a"));
    await store.recordSegment(a, sampleSegment(1));
    await store.close();
    for (const path of [index, `${index}.bak`, ...journals(disk)])
      disk.lose(path);
    await expect(open(disk)).rejects.toMatchObject({ code: "store-damaged" });
  });

  it("is refused when an acknowledged line of the journal is damaged, wherever", async () => {
    const { disk: used, contents } = await usedDisk();
    const path = journals(used).at(-1) ?? "";
    // The last lines may be of a write that was never acknowledged: the last
    // line tells up to which sequence earlier ones were.
    const lines = used.text(path).trimEnd().split("\n");
    const durable = Number(lines.at(-1)?.split(" ")[2]);
    const vouched = lines.filter(
      (line) => Number(line.split(" ")[1]) <= durable,
    );
    const length = vouched.join("\n").length;
    let refused = 0;
    for (let at = 0; at < length; at += 3) {
      const disk = used.after("synced-only");
      disk.damage(path, (bytes) => flipByte(bytes, at));
      const result = await open(disk).catch((error: unknown) => error);
      if (result instanceof Error) {
        expect(result).toMatchObject({ code: "store-damaged" });
        refused += 1;
        continue;
      }
      // Lines that the index contains are not needed any more.
      const store = result as NodeStore;
      expect(await contentsOf(store)).toEqual(contents);
    }
    expect(refused).toBeGreaterThan(10);
  });

  it("cuts a last line that was never acknowledged, and writes on behind it", async () => {
    const { disk, contents } = await usedDisk();
    const path = journals(disk).at(-1) ?? "";
    const torn = Buffer.from('0123456789abcdef 99 98 {"op":"sett');
    disk.damage(path, (bytes) => Buffer.concat([bytes, torn]));
    const store = await open(disk);
    expect(await contentsOf(store)).toEqual(contents);
    await store.updateSettings({ name: "after" });
    const again = await open(disk.after("synced-only"));
    expect(again.settings.name).toBe("after");
  });

  it("falls back to a job document's backup and never loses the others", async () => {
    const { disk } = await usedDisk();
    const path = disk.paths().find((one) => /jobs\/[^.]+\.json$/.test(one));
    disk.damage(path ?? "", (bytes) => flipByte(bytes, 60));
    const store = await open(disk);
    for (const job of store.jobs())
      await store.jobDetails(job.id).catch(() => undefined);
    await store.close();
    expect(disk.paths().some((one) => one.endsWith(".damaged"))).toBe(true);
  });
});

describe("an open store", () => {
  it("is nobody else's until it is closed, and clears away what a write left", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk);
    const held = { code: "node-already-running" };
    await expect(open(disk)).rejects.toMatchObject(held);
    await store.close();
    const left = [`${folder}/node.json.1.tmp`, `${folder}/jobs/a.json.2.tmp`];
    for (const path of left) disk.put(path, "half");
    await (await open(disk)).close();
    for (const path of left) expect(disk.paths()).not.toContain(path);
  });

  it("writes nothing that it could not read again", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk);
    await store.putJob(sampleJob("a"));
    const wrong = sampleJob("b", { createdAtMs: Number.NaN });
    await expect(store.putJob(wrong)).rejects.toThrow();
    await store.updateSettings({ name: "after it" });
    const again = await open(disk.after("synced-only"));
    expect(again.jobs().map(({ id }) => id)).toEqual(["a"]);
    expect(store.jobs().map(({ id }) => id)).toEqual(["a"]);
  });
});

describe("a full or failing disk", () => {
  it("refuses the change, keeps it, and stores it with the next that succeeds", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk);
    await store.putJob(sampleJob("a"));
    disk.fault = (operation) => (operation === "append" ? "ENOSPC" : null);
    const first = store.recordSegment(a, sampleSegment(1));
    await expect(first).rejects.toMatchObject({ code: "disk-full" });
    const second = store.recordEvent(a, sampleEvent("x"));
    await expect(second).rejects.toMatchObject({ code: "disk-full" });
    disk.fault = () => null;
    await store.updateSettings({ name: "space again" });
    const again = await open(disk.after("synced-only"));
    expect(await contentsOf(again)).toEqual(await contentsOf(store));
    expect(again.job(a)?.segmentSummary.count).toBe(1);
  });

  it("does not trust a file whose sync failed", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk);
    await store.putJob(sampleJob("a"));
    const name = journals(disk)[0] ?? "";
    disk.fault = (operation, path) =>
      operation === "sync" && path === name ? "EIO" : null;
    const change = store.updateSettings({ name: "one" });
    await expect(change).rejects.toMatchObject({ code: "store-unwritable" });
    await store.updateSettings({ role: "master" });
    expect(journals(disk).length).toBe(2);
    const again = await open(disk.after("synced-only"));
    expect(again.settings).toMatchObject({ name: "one", role: "master" });
    expect(again.jobs().length).toBe(1);
  });

  it("survives a snapshot that fails", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk);
    disk.fault = (operation, path) =>
      operation === "rename" && path === index ? "EIO" : null;
    const workload = await makeWorkload(5, 60);
    await runWorkload(store, workload, { begun: 0, acknowledged: 0 });
    disk.fault = () => null;
    const again = await open(disk.after("synced-only"));
    expect(await contentsOf(again)).toEqual(await contentsOf(store));
  });
});

describe("a snapshot", () => {
  it("that failed is made up for by the next, also for jobs nothing happens to any more", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk);
    await store.putJob(sampleJob("a"));
    await store.recordSegment(a, sampleSegment(1));
    disk.fault = (operation, path) =>
      operation === "rename" && path.endsWith("/jobs/a.json") ? "EIO" : null;
    const fill = async (): Promise<void> => {
      for (let n = 0; n < 60; n++)
        await store.updateSettings({
          name: `node ${String(n)} ${"x".repeat(60)}`,
        });
    };
    await fill();
    disk.fault = () => null;
    const first = journals(disk)[0];
    for (let n = 0; n < 4; n++) await fill();
    // The line with the segment is gone with its file.
    expect(journals(disk)).not.toContain(first);
    const again = await open(disk.after("synced-only"));
    expect((await again.jobDetails(a)).segments.length).toBe(1);
  });

  it("writes no document of a job that is removed meanwhile", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk, { journalLimitBytes: 16_000 });
    for (const name of ["b", "c", "d", "e", "f", "g", "h", "a"]) {
      await store.putJob(sampleJob(name));
      await store.recordEvent(jobId(name), sampleEvent("x"));
    }
    const removals: Promise<void>[] = [];
    disk.beforeEach = (operation) => {
      if (removals.length > 0 || !/^sync .*jobs\/b/.test(operation)) return;
      removals.push(store.removeJob(a));
    };
    for (let n = 0; n < 200; n++)
      await store.updateSettings({
        name: `node ${String(n)} ${"x".repeat(60)}`,
      });
    expect(removals.length).toBe(1);
    await Promise.all(removals);
    const documents = disk.paths().filter((path) => path.includes("/jobs/"));
    expect(documents).toContain(`${folder}/jobs/h.json`);
    expect(documents).not.toContain(`${folder}/jobs/a.json`);
  });

  it("of an earlier job is never taken for a namesake's", async () => {
    const disk = new PowerCutDisk();
    const first = await open(disk);
    await first.putJob(sampleJob("a"));
    await first.recordSegment(a, sampleSegment(1));
    await first.close();
    const second = await open(disk);
    disk.fault = (operation, path) =>
      operation === "remove" && path.includes("/jobs/") ? "EIO" : null;
    await second.removeJob(a);
    await second.putJob(sampleJob("a"));
    await second.close();
    disk.fault = () => null;
    expect(disk.paths()).toContain(`${folder}/jobs/a.json`);
    const third = await open(disk);
    expect((await third.jobDetails(a)).segments).toEqual([]);
  });

  it("keeps what happens to a job while its document is written, unread", async () => {
    const used = new PowerCutDisk();
    const before = await open(used);
    await before.putJob(sampleJob("a"));
    await before.recordEvent(a, sampleEvent("first"));
    await before.close();
    const disk = used.after("synced-only");
    const store = await open(disk);
    await store.recordEvent(a, sampleEvent("second"));
    const late: Promise<void>[] = [];
    disk.beforeEach = (operation) => {
      if (late.length > 0 || !/^sync .*jobs\/a\.json/.test(operation)) return;
      late.push(store.recordEvent(a, sampleEvent("third")));
    };
    for (let n = 0; n < 120; n++)
      await store.updateSettings({
        name: `node ${String(n)} ${"x".repeat(60)}`,
      });
    expect(late.length).toBe(1);
    await Promise.all(late);
    const { events } = await store.jobDetails(a);
    const texts = ["first", "second", "third"];
    expect(events).toEqual(texts.map((text) => sampleEvent(text)));
  });
});

describe("the journal", () => {
  it("begins a file anew whose first line broke off in the middle", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk);
    const whole = disk.open.bind(disk);
    disk.open = async (path, mode) => {
      const file = await whole(path, mode);
      if (!path.includes("/journal-")) return file;
      const append = async (data: Uint8Array): Promise<void> => {
        await file.append(data.subarray(0, 10));
        throw Object.assign(new Error("full"), { code: "ENOSPC" });
      };
      return { ...file, append };
    };
    const failed = store.putJob(sampleJob("a"));
    await expect(failed).rejects.toMatchObject({ code: "disk-full" });
    disk.open = whole;
    await store.putJob(sampleJob("b"));
    const again = await open(disk.after("synced-only"));
    expect(again.jobs().map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("stays bounded however much is changed", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk);
    await store.putJob(sampleJob("a"));
    for (let n = 0; n < 300; n++)
      await store.recordSegment(a, sampleSegment(n % 10));
    const sum = journals(disk).reduce(
      (bytes, path) => bytes + disk.text(path).length,
      0,
    );
    expect(sum).toBeLessThan(16_000);
  });

  it("syncs once for changes made together", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk, { journalLimitBytes: 1e9 });
    await store.putJob(sampleJob("a"));
    const before = disk.log.length;
    const changes = Array.from({ length: 100 }, (_, n) =>
      store.recordEvent(a, sampleEvent(String(n))),
    );
    await Promise.all(changes);
    expect(disk.log.slice(before).length).toBe(2);
  });
});

describe("versions", () => {
  /** A version 2 in which a job's `presetName` used to be called `preset`. */
  const rename = (job: unknown): unknown => {
    if (typeof job !== "object" || job === null || !("notes" in job))
      return job;
    return { ...job, notes: ["brought to version 2"] };
  };
  const inJob = (data: unknown): unknown =>
    typeof data === "object" && data !== null && "job" in data
      ? { ...data, job: rename(data.job) }
      : data;
  const next: StoreSchema = {
    version: currentSchema.version + 1,
    migrations: [
      ...currentSchema.migrations,
      {
        version: currentSchema.version,
        index: (data) =>
          typeof data === "object" && data !== null && "jobs" in data
            ? { ...data, jobs: (data.jobs as unknown[]).map(inJob) }
            : data,
        job: inJob,
        entry: inJob,
      },
    ],
  };

  it("brings documents and journal lines of an older version up to date", async () => {
    const { disk } = await usedDisk();
    const old = await open(disk.after("synced-only"));
    const expected = await contentsOf(old);
    const store = await open(disk, { schema: next });
    expect(await contentsOf(store)).toEqual({
      ...expected,
      jobs: expected.jobs.map((job) => ({
        ...job,
        notes: ["brought to version 2"],
      })),
    });
    await store.putJob(sampleJob("new"));
    const again = await open(disk.after("synced-only"), { schema: next });
    expect(again.jobs().at(-1)?.notes).toEqual([]);
    expect(again.jobs()[0]?.notes).toEqual(["brought to version 2"]);
  });

  it("refuses a newer store from its first start on, and changes nothing", async () => {
    const { disk } = await usedDisk();
    const opened = await open(disk, { schema: next });
    // Killed at once, it has told every older program all the same.
    await expect(open(disk.after("synced-only"))).rejects.toMatchObject({
      code: "store-newer",
    });
    await opened.close();
    const before = disk.paths().map((path) => disk.text(path));
    await expect(open(disk)).rejects.toMatchObject({ code: "store-newer" });
    expect(disk.paths().map((path) => disk.text(path))).toEqual(before);
    const store = await open(disk, { schema: next });
    expect(store.jobs().length).toBeGreaterThan(0);
  });

  it("refuses what a newer version wrote to the journal alone", async () => {
    const { disk } = await usedDisk();
    const old = [index, `${index}.bak`].map((path) => disk.text(path));
    const newer = disk.after("synced-only");
    await (await open(newer, { schema: next })).putJob(sampleJob("newer"));
    // As where the newer list of jobs was lost and an older one put in its place.
    const mixed = newer.after("synced-only");
    for (const [at, path] of [index, `${index}.bak`].entries())
      mixed.damage(path, () => Buffer.from(old[at] ?? ""));
    const kept = (): string[] =>
      mixed
        .paths()
        .filter((path) => !path.endsWith("/lock"))
        .map((path) => mixed.text(path));
    const before = kept();
    await expect(open(mixed)).rejects.toMatchObject({ code: "store-newer" });
    expect(kept()).toEqual(before);
  });
});

describe("memory", () => {
  it("reads a finished job's segments again after a snapshot let them go", async () => {
    const disk = new PowerCutDisk();
    const store = await open(disk);
    await store.putJob(sampleJob("a"));
    for (let n = 0; n < 40; n++) await store.recordSegment(a, sampleSegment(n));
    await store.close();
    const again = await open(disk);
    const reads = (): number =>
      disk.log.filter(
        (line) => line.startsWith("read") && line.endsWith("jobs/a.json"),
      ).length;
    const before = reads();
    expect(again.job(a)?.segmentSummary.count).toBe(40);
    expect(reads()).toBe(before);
    expect((await again.jobDetails(a)).segments.length).toBe(40);
    expect(reads()).toBe(before + 1);
  });
});
