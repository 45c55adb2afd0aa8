import { readdir, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import { reasonNotMedia } from "../core/media-endings.ts";
import type { UiFolder, UiFolderEntry } from "../protocol/ui-media.ts";

/** What a list can show and a face can hold. */
const maxEntries = 5_000;
/** Windows has no folder above its drives; this stands for it. */
const drivesPath = "drives:";
const driveLetters = "CDEFGHIJKLMNOPQRSTUVWXYZAB";

/**
 * A folder of this machine for faces without a file dialog; null: where a
 * person would start.
 *
 * @throws Failure `source-missing`, `source-unreadable`.
 */
export async function listFolder(asked: string | null): Promise<UiFolder> {
  if (asked === drivesPath && process.platform === "win32") return listDrives();
  const folder = path.resolve(asked ?? os.homedir());
  const found = await readdir(folder, { withFileTypes: true }).catch(
    (cause: NodeJS.ErrnoException) => {
      const isMissing = cause.code === "ENOENT" || cause.code === "ENOTDIR";
      throw new Failure(
        isMissing ? "source-missing" : "source-unreadable",
        folder,
        { cause },
      );
    },
  );
  const byName = (a: { name: string }, b: { name: string }): number =>
    a.name.localeCompare(b.name, undefined, { numeric: true });
  const shown = found.filter(
    (entry) =>
      !entry.name.startsWith(".") &&
      (!entry.isFile() || reasonNotMedia(entry.name) === null),
  );
  const entries = (
    await Promise.all(
      shown
        .sort(byName)
        .slice(0, maxEntries)
        .map(({ name }) => entryOf(path.join(folder, name))),
    )
  ).filter((entry) => entry !== null);
  return {
    path: folder,
    parent: parentOf(folder),
    entries: [
      ...entries.filter((entry) => entry.isFolder),
      ...entries.filter((entry) => !entry.isFolder),
    ],
    isCut: shown.length > maxEntries,
  };
}

/** Null for links into nowhere, devices, and links to files that are no media. */
async function entryOf(place: string): Promise<UiFolderEntry | null> {
  const name = path.basename(place);
  try {
    const found = await stat(place);
    if (found.isDirectory())
      return { name, path: place, isFolder: true, sizeBytes: null };
    if (!found.isFile() || reasonNotMedia(name) !== null) return null;
    return { name, path: place, isFolder: false, sizeBytes: found.size };
  } catch {
    return null;
  }
}

function parentOf(folder: string): string | null {
  const parent = path.dirname(folder);
  if (parent !== folder) return parent;
  return process.platform === "win32" ? drivesPath : null;
}

async function listDrives(): Promise<UiFolder> {
  const entries = await Promise.all(
    [...driveLetters].map((letter) => entryOfDrive(`${letter}:\\`)),
  );
  return {
    path: drivesPath,
    parent: null,
    entries: entries.filter((entry) => entry !== null),
    isCut: false,
  };
}

function entryOfDrive(place: string): Promise<UiFolderEntry | null> {
  return stat(place).then(
    () => ({ name: place, path: place, isFolder: true, sizeBytes: null }),
    () => null,
  );
}
