/**
 * Watched folders: their new files become jobs. Looked at again and again, for
 * nothing else works on every network drive. A file is taken once it has stood
 * still for a while and opens as media; one that does not is tried again when
 * it has changed.
 */
import { readdir, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { catalogue, Failure } from "../core/errors.ts";
import { reasonNotMedia } from "../core/media-endings.ts";
import {
  fileKey,
  SettledFiles,
  type FoundFile,
} from "../core/settled-files.ts";
import type { WatchFolder } from "../protocol/settings.ts";

export interface WatchPorts {
  readonly folders: () => readonly WatchFolder[];
  /** Over restarts; see store/taken-files.ts. */
  readonly taken: {
    has(key: string): boolean;
    add(key: string): Promise<void>;
  };
  /** Outputs of all jobs that are listed, whatever became of them. */
  readonly outputs: () => readonly string[];
  /** Whether an earlier job wrote this file. */
  readonly wrote: (path: string) => boolean;
  /** Whether a job has this very file for its source. */
  readonly hasJobOf: (file: FoundFile) => boolean;
  /** Rejects with the Failure why the file cannot be a job. `outputFolder` null: beside the source. */
  readonly addJob: (
    source: string,
    folder: WatchFolder,
    outputFolder: string | null,
  ) => Promise<void>;
  /** The node's own: never looked into. */
  readonly dataFolder: string;
  readonly nowMs: () => number;
  readonly log: (line: string) => void;
}

export interface WatchTimes {
  readonly pollMs: number;
  /** A file must have stood still for so long. */
  readonly settleMs: number;
}

/** Copies over slow networks pause for seconds; a person waits gladly half a minute. */
const usualTimes: WatchTimes = { pollMs: 5_000, settleMs: 20_000 };
/** A folder with more is no inbox; the rest waits until some are gone. */
const maxFiles = 20_000;
/** Failures remembered, each until its file changes. */
const maxRefused = 10_000;

export class WatchFolders {
  readonly #ports: WatchPorts;
  readonly #times: WatchTimes;
  readonly #settled = new Map<string, SettledFiles>();
  /** Folders being looked at: a drive that hangs holds only itself up. */
  readonly #busy = new Set<string>();
  /** Folders whose trouble was told. */
  readonly #troubled = new Set<string>();
  readonly #refused = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(ports: WatchPorts, times: WatchTimes = usualTimes) {
    this.#ports = ports;
    this.#times = times;
  }

  start(): void {
    this.#timer = setInterval(() => {
      void this.look();
    }, this.#times.pollMs);
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** One look at all folders; rejects never. */
  async look(): Promise<void> {
    const folders = this.#ports.folders().filter((one) => one.isEnabled);
    const watched = new Set(folders.map(({ path }) => path));
    for (const path of this.#settled.keys())
      if (!watched.has(path)) this.#settled.delete(path);
    await this.#rememberOutputs(folders);
    await Promise.all(folders.map((folder) => this.#lookInto(folder)));
  }

  /** A job may be gone from the list when its output is found. */
  async #rememberOutputs(folders: readonly WatchFolder[]): Promise<void> {
    const { taken, outputs } = this.#ports;
    for (const output of outputs()) {
      const isWatched = folders.some(({ path }) => isBelow(output, path));
      if (!isWatched || taken.has(outputKey(output))) continue;
      await taken.add(outputKey(output)).catch(() => undefined);
    }
  }

  async #lookInto(folder: WatchFolder): Promise<void> {
    const { path } = folder;
    if (this.#busy.has(path)) return;
    this.#busy.add(path);
    try {
      const found = await this.#filesOf(folder);
      this.#troubled.delete(path);
      const settled = this.#settled.get(path) ?? newSettled(this.#times);
      this.#settled.set(path, settled);
      for (const file of settled.look(found, this.#ports.nowMs())) {
        if (this.#isClosed) return;
        await this.#take(file, folder);
      }
    } catch (error) {
      if (!this.#troubled.has(path))
        this.#ports.log(`watched folder ${path}: ${textOf(error)}`);
      this.#troubled.add(path);
    } finally {
      this.#busy.delete(path);
    }
  }

  /** Those that were not taken yet. */
  async #filesOf(folder: WatchFolder): Promise<FoundFile[]> {
    const found: FoundFile[] = [];
    const open = [resolve(folder.path)];
    let isFirst = true;
    while (open.length > 0 && found.length < maxFiles) {
      const inside = open.pop() ?? "";
      const entries = await readdir(inside, { withFileTypes: true }).catch(
        (error: unknown) => {
          // A folder within may vanish at any time; the watched one must be there.
          if (isFirst) throw error;
          return [];
        },
      );
      isFirst = false;
      for (const entry of entries) {
        const place = join(inside, entry.name);
        if (entry.name.startsWith(".") || this.#isOurs(place)) continue;
        if (entry.isDirectory() && folder.includesSubfolders) open.push(place);
        if (!entry.isFile() || reasonNotMedia(entry.name) !== null) continue;
        const file = await foundFile(place);
        if (file !== null && !this.#isKnown(file)) found.push(file);
      }
    }
    return found;
  }

  #isOurs(place: string): boolean {
    const { dataFolder } = this.#ports;
    return place === resolve(dataFolder) || isBelow(place, dataFolder);
  }

  #isKnown(file: FoundFile): boolean {
    const { taken, wrote } = this.#ports;
    const key = fileKey(file);
    return (
      this.#refused.has(key) ||
      taken.has(key) ||
      taken.has(outputKey(file.path)) ||
      wrote(file.path)
    );
  }

  async #take(file: FoundFile, folder: WatchFolder): Promise<void> {
    const { taken, addJob, hasJobOf, log, outputs } = this.#ports;
    // A job may have begun to write it since the look.
    if (outputs().includes(file.path)) return;
    try {
      // The node may have ended right after it was taken.
      if (!hasJobOf(file))
        await addJob(file.path, folder, outputFolder(file.path, folder));
      await taken.add(fileKey(file));
      log(`watched folder ${folder.path}: took ${file.path}`);
    } catch (error) {
      this.#refuse(file, folder, error);
    }
  }

  #refuse(file: FoundFile, folder: WatchFolder, error: unknown): void {
    const key = `${file.path}: ${textOf(error)}`;
    const isForLater =
      error instanceof Failure && catalogue[error.code].retry === "later";
    // What may pass is tried at every look, and told once.
    if (isForLater && this.#refused.has(key)) return;
    this.#ports.log(`watched folder ${folder.path}: ${key}`);
    this.#refused.add(isForLater ? key : fileKey(file));
    const [oldest] = this.#refused;
    if (this.#refused.size > maxRefused && oldest !== undefined)
      this.#refused.delete(oldest);
  }
}

const newSettled = ({ settleMs }: WatchTimes): SettledFiles =>
  new SettledFiles(settleMs);

/** By its name alone: whatever lies there later is never a source of the same folder. */
const outputKey = (path: string): string => `output\n${path}`;

function outputFolder(
  source: string,
  { path, output }: WatchFolder,
): string | null {
  if (output.folder === null) return null;
  return output.keepsSubfolders
    ? join(output.folder, relative(resolve(path), dirname(source)))
    : output.folder;
}

function isBelow(place: string, folder: string): boolean {
  return place.startsWith(resolve(folder).replace(/[\\/]$/, "") + sep);
}

async function foundFile(path: string): Promise<FoundFile | null> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { path, sizeBytes: size, modifiedMs: mtimeMs };
  } catch {
    return null;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
