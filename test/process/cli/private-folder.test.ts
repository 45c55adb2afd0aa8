import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import {
  mkdir,
  mkdtemp,
  readdir,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Lifetime } from "../../../src-main/cli/lifetime.ts";
import { makePrivateFolder } from "../../../src-main/cli/private-folder.ts";

let outputs: string;
let lifetime: Lifetime;
let living: ChildProcess;

beforeEach(async () => {
  outputs = await mkdtemp(path.join(os.tmpdir(), "reelfarm-private-"));
  lifetime = new Lifetime(() => undefined);
  living = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
});
afterEach(async () => {
  living.kill();
  await lifetime.end();
  await rm(outputs, { recursive: true, force: true });
});

/** A pid that was a process's and is nobody's any more. */
const deadPid = (): number =>
  spawnSync(process.execPath, ["-e", "0"], { encoding: "utf8" }).pid;

async function left(
  name: string,
  pids: { command: number; worker?: number },
  host = os.hostname(),
): Promise<void> {
  const folder = path.join(outputs, name);
  await mkdir(path.join(folder, "worker-1"), { recursive: true });
  await writeFile(path.join(folder, "host"), host);
  const lock = (pid: number): string =>
    JSON.stringify({
      ...{ pid, token: "t", processStart: null },
      bootedAtMs: Date.now() - os.uptime() * 1000,
    });
  await writeFile(path.join(folder, "lock"), lock(pids.command));
  if (pids.worker !== undefined)
    await writeFile(path.join(folder, "worker-1", "lock"), lock(pids.worker));
  await writeFile(path.join(folder, "worker-1", "segment"), "frames");
  // Age says nothing.
  await utimes(folder, 1, 1);
}

test("a killed command's folder is removed by the next one in the same place, and no other", async () => {
  const pid = living.pid ?? 0;
  await left(".reelfarm-Killed", { command: deadPid(), worker: deadPid() });
  await left(".reelfarm-AtWork", { command: pid });
  await left(".reelfarm-Worker", { command: deadPid(), worker: pid });
  await left(".reelfarm-Others", { command: deadPid() }, "another-computer");
  await left(".reelfarm-holiday", { command: deadPid() });
  await mkdir(path.join(outputs, ".reelfarm-NoLock"));
  const own = path.basename(await makePrivateFolder(outputs, lifetime));
  expect((await readdir(outputs)).sort()).toEqual(
    [
      ...[".reelfarm-AtWork", ".reelfarm-NoLock", ".reelfarm-Others"],
      ...[".reelfarm-Worker", ".reelfarm-holiday", own],
    ].sort(),
  );
});

test("two commands in one place leave each other's folder alone, and take their own along", async () => {
  const first = await makePrivateFolder(outputs, lifetime);
  const second = await makePrivateFolder(outputs, lifetime);
  expect(existsSync(first) && existsSync(second)).toBe(true);
  await lifetime.end();
  expect(await readdir(outputs)).toEqual([]);
});
