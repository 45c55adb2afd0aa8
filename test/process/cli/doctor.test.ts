import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openNodeStore } from "../../../src-main/store/node-store.ts";

const cli = fileURLToPath(
  new URL("../../../dist/main/cli.js", import.meta.url),
);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-doctor-"));
  const store = await openNodeStore(folder);
  await store.updateSettings({ queuePaused: true });
  await store.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function doctor(
  ...words: string[]
): Promise<{ code: number | null; out: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [cli, "doctor", "--data", folder, ...words],
      (_error, out) => resolve({ code: child.exitCode, out }),
    );
  });
}

test("doctor finds a crashed run's leftovers, and removes them only when told to", async () => {
  expect((await doctor()).out).toContain("all is well");
  const work = path.join(folder, "work");
  await mkdir(path.join(work, "gone"), { recursive: true });
  await writeFile(path.join(work, "gone", "a.segment"), "left");
  const { out } = await doctor();
  expect(out).toMatch(/: 1 found, 4 B of leftovers\.\n.*\(4 B\): .*--clean/);
  expect(await readdir(work)).toEqual(["gone"]);
  expect((await doctor("--clean")).code).toBe(0);
  expect(await readdir(work)).toEqual([]);
});

test("doctor says where it finds nothing at all", async () => {
  const { code, out } = await doctor("--data", path.join(folder, "nowhere"));
  expect(out).toContain("no node has stored anything there");
  expect(code).toBe(0);
});

test("doctor repairs a damaged list of jobs from its backup", async () => {
  await writeFile(path.join(folder, "node.json"), "{ this is no");
  expect((await doctor()).out).toContain("node.json");
  expect((await doctor("--repair")).code).toBe(0);
  const store = await openNodeStore(folder);
  expect(store.settings.queuePaused).toBe(true);
  await store.close();
});

test("a fresh node starts in a folder where other files of it lie already", async () => {
  const fresh = path.join(folder, "fresh");
  await mkdir(fresh);
  await writeFile(path.join(fresh, "capabilities.json"), "{}");
  const store = await openNodeStore(fresh);
  expect(store.jobs()).toEqual([]);
  await store.close();
});
