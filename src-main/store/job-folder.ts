import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  mkdir,
  open,
  readdir,
  rm,
  stat,
  statfs,
  unlink,
} from "node:fs/promises";
import { join } from "node:path";
import { assert } from "../core/assert.ts";
import type { JobId } from "../core/identifiers.ts";
import { isStorableJobId } from "../protocol/identifier-schemas.ts";
import { diskFileSystem, errorCodeOf, writeFailure } from "./file-system.ts";

/** What a file must be before it is recorded as a finished segment. */
export interface SettledFile {
  readonly fileName: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface WorkFile {
  readonly fileName: string;
  readonly sizeBytes: number;
}

/**
 * A job's work folder on the master's disk: results as they arrive, finished
 * segments, the output before it is published. Names are made here, never by a
 * peer. Kept until the output is verified (design 9).
 */
export interface JobFolder {
  readonly path: string;
  /** A name nobody used yet, and where it lies. `ending`: letters and digits, e.g. `mp4`. */
  newFile(stage: number, ending: string): { fileName: string; path: string };
  pathOf(fileName: string): string;
  /**
   * Makes a whole file survive a power cut, and measures it. Only then may it
   * be recorded. Errors: `disk-full`, `store-unwritable`.
   */
  settle(fileName: string): Promise<SettledFile>;
  /** Whether the file is there with that size and hash. */
  holds(file: SettledFile): Promise<boolean>;
  files(): Promise<WorkFile[]>;
  /** A missing file is no error. */
  remove(fileName: string): Promise<void>;
  /** The folder with everything in it. */
  removeAll(): Promise<void>;
  /** Space a user without privileges may still fill. */
  freeBytes(): Promise<number>;
}

/** Where the work folders of all jobs lie in the data folder. */
export const workFolder = (dataFolder: string): string =>
  join(dataFolder, "work");

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Makes the folder when it is not there. Errors: `disk-full`, `store-unwritable`. */
export async function openJobFolder(
  dataFolder: string,
  jobId: JobId,
): Promise<JobFolder> {
  assert(isStorableJobId(jobId), "job id is no folder name");
  const path = join(workFolder(dataFolder), jobId);
  await whenWriting(mkdir(path, { recursive: true, mode: 0o700 }));
  const pathOf = (fileName: string): string => {
    assert(namePattern.test(fileName), "not a name of this folder");
    return join(path, fileName);
  };
  return {
    path,
    pathOf,
    newFile(stage, ending) {
      const fileName = `s${String(stage)}-${randomUUID()}.${ending}`;
      return { fileName, path: pathOf(fileName) };
    },
    settle: (fileName) => whenWriting(settle(path, fileName, pathOf(fileName))),
    holds: (file) => holds(pathOf(file.fileName), file),
    files: () => filesIn(path),
    async remove(fileName) {
      await unlink(pathOf(fileName)).catch(ignoreMissing);
    },
    async removeAll() {
      await rm(path, { recursive: true, force: true });
    },
    freeBytes: () => freeBytes(path),
  };
}

/** Space left for this user on the disk of an existing folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function settle(
  folder: string,
  fileName: string,
  path: string,
): Promise<SettledFile> {
  const sha256 = await hashOf(path);
  const handle = await open(path, "r+");
  try {
    await handle.sync();
    const { size } = await handle.stat();
    await diskFileSystem.syncFolder(folder);
    return { fileName, sizeBytes: size, sha256 };
  } finally {
    await handle.close();
  }
}

async function holds(path: string, file: SettledFile): Promise<boolean> {
  try {
    const { size } = await stat(path);
    return size === file.sizeBytes && (await hashOf(path)) === file.sha256;
  } catch (error) {
    if (errorCodeOf(error) === "ENOENT") return false;
    throw error;
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path))
    hash.update(piece as Uint8Array);
  return hash.digest("hex");
}

async function filesIn(folder: string): Promise<WorkFile[]> {
  const found: WorkFile[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { size } = await stat(join(folder, entry.name));
    found.push({ fileName: entry.name, sizeBytes: size });
  }
  return found;
}

async function whenWriting<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw writeFailure(error);
  }
}

function ignoreMissing(error: unknown): void {
  if (errorCodeOf(error) !== "ENOENT") throw error;
}
