import { lstat, realpath } from "node:fs/promises";
import os from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { Settings } from "../protocol/settings.ts";
import type { SharedFolders } from "../ui-server/remote-host.ts";
import { videosFolder } from "./videos-folder.ts";

/**
 * What browsers elsewhere may look into and write to: the folder for videos of
 * this system, the folders outputs and watch folders are set to, those the
 * owner named besides, and what browsers sent.
 */
export class OwnersFolders implements SharedFolders {
  readonly #settings: () => Settings;
  readonly #holdsUpload: (path: string) => boolean;

  constructor(
    settings: () => Settings,
    holdsUpload: (path: string) => boolean,
  ) {
    this.#settings = settings;
    this.#holdsUpload = holdsUpload;
  }

  /** Each once, none inside another; those that are not there are left out. */
  async roots(): Promise<readonly string[]> {
    const { output, watchFolders, uiLanFolders } = this.#settings();
    const videos = await videosFolder();
    const named = [
      // Where there is none it is the whole home: more than anybody meant to share.
      videos === os.homedir() ? null : videos,
      ...uiLanFolders,
      output.folder,
      ...watchFolders.flatMap((one) => [one.path, one.output.folder]),
    ];
    const there = await Promise.all(
      named.map((one) =>
        one === null ? null : realpath(one).catch(() => null),
      ),
    );
    const roots = [...new Set(there)].filter((one) => one !== null);
    return roots.filter(
      (one) => !roots.some((other) => other !== one && isInside(one, other)),
    );
  }

  async holds(path: string): Promise<boolean> {
    if (this.#holdsUpload(path)) return true;
    const place = await realPlace(resolve(path));
    const roots = await this.roots();
    return roots.some((root) => place === root || isInside(place, root));
  }
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Where a path leads with all links followed; of what is not there yet, its nearest folder. Empty: nobody knows. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    // A link to nothing leads out of the folder once there is something.
    if (await isThere(path)) return "";
    const above = dirname(path);
    if (above === path) return path;
    const folder = await realPlace(above);
    return folder === "" ? "" : join(folder, basename(path));
  }
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
