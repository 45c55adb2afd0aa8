import {
  appendFile,
  mkdtemp,
  readFile,
  readdir,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { UiFinishedJob } from "../../../src-main/protocol/ui-history.ts";
import { History, maxKeptJobs } from "../../../src-main/store/history.ts";
import { diskFileSystem } from "../../../src-main/store/file-system.ts";
import { TakenFiles } from "../../../src-main/store/taken-files.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "reelfarm-history-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const job = (number: number): UiFinishedJob => ({
  jobId: `job-${String(number)}`,
  name: "film.mkv",
  presetName: "Fast 1080p",
  outputPath: `/films/${String(number)}.mp4`,
  finishedAtMs: 1_000 + number,
  sourceBytes: 100,
  outputBytes: 40,
  durationS: 10,
  wallS: 5,
  workers: [{ name: "attic", frames: 250 }],
});
const ids = (history: History): string[] =>
  history.page(null, 500).jobs.map(({ jobId }) => jobId);

test("finished jobs are there after a restart, the latest first, in pages", async () => {
  const history = await History.open(folder);
  for (const number of [1, 2, 3]) await history.add(job(number));
  await history.add(job(2));
  const again = await History.open(folder);
  expect(ids(again)).toEqual(["job-3", "job-2", "job-1"]);
  const [last] = again.page(null, 1).jobs;
  expect(again.page(null, 1).hasMore).toBe(true);
  const next = again.page(last?.finishedAtMs ?? 0, 2);
  expect(next.jobs.map(({ jobId }) => jobId)).toEqual(["job-2", "job-1"]);
  expect(next).toMatchObject({ hasMore: false, totals: { jobs: 3 } });
  expect(again.wrote("/films/2.mp4")).toBe(true);
});

test("a line torn by a power cut costs that line alone", async () => {
  const history = await History.open(folder);
  for (const number of [1, 2]) await history.add(job(number));
  await appendFile(join(folder, "history.jsonl"), '{"jobId":"job-3","na');
  const torn = await History.open(folder);
  expect(ids(torn)).toEqual(["job-2", "job-1"]);
  await torn.add(job(4));
  expect(ids(await History.open(folder))).toEqual(["job-4", "job-2", "job-1"]);
});

test("what is no history is set aside, what a newer version wrote is left alone", async () => {
  const file = join(folder, "history.jsonl");
  await writeFile(file, "garbage\n");
  const history = await History.open(folder);
  await history.add(job(1));
  expect(await readdir(folder)).toHaveLength(2);
  const newer = '{"reelfarm":"history","version":99}\n{}\n';
  await writeFile(file, newer);
  await expect(History.open(folder)).rejects.toMatchObject({
    code: "store-newer",
  });
  expect(await readFile(file, "utf8")).toBe(newer);
});

test("jobs that were cleared away do not come back with the queue", async () => {
  const history = await History.open(folder);
  await history.add(job(1));
  await history.clear(1_500);
  const again = await History.open(folder);
  await again.add(job(1));
  await again.add(job(600));
  expect(ids(again)).toEqual(["job-600"]);
  expect(again.page(null, 1).totals.jobs).toBe(1);
});

test("only the newest are listed, all are counted", async () => {
  const many = maxKeptJobs + 1_001;
  const lines = Array.from({ length: many - 1 }, (_, at) =>
    JSON.stringify(job(at)),
  );
  const header = {
    earlier: {
      jobs: 0,
      sourceBytes: 0,
      outputBytes: 0,
      savedS: 0,
      workers: [],
      months: [],
    },
    clearedAtMs: 0,
  };
  await writeFile(
    join(folder, "history.jsonl"),
    ['{"reelfarm":"history","version":1}', JSON.stringify(header), ...lines]
      .join("\n")
      .concat("\n"),
  );
  const history = await History.open(folder);
  await history.add(job(many));
  const again = await History.open(folder);
  expect(again.page(null, 500).totals.jobs).toBe(many);
  expect(again.page(1_000 + 1_100, 500).jobs).toHaveLength(99);
});

test("taken files are remembered over a restart, also after a write that failed", async () => {
  let isFull = false;
  const files = {
    ...diskFileSystem,
    open: (...args: Parameters<typeof diskFileSystem.open>) =>
      isFull
        ? Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }))
        : diskFileSystem.open(...args),
  };
  const taken = await TakenFiles.open(folder, files);
  await taken.add("one");
  isFull = true;
  await expect(taken.add("two")).rejects.toMatchObject({ code: "disk-full" });
  isFull = false;
  await taken.add("three");
  const again = await TakenFiles.open(folder);
  expect(["one", "two", "three", "four"].map((key) => again.has(key))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
