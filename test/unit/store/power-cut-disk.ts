/**
 * A disk in memory that keeps apart what was written and what was synced. It
 * can stop at any operation (the process dies there) and then tell what a power
 * cut leaves: synced contents, and of the rest any blocks, zeros or nothing;
 * synced names, and of later renames and removals any subset.
 */
import { dirname, basename } from "node:path";
import type {
  FileSystem,
  FolderEntry,
  OpenFile,
} from "../../../src-main/store/file-system.ts";
import { seededRandom } from "./seeded-random.ts";

interface Inode {
  synced: Buffer;
  now: Buffer;
}

interface NameChange {
  readonly remove: string | null;
  readonly add: readonly [string, Inode] | null;
}

interface Folder {
  readonly synced: Map<string, Inode>;
  readonly now: Map<string, Inode>;
  pending: NameChange[];
}

/** What of the unsynced survives. `kept`: everything (only the process died). */
export type Survival = "kept" | "synced-only" | "names-only" | { seed: number };

const blockBytes = 512;

export class PowerCut extends Error {}

export class PowerCutDisk implements FileSystem {
  readonly #folders = new Map<string, Folder>();
  /** Operations so far. */
  operations = 0;
  bytesWritten = 0;
  /** Nothing happens from this operation on; the one itself may be half done. */
  cutAt = Number.POSITIVE_INFINITY;
  /** What each operation was, for a failing test's message. */
  readonly log: string[] = [];
  /** Fails operations on purpose: returns the error's code. */
  fault: (operation: string, path: string) => string | null = () => null;
  /** Called before each operation: the moment to look what `after` would leave. */
  beforeEach: (operation: string) => void = () => undefined;
  /** For breaking the disk (not the store) in tests of the tests. */
  ignoresSync = false;

  async open(path: string, mode: "new" | "existing"): Promise<OpenFile> {
    await this.#step("open", path);
    const folder = this.#folder(dirname(path));
    let inode = folder.now.get(basename(path));
    if (mode === "new") {
      if (inode) throw coded("EEXIST", path);
      inode = { synced: Buffer.alloc(0), now: Buffer.alloc(0) };
      this.#rename(folder, null, [basename(path), inode]);
    }
    if (!inode) throw coded("ENOENT", path);
    return this.#openFile(path, inode);
  }

  async readFile(path: string): Promise<Uint8Array> {
    await this.#step("read", path);
    return Buffer.from(this.#inode(path).now);
  }

  async list(path: string): Promise<FolderEntry[]> {
    await this.#step("list", path);
    const files = [...this.#folder(path).now.keys()].map((name) => ({
      name,
      isFolder: false,
    }));
    const folders = [...this.#folders.keys()]
      .filter((other) => dirname(other) === path && other !== path)
      .map((other) => ({ name: basename(other), isFolder: true }));
    return [...files, ...folders];
  }

