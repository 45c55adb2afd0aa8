/** The commands about the queue, on a node without a worker's haste: it is paused. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  copyFile,
  mkdir,
  mkdtemp,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type {
  UiJob,
  UiJobDetail,
  UiWorker,
} from "../../../src-main/protocol/ui-contract.ts";
import {
  capabilitiesText,
  drillBinaries,
  drillClip,
} from "../../fixtures/drill-media.ts";

const cli = fileURLToPath(
  new URL("../../../dist/main/cli.js", import.meta.url),
);
let folder: string;
let node: ChildProcess;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-queue-"));
  const data = path.join(folder, "data");
  await mkdir(data, { mode: 0o700 });
  const { ffmpeg } = await drillBinaries();
  await writeFile(
    path.join(data, "capabilities.json"),
    await capabilitiesText(ffmpeg),
  );
  const clip = await drillClip({ durationS: 2 });
  await mkdir(path.join(folder, "films"));
  for (const name of ["a.mp4", "b.mp4", "c.mp4"])
    await copyFile(clip, path.join(folder, "films", name));
  await writeFile(path.join(folder, "films", "notes.txt"), "no film");
  await serve();
  await fine("pause");
});

afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the node, and gives back what it says first. */
async function serve(): Promise<string> {
  node = spawn(
    process.execPath,
    [cli, "serve", "--name", "den", "--listen", "127.0.0.1:0"],
    { env: environment(), cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  node.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  while (!/reach it|reelfarm join/.test(said))
    await once(node.stdout ?? node, "data");
  while ((await json<UiWorker[]>("workers")).length === 0);
  return said;
}

async function stop(): Promise<void> {
  node.kill("SIGTERM");
  if (node.exitCode === null) await once(node, "exit");
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, REELFARM_DATA: path.join(folder, "data") };
}

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(...words: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [cli, ...words],
      { env: environment(), cwd: folder },
      (_error, out, err) => resolve({ code: child.exitCode, out, err }),
    );
  });
}

/** The lines a command prints that must end well. */
async function fine(...words: string[]): Promise<string[]> {
  const { code, out, err } = await run(...words);
  expect({ code, err }, words.join(" ")).toEqual({ code: 0, err: "" });
  return out.split("\n").filter((line) => line !== "");
}

/** What a command prints for programs. */
async function json<Value>(...words: string[]): Promise<Value> {
  return JSON.parse((await fine(...words, "--json")).join("")) as Value;
}

const queue = (): Promise<UiJob[]> => json<UiJob[]>("queue");
const names = async (): Promise<string[]> =>
  (await queue()).map(({ name }) => name);
const ids = async (): Promise<string[]> =>
  (await queue()).map(({ jobId }) => jobId);

test("a folder is added by name template, for one worker, and told what was left out", async () => {
  const added = await run(
    ...["add", "films", "-o", "out/", "--name", "{folder} {name}"],
    ...["--worker", "den", "--priority", "3"],
  );
  expect(added.code).toBe(0);
  expect(added.err).toContain("Left out 1 files");
  const jobs = await queue();
  expect(added.out.trim().split("\n")).toEqual(jobs.map(({ jobId }) => jobId));
  expect(jobs.map(({ outputPath }) => path.basename(outputPath))).toEqual([
    "films a.mp4",
    "films b.mp4",
    "films c.mp4",
  ]);
  for (const job of jobs) {
    expect(job.priority).toBe(3);
    expect(job.allowedWorkers).toHaveLength(1);
    expect(job.waitingFor).toBe("The queue is paused.");
  }
});

test("an output that another job writes is refused, for people and for programs", async () => {
  const again = ["add", "films/a.mp4", "-o", "out/films a.mp4"];
  const [told, read] = await Promise.all([
    run(...again),
    run(...again, "--json"),
  ]);
  expect(told).toMatchObject({ code: 1, out: "" });
  expect(told.err).toContain("[output-exists]");
  expect(read.code).toBe(1);
  expect(JSON.parse(read.out)).toMatchObject({
    jobIds: [],
    refused: [{ failure: { code: "output-exists" } }],
  });
});

