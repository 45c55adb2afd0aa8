import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { uptime } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../core/errors.ts";
import {
  errorCodeOf,
  readFileIfThere,
  removeIfThere,
  writeFailure,
} from "./file-system.ts";
import type { FileSystem, OpenFile } from "./file-system.ts";

export interface FolderLock {
  release(): Promise<void>;
}

/** Who holds a folder. A pid alone is not enough: after a restart another program may have it. */
interface Holder {
  readonly pid: number;
  readonly token: string;
  /** Tells this process from a later one with its pid; null where the system says nothing. */
  readonly processStart: string | null;
  /** When the machine was started, by its own clock. */
  readonly bootedAtMs: number;
}

const lockName = "lock";
const unreadableSuffix = ".unreadable";
/** Clocks are set; a boot time that differs by more is of another boot. */
const bootToleranceMs = 10 * 60_000;
/** A lock is made and filled in two steps, microseconds apart. */
const unfinishedTries = 4;
const unfinishedWaitMs = 25;
let ownStart: Promise<string | null> | null = null;
/** Tokens of this process's own locks, per disk. */
const held = new WeakMap<FileSystem, Set<string>>();

/** Takes the folder for this process. Errors: `node-already-running`, and those of writing. */
export async function takeFolderLock(
  files: FileSystem,
  folder: string,
): Promise<FolderLock> {
  const path = join(folder, lockName);
  const token = randomUUID();
  const tokens = held.get(files) ?? new Set();
  // Before the file is there: another taker in this process must not think it left over.
  held.set(files, tokens.add(token));
  try {
    if (await tryCreate(files, path, token))
      await refuseUnlessLast(files, folder, token);
    else await takeOver(files, folder, token);
  } catch (error) {
    tokens.delete(token);
    throw writeFailure(error);
  }
  return {
    async release() {
      tokens.delete(token);
      await removeIfThere(files, path).catch(() => undefined);
    },
  };
}

/** The pid of the living process that holds the folder, or null. */
export async function folderHolder(
  files: FileSystem,
  folder: string,
): Promise<number | null> {
  const holder = (await readChain(files, folder)).at(-1)?.holder ?? null;
  return holder && (await isAlive(files, holder)) ? holder.pid : null;
}

/** One lock file; `holder` is null where its writer died in the middle. */
interface Link {
  readonly path: string;
  readonly holder: Holder | null;
}

/**
 * A dead holder's lock is never removed, since by then it may be another's:
 * who takes it over makes a file named after the dead one, which only one can,
 * and that becomes the lock. Who dies in between is taken over in the same
 * way; the last of these files counts. One made too late, after an earlier
 * taker's had already become the lock, hangs on nothing and is withdrawn.
 */
async function takeOver(
  files: FileSystem,
  folder: string,
  token: string,
): Promise<void> {
  const chain = await readChain(files, folder);
  const last = chain.at(-1);
  // Released or taken at this moment: somebody else is about to begin or end.
  if (!last || (last.holder && (await isAlive(files, last.holder))))
    refuse(folder);
  const own = pathAfter(folder, last);
  if (!(await tryCreate(files, own, token))) refuse(folder);
  try {
    await refuseUnlessLast(files, folder, token);
    await files.rename(own, join(folder, lockName));
  } catch (error) {
    await removeIfThere(files, own);
    throw error;
  }
  for (const { path } of chain.slice(1)) await removeIfThere(files, path);
}

async function refuseUnlessLast(
  files: FileSystem,
  folder: string,
  token: string,
): Promise<void> {
  const last = (await readChain(files, folder)).at(-1);
  if (last?.holder?.token !== token) refuse(folder);
}

function refuse(folder: string): never {
  throw new Failure("node-already-running", folder);
}

/** The lock, then the files of those who began to take it over, each from the one before. */
async function readChain(files: FileSystem, folder: string): Promise<Link[]> {
  const chain: Link[] = [];
  let path = join(folder, lockName);
  while (!chain.some((one) => one.path === path)) {
    const holder = await readHolder(files, path);
    if (holder === "none") break;
    const link = { path, holder };
    chain.push(link);
    path = pathAfter(folder, link);
  }
  return chain;
}

