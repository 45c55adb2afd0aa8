import { assert } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import { errorCodeOf, writeFailure } from "./file-system.ts";
import type { FileSystem, OpenFile } from "./file-system.ts";
import {
  formatLine,
  journalHeader,
  journalPath,
  readJournal,
} from "./journal-reader.ts";
import type { JournalContents, JournalLine } from "./journal-reader.ts";

/** A batch is cut here so that its lines need not all be in memory as bytes. */
const maxBatchBytes = 1024 * 1024;

/** What stands in the queue: a line, or a mark that acts when all before it is durable. */
interface Waiting {
  readonly kind: "line" | "flush" | "rotate";
  readonly sequence: number;
  readonly json: string;
  resolve: () => void;
  reject: (failure: Failure) => void;
}

export class Journal {
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #version: number;
  #file: OpenFile | null;
  /** Bytes of the open file that are synced; everything behind is cut after a failure. */
  #fileBytes: number;
  #sequence: number;
  #durable: number;
  #queue: Waiting[] = [];
  #isDraining = false;
  #bytes: number;
  #firsts: number[];
  #isClosed = false;

  /** Use `openJournal`. */
  constructor(
    files: FileSystem,
    folder: string,
    version: number,
    state: OpenedState,
  ) {
    this.#files = files;
    this.#folder = folder;
    this.#version = version;
    this.#file = state.file;
    this.#fileBytes = state.fileBytes;
    this.#bytes = state.bytes;
    this.#firsts = [...state.firsts];
    this.#sequence = state.sequence;
    this.#durable = state.sequence;
  }

  /** Sequence of the last line appended, synced or not. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Bytes written since the last `rotate`, or found on opening. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds a line; the promise resolves when it would survive a power cut. All
   * lines that wait while a sync runs share the next one (group commit).
   * Rejects with `disk-full` or `store-unwritable`: the line is then kept and
   * written before any later one, by the next append or flush.
   */
  append(json: string): Promise<void> {
    assert(!this.#isClosed, "append to a closed journal");
    assert(!json.includes("\n"), "a journal line has no line breaks");
    this.#sequence += 1;
    return this.#enqueue("line", json);
  }

  /** Resolves when every line appended so far is durable; tries again what failed before. */
  flush(): Promise<void> {
    return this.#enqueue("flush");
  }

  /** As `flush`; and later lines go to a new file. */
  rotate(): Promise<void> {
    return this.#enqueue("rotate");
  }

  /** Removes files all of whose lines are at or before the sequence. */
  async removeUpTo(sequence: number): Promise<void> {
    while (this.#firsts.length > 1) {
      const [first, next] = this.#firsts;
      if (first === undefined || next === undefined || next > sequence + 1)
        break;
      await this.#files.removeFile(journalPath(this.#folder, first));
      this.#firsts.shift();
    }
  }

  /** Syncs what is waiting and closes the file. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.#isClosed = true;
      await this.#file?.close();
      this.#file = null;
    }
  }

  #enqueue(kind: Waiting["kind"], json = ""): Promise<void> {
    const sequence = this.#sequence;
    return new Promise((resolve, reject) => {
      this.#queue.push({ kind, sequence, json, resolve, reject });
      if (this.#isDraining) return;
      this.#isDraining = true;
      void this.#drain();
    });
  }

  /** Never rejects: every failure goes to those who wait for the lines. */
  async #drain(): Promise<void> {
    // Lets everything appended in this turn join the first batch.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      try {
        if (batch.count > 0) await this.#commit(batch);
        else await this.#reachMark();
      } catch (error) {
        await this.#giveUp(writeFailure(error));
        break;
      }
      for (const waiting of this.#queue.splice(0, Math.max(1, batch.count)))
        waiting.resolve();
    }
    this.#isDraining = false;
  }

  /** The lines up to the next mark, as bytes. */
  #takeBatch(): Batch {
    let text = "";
    let count = 0;
    for (const { kind, sequence, json } of this.#queue) {
      if (kind !== "line" || text.length > maxBatchBytes) break;
      text += formatLine(sequence, this.#durable, json);
      count += 1;
    }
    return { bytes: Buffer.from(text), count };
  }

  async #reachMark(): Promise<void> {
    if (this.#queue[0]?.kind !== "rotate") return;
    const file = this.#file;
    this.#file = null;
    this.#bytes = 0;
    await file?.close();
  }

  async #commit(batch: Batch): Promise<void> {
    this.#file ??= await this.#begin();
    await this.#file.append(batch.bytes);
    await this.#file.sync();
    this.#fileBytes += batch.bytes.byteLength;
    this.#bytes += batch.bytes.byteLength;
    this.#durable += batch.count;
  }

  async #begin(): Promise<OpenFile> {
    const first = this.#durable + 1;
    const { file, sizeBytes } = await beginFile(
      this.#files,
      this.#folder,
      this.#version,
      first,
    );
    this.#fileBytes = sizeBytes;
    if (this.#firsts.at(-1) !== first) this.#firsts.push(first);
    return file;
  }

  /**
   * After a failed write or sync nobody knows what of the batch is on the disk,
   * so the file is cut to its synced part and left; the lines stay queued for a
   * new file. Everyone waiting is told, once.
   */
  async #giveUp(failure: Failure): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.truncate(this.#fileBytes).catch(() => undefined);
    await file?.close().catch(() => undefined);
    for (const waiting of this.#queue) {
      waiting.reject(failure);
      waiting.resolve = waiting.reject = () => undefined;
    }
    this.#queue = this.#queue.filter((waiting) => waiting.kind === "line");
  }
}