  async sizeBytes(path: string): Promise<number> {
    await this.#step("size", path);
    return this.#inode(path).now.byteLength;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step("rename", to);
    const inode = this.#inode(from);
    if (dirname(from) !== dirname(to)) throw coded("EXDEV", to);
    this.#rename(this.#folder(dirname(to)), basename(from), [
      basename(to),
      inode,
    ]);
  }

  async removeFile(path: string): Promise<void> {
    await this.#step("remove", path);
    this.#inode(path);
    this.#rename(this.#folder(dirname(path)), basename(path), null);
  }

  async makeFolder(path: string): Promise<void> {
    await this.#step("make-folder", path);
    for (let made = path; !this.#folders.has(made); made = dirname(made))
      this.#folders.set(made, {
        synced: new Map(),
        now: new Map(),
        pending: [],
      });
  }

  async syncFolder(path: string): Promise<void> {
    await this.#step("sync-folder", path);
    if (this.ignoresSync) return;
    const folder = this.#folder(path);
    folder.synced.clear();
    for (const [name, inode] of folder.now) folder.synced.set(name, inode);
    folder.pending = [];
  }

  /** The disk after the machine (or with `kept` only the process) went down. */
  after(survival: Survival): PowerCutDisk {
    const random = seededRandom(
      typeof survival === "object" ? survival.seed : 0,
    );
    const disk = new PowerCutDisk();
    const copies = new Map<Inode, Inode>();
    const copyOf = (inode: Inode): Inode => {
      const copy = copies.get(inode) ?? survivingInode(inode, survival, random);
      copies.set(inode, copy);
      return copy;
    };
    for (const [path, folder] of this.#folders) {
      const names = new Map(folder.synced);
      for (const change of folder.pending)
        if (namesSurvive(survival, random)) apply(names, change);
      const now = new Map([...names].map(([name, one]) => [name, copyOf(one)]));
      const synced = new Map(now);
      const pending: NameChange[] = [];
      if (survival === "kept") {
        // Still in the cache only: a later power cut may take it.
        synced.clear();
        for (const [name, one] of folder.synced) synced.set(name, copyOf(one));
        for (const { remove, add } of folder.pending)
          pending.push({ remove, add: add && [add[0], copyOf(add[1])] });
      }
      disk.#folders.set(path, { now, synced, pending });
    }
    return disk;
  }

  /** Changes a file behind the store's back. */
  damage(path: string, change: (bytes: Buffer) => Buffer): void {
    const inode = this.#inode(path);
    inode.now = change(Buffer.from(inode.now));
    inode.synced = Buffer.from(inode.now);
  }

  /** Lays a file down, with its folder, behind the store's back. */
  put(path: string, text: string): void {
    const folder = this.#folders.get(dirname(path)) ?? {
      synced: new Map(),
      now: new Map(),
      pending: [],
    };
    this.#folders.set(dirname(path), folder);
    const bytes = Buffer.from(text);
    const inode = { synced: bytes, now: bytes };
    folder.now.set(basename(path), inode);
    folder.synced.set(basename(path), inode);
  }

  /** Takes a file away behind the store's back. */
  lose(path: string): void {
    const folder = this.#folder(dirname(path));
    folder.now.delete(basename(path));
    folder.synced.delete(basename(path));
  }

  paths(): string[] {
    return [...this.#folders].flatMap(([path, folder]) =>
      [...folder.now.keys()].map((name) => `${path}/${name}`),
    );
  }

  text(path: string): string {
    return this.#inode(path).now.toString("utf8");
  }

  #openFile(path: string, inode: Inode): OpenFile {
    return {
      append: async (data) => {
        const half = this.operations === this.cutAt;
        if (half) inode.now = Buffer.concat([inode.now, data]);
        await this.#step("append", path);
        inode.now = Buffer.concat([inode.now, data]);
        this.bytesWritten += data.byteLength;
      },
      sync: async () => {
        await this.#step("sync", path);
        if (!this.ignoresSync) inode.synced = Buffer.from(inode.now);
      },
      truncate: async (sizeBytes) => {
        await this.#step("truncate", path);
        inode.now = inode.now.subarray(0, sizeBytes);
      },
      close: () => this.#step("close", path),
    };
  }

  async #step(operation: string, path: string): Promise<void> {
    // A real disk never answers in the same turn.
    await Promise.resolve();
    if (this.operations >= this.cutAt) throw new PowerCut(operation);
    this.beforeEach(`${operation} ${path}`);
    this.operations += 1;
    this.log.push(`${operation} ${path}`);
    const code = this.fault(operation, path);
    if (code !== null) throw coded(code, path);
  }

  #rename(folder: Folder, remove: string | null, add: NameChange["add"]): void {
    folder.pending.push({ remove, add });
    apply(folder.now, { remove, add });
  }

  #folder(path: string): Folder {
    const folder = this.#folders.get(path);
    if (!folder) throw coded("ENOENT", path);
    return folder;
  }

  #inode(path: string): Inode {
    const inode = this.#folder(dirname(path)).now.get(basename(path));
    if (!inode) throw coded("ENOENT", path);
    return inode;
  }
}

function apply(names: Map<string, Inode>, { remove, add }: NameChange): void {
  if (remove !== null) names.delete(remove);
  if (add) names.set(add[0], add[1]);
}

function namesSurvive(survival: Survival, random: () => number): boolean {
  if (survival === "kept" || survival === "names-only") return true;
  return survival === "synced-only" ? false : random() < 0.5;
}

function survivingInode(
  inode: Inode,
  survival: Survival,
  random: () => number,
): Inode {
  const { synced, now } = inode;
  if (survival === "kept") return { synced, now };
  if (typeof survival === "string") return { synced, now: synced };
  const bytes = tornContents(synced, now, random);
  return { synced: bytes, now: bytes };
}

/** Blocks that both have, from either; later ones whole, zero, or not there at all. */
function tornContents(
  synced: Buffer,
  now: Buffer,
  random: () => number,
): Buffer {
  if (synced.equals(now)) return synced;
  const isTruncated = now.byteLength < synced.byteLength;
  if (isTruncated) return random() < 0.5 ? synced : now;
  const cutAt =
    synced.byteLength +
    Math.floor(random() * (now.byteLength - synced.byteLength + 1));
  const torn = Buffer.from(now.subarray(0, random() < 0.3 ? undefined : cutAt));
  for (let at = synced.byteLength; at < torn.byteLength; at += blockBytes)
    if (random() < 0.3)
      torn.fill(0, at, Math.min(at + blockBytes, torn.byteLength));
  return torn;
}

function coded(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