/** Tokens are never used again, so neither are these names. What is read from a file may hold anything. */
const pathAfter = (folder: string, { path, holder }: Link): string =>
  holder
    ? join(folder, `${lockName}.${holder.token.replaceAll(/[^0-9a-z-]/g, "")}`)
    : `${path}${unreadableSuffix}`;

/** False: another has made it, or may have taken it for one whose writer died. */
async function tryCreate(
  files: FileSystem,
  path: string,
  token: string,
): Promise<boolean> {
  const holder: Holder = {
    pid: process.pid,
    token,
    processStart: await (ownStart ??= processStartOf(process.pid)),
    bootedAtMs: bootedAtMs(),
  };
  const beganMs = performance.now();
  const file = await openNew(files, path);
  if (file === null) return false;
  await file.append(Buffer.from(JSON.stringify(holder)));
  const isLate = performance.now() - beganMs > unfinishedWaitMs;
  // Only so that a start after a power cut need not wait for an empty one.
  await file.sync();
  await file.close();
  return !isLate || (await wasLeftAlone(files, path));
}

/**
 * This process stood still while its lock was empty. Whoever took it for
 * dead has made the file that comes after it, or cannot make it before this
 * has made it, too; and by then the lock has its holder, for all to see.
 */
async function wasLeftAlone(files: FileSystem, path: string): Promise<boolean> {
  const next = `${path}${unreadableSuffix}`;
  const file = await openNew(files, next);
  if (file === null) return false;
  await file.close();
  await removeIfThere(files, next).catch(() => undefined);
  return true;
}

/** Null: there is one already. */
async function openNew(
  files: FileSystem,
  path: string,
): Promise<OpenFile | null> {
  try {
    return await files.open(path, "new");
  } catch (error) {
    if (errorCodeOf(error) === "EEXIST") return null;
    throw error;
  }
}

/** Null: one that stays unfinished (its writer died in the middle). */
async function readHolder(
  files: FileSystem,
  path: string,
): Promise<Holder | "none" | null> {
  for (let tries = 1; ; tries++) {
    const bytes = await readFileIfThere(files, path);
    if (bytes === null) return "none";
    const holder = parseHolder(bytes);
    if (holder || tries === unfinishedTries) return holder;
    await sleep(unfinishedWaitMs);
  }
}

function parseHolder(bytes: Uint8Array): Holder | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (typeof value !== "object" || value === null) return null;
    const { pid, token, processStart, bootedAtMs } = value as Partial<
      Record<keyof Holder, unknown>
    >;
    if (typeof pid !== "number" || typeof token !== "string") return null;
    return {
      pid,
      token,
      processStart: typeof processStart === "string" ? processStart : null,
      bootedAtMs: typeof bootedAtMs === "number" ? bootedAtMs : 0,
    };
  } catch {
    return null;
  }
}

async function isAlive(files: FileSystem, holder: Holder): Promise<boolean> {
  if (holder.pid === process.pid)
    return held.get(files)?.has(holder.token) ?? false;
  if (!processExists(holder.pid)) return false;
  const start = await processStartOf(holder.pid);
  if (start !== null && holder.processStart !== null)
    return start === holder.processStart;
  return Math.abs(bootedAtMs() - holder.bootedAtMs) < bootToleranceMs;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCodeOf(error) === "EPERM";
  }
}

/** Linux: the boot's id and the process's start in ticks after it (proc(5), field 22). */
async function processStartOf(pid: number): Promise<string | null> {
  if (process.platform !== "linux") return null;
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may contain anything, so count from its end.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const startTicks = fields[19];
    return startTicks ? `${boot.trim()} ${startTicks}` : null;
  } catch {
    return null;
  }
}

const bootedAtMs = (): number => Date.now() - uptime() * 1000;
