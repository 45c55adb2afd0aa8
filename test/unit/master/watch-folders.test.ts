import {
  appendFile,
  mkdir,
  mkdtemp,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Failure } from "../../../src-main/core/errors.ts";
import { WatchFolders } from "../../../src-main/master/watch-folders.ts";
import type { WatchFolder } from "../../../src-main/protocol/settings.ts";

let folder: string;
let inbox: string;
let nowMs: number;
let watched: WatchFolder[];
let jobs: { source: string; outputFolder: string | null }[];
let outputs: string[];
/** Sources of jobs in the queue. */
let present: string[];
let log: string[];
let taken: Set<string>;
let failure: Failure | null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "reelfarm-watch-"));
  inbox = join(folder, "inbox");
  await mkdir(join(inbox, "trip"), { recursive: true });
  nowMs = 0;
  [jobs, outputs, log, failure] = [[], [], [], null];
  taken = new Set();
  present = [];
  watched = [
    {
      path: inbox,
      isEnabled: true,
      includesSubfolders: true,
      presetName: "Fast 1080p",
      output: {
        folder: join(folder, "done"),
        keepsSubfolders: true,
        nameTemplate: null,
      },
    },
  ];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** As after a start of the node. */
const watch = (): WatchFolders =>
  new WatchFolders(
    {
      folders: () => watched,
      taken: {
        has: (key) => taken.has(key),
        add: async (key) => void taken.add(key),
      },
      outputs: () => outputs,
      wrote: () => false,
      hasJobOf: ({ path }) => present.includes(path),
      addJob: async (source, _folder, outputFolder) => {
        if (failure !== null) throw failure;
        jobs.push({ source, outputFolder });
      },
      dataFolder: join(inbox, "data"),
      nowMs: () => nowMs,
      log: (line) => log.push(line),
    },
    { pollMs: 1_000_000, settleMs: 20 },
  );

/** Looks every ten milliseconds of a time of its own. */
async function looks(folders: WatchFolders, times: number): Promise<void> {
  for (let at = 0; at < times; at++) {
    await folders.look();
    nowMs += 10;
  }
}

test("a file is taken once it has stopped growing, and only once, also over a restart", async () => {
  const film = join(inbox, "trip", "film.mkv");
  const folders = watch();
  for (let at = 0; at < 6; at++) {
    await appendFile(film, "more");
    await looks(folders, 1);
    expect(jobs).toEqual([]);
  }
  await looks(folders, 4);
  await looks(watch(), 4);
  expect(jobs).toEqual([
    { source: film, outputFolder: join(folder, "done", "trip") },
  ]);
  await utimes(film, 5, 5);
  await looks(folders, 4);
  expect(jobs).toHaveLength(2);
});

test("outputs, hidden and foreign files, and the node's own are never taken", async () => {
  await mkdir(join(inbox, "data", "uploads"), { recursive: true });
  const output = join(inbox, "film (reelfarm).mkv");
  for (const name of [".film.mkv.part", "notes.txt", "data/uploads/film.mkv"])
    await writeFile(join(inbox, name), "x");
  const folders = watch();
  outputs = [output];
  await looks(folders, 1);
  await writeFile(output, "x");
  await looks(folders, 4);
  // The job has left the list.
  outputs = [];
  await looks(watch(), 4);
  expect(jobs).toEqual([]);
});

test("a file that cannot be a job is told once, and tried again when it has changed", async () => {
  const film = join(inbox, "film.mkv");
  await writeFile(film, "x");
  failure = new Failure("not-media", film);
  const folders = watch();
  await looks(folders, 8);
  expect(log).toHaveLength(1);
  failure = null;
  await looks(folders, 4);
  expect(jobs).toEqual([]);
  await appendFile(film, "whole");
  await looks(folders, 4);
  expect(jobs).toHaveLength(1);
});

test("a file whose job was added right before a crash is not taken again", async () => {
  present = [join(inbox, "film.mkv")];
  await writeFile(join(inbox, "film.mkv"), "x");
  await looks(watch(), 4);
  present = [];
  await looks(watch(), 4);
  expect(jobs).toEqual([]);
});

test("what may pass by itself is tried again", async () => {
  await writeFile(join(inbox, "film.mkv"), "x");
  failure = new Failure("disk-full", "the data folder");
  const folders = watch();
  await looks(folders, 8);
  expect(log).toHaveLength(1);
  failure = null;
  await looks(folders, 1);
  expect(jobs).toHaveLength(1);
});

test("a folder that is away is told once, and taken up when it is back", async () => {
  await rm(inbox, { recursive: true });
  const folders = watch();
  await looks(folders, 3);
  expect(log).toHaveLength(1);
  await mkdir(inbox);
  await writeFile(join(inbox, "film.mkv"), "x");
  await looks(folders, 4);
  expect(jobs).toHaveLength(1);
});

test("folders below, and switched off ones, are left alone where it was said so", async () => {
  await writeFile(join(inbox, "trip", "film.mkv"), "x");
  watched = watched.map((one) => ({ ...one, includesSubfolders: false }));
  await looks(watch(), 4);
  await writeFile(join(inbox, "film.mkv"), "x");
  watched = watched.map((one) => ({ ...one, isEnabled: false }));
  await looks(watch(), 4);
  expect(jobs).toEqual([]);
});
