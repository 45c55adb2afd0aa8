import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jobId } from "../../../src-main/core/identifiers.ts";
import { checkStore } from "../../../src-main/store/doctor.ts";
import { openJobFolder } from "../../../src-main/store/job-folder.ts";
import { openNodeStore } from "../../../src-main/store/node-store.ts";
import type { NodeStore } from "../../../src-main/store/node-store.ts";
import {
  contentsOf,
  sampleJob,
  sampleSegment,
  type StoreContents,
} from "../../contract/store-samples.ts";
import { storedText } from "./stored-text.ts";

const a = jobId("a");
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "reelfarm-doctor-"));
});
afterEach(() => rm(folder, { recursive: true }));

const open = (): Promise<NodeStore> =>
  openNodeStore(folder, { journalLimitBytes: 3000 });

/** Jobs a and b; a has five segments with files. Several snapshots lie behind. */
async function fill(): Promise<void> {
  const store = await open();
  await store.updateSettings({ name: "attic" });
  await store.putJob(sampleJob("a", { state: "active" }));
  await store.putJob(sampleJob("b", { createdAtMs: 1_800_000_000_000 }));
  const work = await openJobFolder(folder, a);
  for (let n = 0; n < 5; n++) {
    const { fileName, path } = work.newFile(0, "mp4");
    await writeFile(path, `segment ${String(n)}`);
    const settled = await work.settle(fileName);
    await store.recordSegment(a, sampleSegment(n, settled));
  }
  await store.recordSegment(b(), sampleSegment(9, await bFile()));
  await store.close();
}
const b = (): ReturnType<typeof jobId> => jobId("b");

async function bFile(): Promise<{ fileName: string; sizeBytes: number }> {
  const work = await openJobFolder(folder, b());
  const { fileName, path } = work.newFile(0, "mp4");
  await writeFile(path, "of b");
  return work.settle(fileName);
}

async function damage(name: string): Promise<void> {
  const path = join(folder, name);
  const bytes = await readFile(path);
  bytes[Math.floor(bytes.length / 2)] = 1;
  await writeFile(path, bytes);
}

async function cutOff(name: string): Promise<void> {
  const path = join(folder, name);
  await truncate(path, Math.floor((await readFile(path)).length / 2));
}

/** Another, empty data folder in the same place. */
async function fresh(): Promise<void> {
  await rm(folder, { recursive: true });
  await mkdir(folder);
}

async function contents(): Promise<StoreContents> {
  const store = await open();
  const all = await contentsOf(store);
  await store.close();
  return all;
}

async function everything(): Promise<Record<string, string>> {
  const entries = await readdir(folder, {
    recursive: true,
    withFileTypes: true,
  });
  const found: Record<string, string> = {};
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found[path] = await readFile(path, "latin1");
  }
  return found;
}

const kinds = async (
  options: { repair?: boolean; clean?: boolean } = {},
): Promise<string[]> =>
  (await checkStore(folder, options)).findings.map((one) => one.kind).sort();

