import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  diskFileSystem,
  type FileSystem,
} from "../../../src-main/store/file-system.ts";
import {
  folderHolder,
  takeFolderLock,
} from "../../../src-main/store/folder-lock.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "reelfarm-lock-"));
});
afterEach(() => rm(folder, { recursive: true }));

const lock = (): string => join(folder, "lock");
const held = { code: "node-already-running" };

async function leaveLock(change: Record<string, unknown>): Promise<void> {
  const taken = await takeFolderLock(diskFileSystem, folder);
  const text = await readFile(lock(), "utf8");
  await taken.release();
  const holder = JSON.parse(text) as Record<string, unknown>;
  await writeFile(lock(), JSON.stringify({ ...holder, ...change }));
}

/** The id of a process that ran and is gone. */
function deadPid(): number {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  return pid;
}

describe("a folder's lock", () => {
  it("keeps a second one out until it is released", async () => {
    const first = await takeFolderLock(diskFileSystem, folder);
    await expect(takeFolderLock(diskFileSystem, folder)).rejects.toMatchObject(
      held,
    );
    expect(await folderHolder(diskFileSystem, folder)).toBe(process.pid);
    await first.release();
    expect(await folderHolder(diskFileSystem, folder)).toBeNull();
    await (await takeFolderLock(diskFileSystem, folder)).release();
  });

  it("is taken over from a process that is gone", async () => {
    await leaveLock({ pid: deadPid() });
    const taken = await takeFolderLock(diskFileSystem, folder);
    expect(await folderHolder(diskFileSystem, folder)).toBe(process.pid);
    await taken.release();
  });

  it("is respected where a living process holds it", async () => {
    const parent = process.ppid;
    await leaveLock({ pid: parent, processStart: null });
    await expect(takeFolderLock(diskFileSystem, folder)).rejects.toMatchObject(
      held,
    );
    expect(await folderHolder(diskFileSystem, folder)).toBe(parent);
  });

  it("is taken over where another program has the dead one's process id", async () => {
    // Of another process: the one with this id began at another time, …
    await leaveLock({ pid: process.ppid, processStart: "a boot 1" });
    if (process.platform === "linux")
      await (await takeFolderLock(diskFileSystem, folder)).release();
    // … or, where the system does not tell, the machine was started since.
    await leaveLock({
      pid: process.ppid,
      processStart: null,
      bootedAtMs: 1_000,
    });
    await (await takeFolderLock(diskFileSystem, folder)).release();
    // Even this process's own id is no proof.
    await leaveLock({ token: "of an earlier process" });
    await (await takeFolderLock(diskFileSystem, folder)).release();
  });

  it("is taken over where its writer died in the middle", async () => {
    for (const text of ["", '{"pid":', "null", '{"pid":"1"}']) {
      await writeFile(lock(), text);
      await (await takeFolderLock(diskFileSystem, folder)).release();
    }
  });

  it("is taken over though an earlier takeover died in the middle", async () => {
    await leaveLock({ pid: deadPid() });
    await writeFile(
      join(folder, "lock.takeover"),
      await readFile(lock(), "utf8"),
    );
    await (await takeFolderLock(diskFileSystem, folder)).release();
  });

  it("goes to one of many who find it stale at the same moment", async () => {
    for (let round = 0; round < 20; round++) {
      await leaveLock({ pid: deadPid() });
      const tries = await Promise.allSettled(
        [1, 2, 3, 4].map(() => takeFolderLock(diskFileSystem, folder)),
      );
      const won = tries.filter((one) => one.status === "fulfilled");
      expect(won.length).toBe(1);
      for (const { value } of won) await value.release();
      for (const one of tries)
        if (one.status === "rejected") expect(one.reason).toMatchObject(held);
    }
  });

  it("passes a full disk on as what it is", async () => {
    const full: FileSystem = {
      ...diskFileSystem,
      open: () =>
        Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })),
    };
    await expect(takeFolderLock(full, folder)).rejects.toMatchObject({
      code: "disk-full",
    });
  });
});
