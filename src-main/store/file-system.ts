/**
 * The few disk operations the store is built on, so that tests can record them,
 * fail them and cut the power between any two. Errors are Node's own (`code`).
 */
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../core/errors.ts";

export interface OpenFile {
  /** Writes all of it at the end of the file. */
  append(data: Uint8Array): Promise<void>;
  /** Returns when everything written would survive a power cut. */
  sync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

export interface FileSystem {
  /** `new` fails with EEXIST; `existing` fails with ENOENT. */
  open(path: string, mode: "new" | "existing"): Promise<OpenFile>;
  readFile(path: string): Promise<Uint8Array>;
  list(folder: string): Promise<FolderEntry[]>;
  sizeBytes(path: string): Promise<number>;
  /** Replaces an existing target in one step. */
  rename(from: string, to: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** Makes missing parents too; an existing folder is no error. A new one survives a power cut. */
  makeFolder(path: string): Promise<void>;
  /** Returns when names added, changed and removed in the folder would survive a power cut. */
  syncFolder(path: string): Promise<void>;
}

/** Virus scanners and indexers on Windows hold fresh files open for moments. */
const renameTries = 10;
const renameFirstWaitMs = 10;
const busyCodes = new Set(["EPERM", "EACCES", "EBUSY"]);

/** The real disk. Files and folders are made for this user only (0600, 0700). */
export const diskFileSystem: FileSystem = {
  async open(path, mode) {
    const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL } = constants;
    const flags = O_WRONLY | O_APPEND | (mode === "new" ? O_CREAT | O_EXCL : 0);
    return openFileOf(await fs.open(path, flags, 0o600));
  },
  readFile: (path) => fs.readFile(path),
  async list(folder) {
    const entries = await fs.readdir(folder, { withFileTypes: true });
    return entries.map((entry) => ({
      name: entry.name,
      isFolder: entry.isDirectory(),
    }));
  },
  async sizeBytes(path) {
    return (await fs.stat(path)).size;
  },
  async rename(from, to) {
    for (let tries = 1; ; tries++) {
      try {
        await fs.rename(from, to);
        return;
      } catch (error) {
        const isBusy =
          process.platform === "win32" && busyCodes.has(errorCodeOf(error));
        if (!isBusy || tries >= renameTries) throw error;
        await sleep(renameFirstWaitMs * tries);
      }
    }
  },
  removeFile: (path) => fs.unlink(path),
  async makeFolder(path) {
    const first = await fs.mkdir(path, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    let made = resolve(path);
    do {
      made = dirname(made);
      await this.syncFolder(made);
    } while (made.length >= resolve(first).length);
  },
  async syncFolder(path) {
    // Windows cannot open a folder for syncing; NTFS orders renames by its own log.
    if (process.platform === "win32") return;
    const handle = await fs.open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

function openFileOf(handle: fs.FileHandle): OpenFile {
  return {
    async append(data) {
      let offset = 0;
      while (offset < data.byteLength) {
        const { bytesWritten } = await handle.write(data, offset);
        offset += bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    truncate: (sizeBytes) => handle.truncate(sizeBytes),
    close: () => handle.close(),
  };
}

/** Node's error code (`ENOENT`), or an empty text. */
export function errorCodeOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** The contents, or null where there is no such file. */
export async function readFileIfThere(
  files: FileSystem,
  path: string,
): Promise<Uint8Array | null> {
  return nullIfMissing(files.readFile(path));
}

/** The entries, or none where there is no such folder. */
export async function listIfThere(
  files: FileSystem,
  folder: string,
): Promise<FolderEntry[]> {
  return (await nullIfMissing(files.list(folder))) ?? [];
}

/** Removes the file; a missing one is no error. */
export async function removeIfThere(
  files: FileSystem,
  path: string,
): Promise<void> {
  await nullIfMissing(files.removeFile(path));
}

/** Passes failures on and turns disk errors of writing into `disk-full` or `store-unwritable`. */
export function writeFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = errorCodeOf(error);
  const detail = code === "" ? "unexpected error" : code;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new Failure(
    isFull ? "disk-full" : "store-unwritable",
    isFull ? "the data folder" : detail,
    { cause: error },
  );
}

async function nullIfMissing<T>(result: Promise<T>): Promise<T | null> {
  try {
    return await result;
  } catch (error) {
    if (errorCodeOf(error) === "ENOENT") return null;
    throw error;
  }
}