describe("the doctor", () => {
  it("finds nothing in a healthy store, nor in an empty folder", async () => {
    expect(await kinds()).toEqual([]);
    await fill();
    expect(await kinds()).toEqual([]);
  });

  it("changes nothing when only asked to look", async () => {
    await fill();
    await damage("node.json");
    const document = join(folder, "jobs", "a.json");
    await copyFile(document, `${document}.bak`);
    await damage("jobs/a.json");
    await writeFile(join(folder, "jobs", "x.json.1.tmp"), "");
    const before = await everything();
    const found = ["index-damaged", "job-damaged", "temporary-file"];
    expect(await kinds()).toEqual(expect.arrayContaining(found));
    expect(await everything()).toEqual(before);
  });

  it("makes a lost queue again from the jobs' documents", async () => {
    await fill();
    await damage("node.json");
    await damage("node.json.bak");
    await expect(open()).rejects.toMatchObject({ code: "store-damaged" });
    const report = await checkStore(folder, { repair: true });
    const lost = report.findings.find((one) => one.kind === "index-lost");
    expect(lost).toMatchObject({ severity: "error", done: true });
    const store = await open();
    expect(store.jobs().map((job) => job.id)).toEqual(["a", "b"]);
    expect((await store.jobDetails(a)).segments.length).toBe(5);
    await store.putJob(sampleJob("c"));
    await store.close();
    expect(await kinds()).toContain("damaged-file-kept");
    expect(await kinds({ clean: true })).toContain("damaged-file-kept");
    expect(await kinds()).toEqual([]);
  });

  it("keeps every readable change of a damaged journal", async () => {
    const store = await openNodeStore(folder);
    for (const name of ["a", "b", "c", "d"])
      await store.putJob(sampleJob(name));
    const [journal] = (await readdir(folder)).filter((name) =>
      name.startsWith("journal-"),
    );
    const path = join(folder, journal ?? "");
    const text = await readFile(path, "utf8");
    await store.close();
    const kept = (await readdir(folder)).filter((name) =>
      name.startsWith("journal-"),
    );
    for (const name of kept) await rm(join(folder, name));
    await copyFile(join(folder, "node.json.bak"), join(folder, "node.json"));
    await writeFile(path, text.replace('"id":"b"', '"id":"x"'));
    await expect(open()).rejects.toMatchObject({ code: "store-damaged" });
    expect(await kinds({ repair: true })).toContain("journal-damaged");
    const again = await open();
    expect(again.jobs().map((job) => job.id)).toEqual(["a", "c", "d"]);
    await again.close();
    const aside = (await readdir(folder)).find((name) =>
      /^journal-.*\.damaged$/.test(name),
    );
    expect(await readFile(join(folder, aside ?? ""), "utf8")).toContain(
      '"id":"x"',
    );
  });

  it("forgets the segments of a job whose document and backup are lost", async () => {
    await fill();
    await damage("jobs/a.json");
    await rm(join(folder, "jobs", "a.json.bak"), { force: true });
    expect(await kinds()).toContain("job-lost");
    await checkStore(folder, { repair: true });
    const store = await open();
    expect(store.job(a)?.segmentSummary.count).toBe(0);
    expect(store.job(b())?.segmentSummary.count).toBe(1);
    await store.close();
  });

  it("forgets segments whose files are missing or cut off, no others", async () => {
    await fill();
    const work = join(folder, "work", "a");
    const [one, two] = await readdir(work);
    await rm(join(work, one ?? ""));
    await writeFile(join(work, two ?? ""), "");
    expect(await kinds()).toEqual(["segment-missing", "segment-missing"]);
    await checkStore(folder, { repair: true });
    const store = await open();
    const { segments } = await store.jobDetails(a);
    expect(segments.length).toBe(3);
    expect(segments.some((each) => each.fileName === one)).toBe(false);
    await store.close();
  });

  it("lists leftovers with their size and removes only them", async () => {
    await fill();
    await openJobFolder(folder, jobId("gone"));
    await writeFile(join(folder, "work", "gone", "x.mp4"), "12345");
    await writeFile(join(folder, "work", "a", "half.mp4"), "123");
    await writeFile(join(folder, "node.json.0.tmp"), "12");
    await copyFile(join(folder, "jobs/a.json"), join(folder, "jobs/z.json"));
    const report = await checkStore(folder);
    expect(report.findings.map((one) => one.kind).sort()).toEqual([
      "job-unlisted",
      "temporary-file",
      "work-file-unlisted",
      "work-folder-unlisted",
    ]);
    expect(report.leftoverBytes).toBeGreaterThanOrEqual(10);
    const store = await open();
    const before = await contentsOf(store);
    await store.close();
    await checkStore(folder, { clean: true });
    expect(await kinds()).toEqual([]);
    const again = await open();
    expect(await contentsOf(again)).toEqual(before);
    await again.close();
  });

  it("uses a good backup in place of a document that is cut off or altered", async () => {
    for (const name of ["node.json", "jobs/a.json"])
      for (const harm of [damage, cutOff]) {
        await fresh();
        await fill();
        const before = await contents();
        const path = join(folder, name);
        await copyFile(path, `${path}.bak`);
        await harm(name);
        const kind = name === "node.json" ? "index-damaged" : "job-damaged";
        expect(await kinds(), name).toEqual([kind]);
        const { findings } = await checkStore(folder, { repair: true });
        expect(findings).toMatchObject([{ kind, path: name, done: true }]);
        expect(await kinds()).toEqual(["damaged-file-kept"]);
        expect(await contents(), name).toEqual(before);
      }
  });

  it("forgets segments where a document and its backup are both altered, and sets both aside", async () => {
    await fill();
    await copyFile(
      join(folder, "jobs/a.json"),
      join(folder, "jobs/a.json.bak"),
    );
    await damage("jobs/a.json");
    await cutOff("jobs/a.json.bak");
    expect(await kinds({ repair: true })).toEqual(["job-lost"]);
    const kept = ["damaged-file-kept", "damaged-file-kept"];
    const parts = Array<string>(5).fill("work-file-unlisted");
    expect(await kinds()).toEqual([...kept, ...parts]);
    expect((await contents()).jobs.length).toBe(2);
  });

  it("makes a list of jobs that is not there again", async () => {
    await fill();
    await rm(join(folder, "node.json"));
    await rm(join(folder, "node.json.bak"), { force: true });
    expect(await kinds({ repair: true })).toContain("index-lost");
    expect((await contents()).jobs.length).toBe(2);
  });

  it("cuts a journal that ends in the middle of a line", async () => {
    const store = await openNodeStore(folder);
    await store.putJob(sampleJob("a"));
    const [name] = (await readdir(folder)).filter((one) =>
      one.startsWith("journal-"),
    );
    const path = join(folder, name ?? "");
    const text = await readFile(path);
    await store.close();
    // As a power cut leaves it: the change is not in the documents yet.
    await rm(join(folder, "node.json"));
    await writeFile(path, text);
    await appendFile(path, "0123456789abcdef 2 1 {");
    expect(await kinds()).toContain("journal-torn");
    await checkStore(folder, { repair: true });
    expect((await contents()).jobs.length).toBe(1);
    expect(await kinds()).toEqual([]);
  });

  it("touches nothing a newer version wrote, were it one job's document", async () => {
    const newer = { node: "node.json", job: "jobs/a.json" } as const;
    for (const kind of ["node", "job"] as const) {
      await fresh();
      await fill();
      await writeFile(join(folder, newer[kind]), storedText(kind, 999, {}));
      await writeFile(join(folder, "jobs/x.json.1.tmp"), "x");
      const before = await everything();
      expect(await kinds({ repair: true, clean: true })).toEqual([
        "store-newer",
      ]);
      expect(await everything()).toEqual(before);
    }
  });

  it("leaves files it does not know where they are, also when it makes the list again", async () => {
    await fill();
    const strange = ["notes.txt", "jobs/notes.txt", "jobs/a b.json", "jobs/.x"];
    for (const name of strange) await writeFile(join(folder, name), "mine");
    await mkdir(join(folder, "films"));
    expect(await kinds()).toEqual([]);
    await damage("node.json");
    await rm(join(folder, "node.json.bak"), { force: true });
    await checkStore(folder, { repair: true, clean: true });
    for (const name of strange)
      expect(await readFile(join(folder, name), "utf8")).toBe("mine");
    expect(await readdir(folder)).toContain("films");
  });

  it("works where a node was killed, and removes the address it left", async () => {
    await fill();
    const dead = { pid: 2 ** 30, token: "x", processStart: null };
    await writeFile(join(folder, "lock"), JSON.stringify(dead));
    await writeFile(join(folder, "ui.json"), '{"url":"http://x"}');
    expect(await kinds()).toEqual(["address-stale"]);
    await checkStore(folder, { repair: true, clean: true });
    expect(await kinds()).toEqual([]);
    const left = await readdir(folder);
    expect(left).not.toContain("ui.json");
    expect(left.filter((name) => name.startsWith("lock"))).toEqual([]);
  });

  it("keeps its hands off while a node is running", async () => {
    const store = await open();
    expect(await kinds()).toEqual(["node-running"]);
    const repair = checkStore(folder, { repair: true });
    await expect(repair).rejects.toMatchObject({
      code: "node-already-running",
    });
    await store.close();
  });
});
