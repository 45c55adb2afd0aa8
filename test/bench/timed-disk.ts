import { randomUUID } from "node:crypto";
import { basename, join } from "node:path";
import { performance } from "node:perf_hooks";
import { diskFileSystem } from "../../src-main/store/file-system.ts";
import type { FileSystem, OpenFile } from "../../src-main/store/file-system.ts";

/** As long as a line of the journal is. */
const bareBytes = 700;

/** The real disk; counts what is written, and times what changes wait for. */
export class TimedDisk implements FileSystem {
  bytes = 0;
  /** Spent in writes and syncs of the journal. */
  journalMs = 0;
  /** How often the index, which ends a fold, was written. */
  folds = 0;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(path: string, mode: "new" | "existing"): Promise<OpenFile> {
    const isJournal = basename(path).startsWith("journal-");
    const opening = diskFileSystem.open(path, mode);
    const file = await (isJournal ? this.#timed(opening) : opening);
    const wait = <T>(work: Promise<T>): Promise<T> =>
      isJournal ? this.#timed(work) : work;
    return {
      ...file,
      append: (data) => {
        this.bytes += data.byteLength;
        return wait(file.append(data));
      },
      sync: () => wait(file.sync()),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await diskFileSystem.rename(from, to);
    if (to === join(this.#folder, "node.json")) this.folds += 1;
  }

  readFile = diskFileSystem.readFile.bind(diskFileSystem);
  list = diskFileSystem.list.bind(diskFileSystem);
  sizeBytes = diskFileSystem.sizeBytes.bind(diskFileSystem);
  removeFile = diskFileSystem.removeFile.bind(diskFileSystem);
  makeFolder = diskFileSystem.makeFolder.bind(diskFileSystem);
  syncFolder = diskFileSystem.syncFolder.bind(diskFileSystem);

  /** A file beside the store; `append` resolves with the milliseconds a line took to be durable. */
  async bareFile(): Promise<{
    append(): Promise<number>;
    close(): Promise<void>;
  }> {
    const file = await diskFileSystem.open(
      join(this.#folder, `bare-${randomUUID()}`),
      "new",
    );
    const line = Buffer.alloc(bareBytes, "x");
    return {
      close: () => file.close(),
      async append() {
        const before = performance.now();
        await file.append(line);
        await file.sync();
        return performance.now() - before;
      },
    };
  }

  async #timed<T>(work: Promise<T>): Promise<T> {
    const before = performance.now();
    try {
      return await work;
    } finally {
      this.journalMs += performance.now() - before;
    }
  }
}
