import { createWriteStream } from "node:fs";
import { mkdir, readdir, rm, stat, statfs } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join, relative, resolve, sep } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Failure } from "../core/errors.ts";
import { safeFileName } from "../core/output-name.ts";
import { errorCodeOf, writeFailure } from "./file-system.ts";

export interface UploadedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

export interface UploadShelfOptions {
  readonly dataFolder: string;
  readonly nowMs: () => number;
  /** What a folder's disk may still take; default: as the system says. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** Left for everything else on the disk: the queue's journal, segments, the system. */
const reserveBytes = 1024 ** 3;
/** An upload that no job was ever made of. */
const unusedMs = 24 * 3600 * 1000;
/** A removed job can be put back; after this long nobody will. */
const orphanedMs = 3600 * 1000;

/**
 * Files that came from browsers, each in a folder of its own below the data
 * folder. They stay while a job has them as its source.
 */
export class UploadShelf {
  readonly folder: string;
  readonly #nowMs: () => number;
  readonly #freeBytes: (folder: string) => Promise<number>;
  /** Bytes promised to uploads that are still coming in. */
  #promisedBytes = 0;
  /** Folders that are being filled, which no sweep touches. */
  readonly #filling = new Set<string>();
  /** When an upload was last seen as a job's source. */
  readonly #usedAtMs = new Map<string, number>();

  constructor({ dataFolder, nowMs, freeBytes }: UploadShelfOptions) {
    this.folder = resolve(dataFolder, "uploads");
    this.#nowMs = nowMs;
    this.#freeBytes = freeBytes ?? freeBytesOf;
  }

  /** Whether a path lies on the shelf. */
  holds(path: string): boolean {
    return resolve(path).startsWith(this.folder + sep);
  }

  /**
   * Takes a file of exactly so many bytes under a safe form of its name.
   *
   * @throws Failure `disk-full` before anything is written when it would not
   * fit, `store-unwritable`, `transfer-broken` when fewer or more bytes came.
   */
  async receive(
    name: string,
    sizeBytes: number,
    body: Readable,
    signal?: AbortSignal,
  ): Promise<UploadedFile> {
    const mark = randomBytes(12).toString("hex");
    const folder = join(this.folder, mark);
    this.#filling.add(mark);
    this.#promisedBytes += sizeBytes;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await this.#checkSpace();
      const path = join(folder, safeFileName(name));
      const file = createWriteStream(path, { flags: "wx", mode: 0o600 });
      await pipeline(body, file, signal ? { signal } : {});
      if (file.bytesWritten !== sizeBytes)
        throw new Failure("transfer-broken", "not all of the file came");
      return { path, sizeBytes };
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw failureOf(error);
    } finally {
      this.#filling.delete(mark);
      this.#promisedBytes -= sizeBytes;
    }
  }

  /**
   * Removes what no job needs any more: an hour after its job went, a day
   * after it came without ever being one's source.
   *
   * @param sources of all jobs there are.
   */
  async sweep(sources: readonly string[]): Promise<void> {
    const nowMs = this.#nowMs();
    for (const source of sources) {
      if (!this.holds(source)) continue;
      const [mark] = relative(this.folder, source).split(sep);
      if (mark !== undefined) this.#usedAtMs.set(mark, nowMs);
    }
    const marks = await readdir(this.folder).catch(() => []);
    for (const mark of marks) {
      if (this.#filling.has(mark)) continue;
      const usedAtMs = this.#usedAtMs.get(mark);
      const endMs =
        usedAtMs === undefined
          ? await madeAtMs(join(this.folder, mark)).then(
              (atMs) => atMs + unusedMs,
            )
          : usedAtMs + orphanedMs;
      if (nowMs < endMs) continue;
      this.#usedAtMs.delete(mark);
      await rm(join(this.folder, mark), { recursive: true, force: true });
    }
  }

  async #checkSpace(): Promise<void> {
    const freeBytes = await this.#freeBytes(this.folder);
    // What the others have written already is counted twice: on the safe side.
    if (this.#promisedBytes + reserveBytes > freeBytes)
      throw new Failure("disk-full", "there is no room for this file");
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function madeAtMs(folder: string): Promise<number> {
  return (await stat(folder)).mtimeMs;
}

/** A line that broke off is the network's; all else is the disk's. */
function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = errorCodeOf(error);
  const isOfNetwork =
    (error instanceof Error && error.name === "AbortError") ||
    ["ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE", "EPIPE"].includes(code);
  return isOfNetwork
    ? new Failure("transfer-broken", "the upload broke off", { cause: error })
    : writeFailure(error);
}