interface Batch {
  readonly bytes: Buffer;
  readonly count: number;
}

interface OpenedState {
  readonly file: OpenFile | null;
  readonly fileBytes: number;
  readonly bytes: number;
  readonly firsts: readonly number[];
  readonly sequence: number;
}

/**
 * Opens the journal behind a snapshot that contains everything up to
 * `fromSequence`; `lines` are the later ones, all of them synced again, since
 * a killed process may have left them written but not yet on the disk. A torn
 * tail is cut. Errors: `store-damaged`, `store-newer` (nothing is changed).
 */
export async function openJournal(
  files: FileSystem,
  folder: string,
  version: number,
  fromSequence: number,
): Promise<{ journal: Journal; lines: readonly JournalLine[] }> {
  const contents = await readJournal(files, folder, version, fromSequence);
  if (contents.newerVersion !== null)
    throw new Failure(
      "store-newer",
      `journal version ${contents.newerVersion}`,
    );
  if (contents.damage !== null)
    throw new Failure("store-damaged", `journal: ${contents.damage}`);
  const state = await settleEnd(files, folder, version, contents);
  return {
    journal: new Journal(files, folder, version, state),
    lines: contents.lines,
  };
}

/** Cuts the torn tail, drops files that were only begun, syncs the rest. */
async function settleEnd(
  files: FileSystem,
  folder: string,
  version: number,
  contents: JournalContents,
): Promise<OpenedState> {
  const { sequence } = contents;
  const kept = contents.files.filter((file) => file.goodBytes > 0);
  const last = kept.at(-1);
  for (const file of contents.files)
    if (file.goodBytes === 0)
      await files.removeFile(journalPath(folder, file.first));
  let open: OpenFile | null = null;
  if (last) {
    open = await files.open(journalPath(folder, last.first), "existing");
    if (last.goodBytes < last.sizeBytes) await open.truncate(last.goodBytes);
    await open.sync();
  }
  await files.syncFolder(folder);
  const goesOn = last?.lastSequence === sequence && last.version === version;
  if (open && !goesOn) {
    await open.close();
    open = null;
  }
  return {
    file: open,
    fileBytes: last?.goodBytes ?? 0,
    bytes: contents.newBytes,
    firsts: kept.map((file) => file.first),
    sequence,
  };
}

/** Makes the file that begins with sequence `first`; its header is durable before any line. */
async function beginFile(
  files: FileSystem,
  folder: string,
  version: number,
  first: number,
): Promise<{ file: OpenFile; sizeBytes: number }> {
  const path = journalPath(folder, first);
  const header = Buffer.from(
    formatLine(first - 1, first - 1, journalHeader(version)),
  );
  const file = await openEmpty(files, path);
  try {
    await file.append(header);
    await file.sync();
    await files.syncFolder(folder);
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  return { file, sizeBytes: header.byteLength };
}

/** A file of that name may be there from a write that failed: none of its lines was acknowledged. */
async function openEmpty(files: FileSystem, path: string): Promise<OpenFile> {
  try {
    return await files.open(path, "new");
  } catch (error) {
    if (errorCodeOf(error) !== "EEXIST") throw error;
    const file = await files.open(path, "existing");
    await file.truncate(0);
    return file;
  }
}
