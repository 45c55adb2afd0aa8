import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
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

/** Leaves the lock of a process that ended without releasing it. Returns its token. */
async function leaveLock(change: Record<string, unknown>): Promise<string> {
  const taken = await takeFolderLock(diskFileSystem, folder);
  const text = await readFile(lock(), "utf8");
  await taken.release();
  const holder = JSON.parse(text) as Record<string, unknown>;
  const left = { ...holder, ...change };
  await writeFile(lock(), JSON.stringify(left));
  return String(left["token"]);
}

/** A disk on which the first taker stops where it has found the lock stale. */
function heldAtTakeover(): {
  files: FileSystem;
  reached: Promise<void>;
  goOn: () => void;
} {
  let goOn = (): void => undefined;
  const released = new Promise<void>((resolve) => (goOn = resolve));
  let say = (): void => undefined;
  const reached = new Promise<void>((resolve) => (say = resolve));
  let isFirst = true;
  const files: FileSystem = {
    ...diskFileSystem,
    async open(path, mode) {
      if (path !== lock() && isFirst) {
        isFirst = false;
        say();
        await released;
      }
      return diskFileSystem.open(path, mode);
    },
  };
  return { files, reached, goOn: () => goOn() };
}

/**
 * Two take the folder. The first stands still with its lock made and empty,
 * until the other's `turn`th disk operation (then it runs to its end before
 * that one is done) or until the other is through. Gives back how many got it,
 * and whether the other ever came that far.
 */
async function contest(
  where: string,
  turn: number,
): Promise<{ holders: number; isThrough: boolean }> {
  let goOn = (): void => undefined;
  const released = new Promise<void>((resolve) => (goOn = resolve));
  let say = (): void => undefined;
  const isEmpty = new Promise<void>((resolve) => (say = resolve));
  let operations = 0;
  let isAwake = false;
  let first: Promise<unknown> | null = null;
  const step = async (): Promise<void> => {
    if (first === null || isAwake || ++operations !== turn) return;
    isAwake = true;
    goOn();
    await first;
  };
  const files: FileSystem = {
    ...diskFileSystem,
    async open(path, mode) {
      await step();
      const isFirst = first === null;
      const file = await diskFileSystem.open(path, mode);
      const append = async (data: Uint8Array): Promise<void> => {
        say();
        await released;
        await file.append(data);
      };
      return isFirst ? { ...file, append } : file;
    },
    async readFile(path) {
      await step();
      return diskFileSystem.readFile(path);
    },
    async rename(from, to) {
      await step();
      await diskFileSystem.rename(from, to);
    },
  };
  const taken = takeFolderLock(files, where);
  await isEmpty;
  first = taken.catch(() => null);
  const second = await takeFolderLock(files, where).catch(() => null);
  const isThrough = !isAwake;
  isAwake = true;
  goOn();
  const got = [await first, second].filter((one) => one !== null);
  return { holders: got.length, isThrough };
}

/** No system gives a process such an id. */
const deadPid = 2 ** 30;
const stranger = "00000000-0000-4000-8000-000000000000";

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
    await leaveLock({ pid: deadPid });
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
    await leaveLock({ token: stranger });
    await (await takeFolderLock(diskFileSystem, folder)).release();
  });

  it("is taken over where its writer died in the middle", async () => {
    const texts = ["", '{"pid":', "null", '{"pid":"1"}'];
    const tries = texts.map(async (text, at) => {
      const one = join(folder, String(at));
      await mkdir(one);
      await writeFile(join(one, "lock"), text);
      await (await takeFolderLock(diskFileSystem, one)).release();
    });
    await Promise.all(tries);
  });

  it("is taken over in its own folder, whatever a file says of its holder", async () => {
    await leaveLock({ pid: deadPid, token: "/../notes" });
    await writeFile(join(folder, "notes"), "mine");
    await (await takeFolderLock(diskFileSystem, folder)).release();
    expect(await readFile(join(folder, "notes"), "utf8")).toBe("mine");
  });

  it("is taken over though earlier takeovers died in the middle", async () => {
    const old = await leaveLock({ pid: deadPid });
    const text = await readFile(lock(), "utf8");
    await writeFile(`${lock()}.${old}`, text.replace(old, stranger));
    await writeFile(`${lock()}.${stranger}`, "");
    const taken = await takeFolderLock(diskFileSystem, folder);
    expect(await readdir(folder)).toEqual(["lock"]);
    expect(await folderHolder(diskFileSystem, folder)).toBe(process.pid);
    await taken.release();
  });

  it("stays with whoever took it over, however late another does what it had decided before", async () => {
    for (const text of [null, ""]) {
      await leaveLock({ pid: deadPid });
      if (text !== null) await writeFile(lock(), text);
      const { files, reached, goOn } = heldAtTakeover();
      const late = takeFolderLock(files, folder);
      await reached;
      const first = await takeFolderLock(files, folder);
      goOn();
      await expect(late).rejects.toMatchObject(held);
      expect(await readdir(folder)).toEqual(["lock"]);
      expect(await folderHolder(files, folder)).toBe(process.pid);
      await first.release();
    }
  });

  it("is never two's where its maker stood still in the middle, whenever that goes on", async () => {
    await leaveLock({ pid: deadPid });
    const text = await readFile(lock(), "utf8");
    for (const isStale of [false, true]) {
      const turns = Array.from({ length: 30 }, (_, at) => at + 1);
      const ends = turns.map(async (turn) => {
        const where = join(folder, `${String(isStale)}-${String(turn)}`);
        await mkdir(where);
        if (isStale) await writeFile(join(where, "lock"), text);
        const end = await contest(where, turn);
        expect(end.holders, where).toBeLessThan(2);
        if (turn === 1 || end.isThrough) expect(end.holders, where).toBe(1);
        return end;
      });
      const all = await Promise.all(ends);
      expect(all.at(-1)?.isThrough).toBe(true);
      expect(all.filter((one) => !one.isThrough).length).toBeGreaterThan(10);
    }
  });

  it("goes to one of many who find it stale at the same moment", async () => {
    for (let round = 0; round < 20; round++) {
      await leaveLock({ pid: deadPid });
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
