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
import type { FileSystem } from "./file-system.ts";

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
const takeoverName = "lock.takeover";
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
    if (!(await tryCreate(files, path, token)))
      await takeOver(files, folder, token);
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
  const holder = await readHolder(files, join(folder, lockName));
  return holder && (await isAlive(files, holder)) ? holder.pid : null;
}

/** Of two processes that find the same stale lock, one may replace it. */
async function takeOver(
  files: FileSystem,
  folder: string,
  token: string,
): Promise<void> {
  await refuseIfHeld(files, folder);
  const guard = join(folder, takeoverName);
  if (!(await tryCreate(files, guard, token))) {
    const other = await readHolder(files, guard);
    if (other && (await isAlive(files, other)))
      throw new Failure("node-already-running", folder);
    await removeIfThere(files, guard);
    if (!(await tryCreate(files, guard, token)))
      throw new Failure("node-already-running", folder);
  }
  try {
    await refuseIfHeld(files, folder);
    await removeIfThere(files, join(folder, lockName));
    if (!(await tryCreate(files, join(folder, lockName), token)))
      throw new Failure("node-already-running", folder);
  } finally {
    await removeIfThere(files, guard);
  }
}

async function refuseIfHeld(files: FileSystem, folder: string): Promise<void> {
  if ((await folderHolder(files, folder)) !== null)
    throw new Failure("node-already-running", folder);
}

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
  try {
    const file = await files.open(path, "new");
    await file.append(Buffer.from(JSON.stringify(holder)));
    // Only so that a start after a power cut need not wait for an empty one.
    await file.sync();
    await file.close();
    return true;
  } catch (error) {
    if (errorCodeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Null: none, or one that stays unfinished (its writer died in the middle). */
async function readHolder(
  files: FileSystem,
  path: string,
): Promise<Holder | null> {
  for (let tries = 1; ; tries++) {
    const bytes = await readFileIfThere(files, path);
    if (bytes === null) return null;
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
