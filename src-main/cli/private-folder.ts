/** Folders for one command, and what killed commands left of theirs. */
import { rmSync } from "node:fs";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import { diskFileSystem } from "../store/file-system.ts";
import { folderHolder, takeFolderLock } from "../store/folder-lock.ts";
import type { Lifetime } from "./lifetime.ts";

const removeOptions = { recursive: true, force: true, maxRetries: 5 } as const;
const prefix = ".reelfarm-";
/** mkdtemp adds six characters. */
const ownName = /^\.reelfarm-[A-Za-z0-9]{6}$/;
/** Whose processes the locks name: the folder may lie on a drive that several computers share. */
const hostFile = "host";

/**
 * A folder for one command, removed with all it holds when the command ends.
 * What commands of this computer that were killed left in the same place is
 * removed first.
 *
 * @throws Failure `output-not-writable`, `disk-full`.
 */
export async function makePrivateFolder(
  inside: string,
  lifetime: Lifetime,
): Promise<string> {
  let folder: string;
  try {
    await mkdir(inside, { recursive: true });
    await removeStaleFolders(inside);
    folder = await mkdtemp(path.join(inside, prefix));
    lifetime.keep({
      end: () => rm(folder, removeOptions),
      endAtOnce: () => rmSync(folder, removeOptions),
    });
    await takeFolderLock(diskFileSystem, folder);
    // Last: without it nobody removes the folder.
    await writeFile(path.join(folder, hostFile), os.hostname());
  } catch (cause) {
    if (cause instanceof Failure && cause.code === "disk-full") throw cause;
    throw new Failure("output-not-writable", path.join(inside, "…"), { cause });
  }
  return folder;
}

/** Gives back the names of the folders removed. What cannot be removed stays. */
export async function removeStaleFolders(inside: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(inside)) {
    const folder = path.join(inside, name);
    if (!ownName.test(name) || !(await isStale(folder))) continue;
    await rm(folder, removeOptions).then(
      () => removed.push(name),
      () => undefined,
    );
  }
  return removed;
}

/** Neither the command nor a worker of its farm is alive. */
async function isStale(folder: string): Promise<boolean> {
  const host = await readFile(path.join(folder, hostFile), "utf8").catch(
    () => null,
  );
  if (host !== os.hostname()) return false;
  const entries = await readdir(folder, { withFileTypes: true });
  const places = [
    folder,
    ...entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => path.join(folder, name)),
  ];
  for (const place of places)
    if ((await folderHolder(diskFileSystem, place)) !== null) return false;
  return true;
}