test("what cannot be is told and ends with 2, and 1 when the node refuses", async () => {
  const [a = ""] = await ids();
  const ends = async (code: number, text: string, ...words: string[]) => {
    const ran = await run(...words);
    expect(ran, words.join(" ")).toMatchObject({ code, out: "" });
    expect(ran.err).toContain(text);
  };
  await Promise.all([
    ends(2, "-100 to 100", "priority", a, "-101"),
    ends(2, "move takes one of", "move", a),
    ends(2, "no worker attic", "choose", a, "attic"),
    ends(2, "takes on or off", "sharing", "--stealing", "maybe"),
    ends(2, "the word for all", "cancel", a, "--all"),
    ends(2, "{film}", "add", "films", "--name", "{film}"),
  ]);
  await Promise.all([
    ends(1, "[job-unknown]", "restore", a),
    ends(1, "[job-unknown]", "pause", "nobody"),
    ends(1, "[job-state-wrong]", "retry", a),
  ]);
});

test("place and priority are changed, also below zero; a job is paused", async () => {
  const [a = "", b = "", c = ""] = await ids();
  await fine("move", c, "--first");
  await fine("move", a, "--before", b);
  expect(await names()).toEqual(["c.mp4", "a.mp4", "b.mp4"]);
  await fine("move", c, "--last");
  await Promise.all([
    fine("priority", a, "-5"),
    fine("priority", b, "--", "-6"),
    fine("pause", c),
  ]);
  const jobs = await queue();
  expect(jobs.map(({ name }) => name)).toEqual(["a.mp4", "b.mp4", "c.mp4"]);
  expect(jobs.map(({ priority }) => priority)).toEqual([-5, -6, 3]);
  expect(jobs.map(({ state }) => state)).toEqual([
    ...["waiting", "waiting", "paused"],
  ]);
  await fine("resume", c);
  const { job } = await json<UiJobDetail>("job", c);
  expect(job).toMatchObject({ jobId: c, state: "waiting" });
});

test("who works for a job is chosen by name; a drained worker stays so, and shares stay as set, over a restart", async () => {
  const [a = ""] = await ids();
  await fine("choose", a);
  expect((await queue())[0]?.allowedWorkers).toBe(null);
  const [shares] = await Promise.all([
    fine("sharing", "--small-jobs", "30", "--stealing", "off"),
    fine("choose", a, "den"),
    fine("drain", "den"),
  ]);
  expect(shares).toContain("small jobs   30 % of the farm");
  await stop();
  expect(await serve()).not.toContain("reelfarm join");
  expect(await json("sharing")).toEqual({
    smallJobShare: 0.3,
    stealing: false,
    duplicates: true,
  });
  const jobs = await queue();
  expect(jobs.map(({ name }) => name)).toEqual(["a.mp4", "b.mp4", "c.mp4"]);
  expect(jobs[0]?.allowedWorkers).toHaveLength(1);
  expect((await fine("workers")).join("\n")).toContain("draining");
  await Promise.all([fine("undrain", "den"), fine("forgive", "den")]);
  expect(await json("workers")).toMatchObject([{ state: "connected" }]);
});

test("removed, restored, cancelled, tried again, failed and done", async () => {
  const [a = "", b = "", c = ""] = await ids();
  await fine("remove", b);
  expect(await ids()).toEqual([a, c]);
  await fine("restore", b);
  // In the order of the queue.
  expect(await fine("cancel", "--all")).toEqual([a, b, c]);
  await Promise.all([fine("retry", b), fine("retry", c)]);
  expect(await json("remove", "--ended")).toEqual([a]);
  const source = path.join(folder, "films", "b.mp4");
  await rename(source, `${source}.away`);
  await fine("resume");
  while ((await queue()).some(({ endedAtMs }) => endedAtMs === null));
  expect((await queue()).map(({ state }) => state)).toEqual(["failed", "done"]);
  const failed = await run("job", b);
  expect(failed.code).toBe(1);
  expect(failed.out).toContain("source-missing");
  await rename(`${source}.away`, source);
  expect(await json("retry", "--failed")).toEqual([b]);
  while ((await queue())[0]?.state !== "done");
  expect(await fine("remove", "--ended")).toEqual([b, c]);
});
