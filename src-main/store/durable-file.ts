import { createHash, randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import type { Adapter } from "lowdb";
import { Failure } from "../core/errors.ts";
import { readFileIfThere, writeFailure } from "./file-system.ts";
import type { FileSystem } from "./file-system.ts";

/** Temporary files carry this ending; any left over are of a write that never finished. */
export const temporarySuffix = ".tmp";
export const backupSuffix = ".bak";
/** Files set aside because their checksum is wrong; never overwritten or removed by the store. */
export const damagedSuffix = ".damaged";

/** Bytes handed to one write: small enough to let other work in between. */
const pieceBytes = 64 * 1024;

export interface DocumentFormat<T> {
  /** What the document is, e.g. `job`; a file of another kind is damage. */
  readonly kind: string;
  readonly version: number;
  /**
   * Checks (and, from an older version, brings up to date) what was read.
   * Throws when it cannot be this document.
   */
  readonly parse: (data: unknown, version: number) => T;
  /** The document as JSON in pieces, for large ones; default: all at once. */
  readonly pieces?: (data: T) => Iterable<string>;
}

export interface DurableFileOptions {
  /** False: whoever writes many documents syncs their folder once, afterwards. */
  readonly syncFolder?: boolean;
  /** True: reading leaves a damaged file under its name. */
  readonly leaveDamaged?: boolean;
}

export type DocumentState<T> =
  | { readonly kind: "missing" }
  | {
      readonly kind: "good";
      readonly data: T;
      readonly version: number;
      readonly sizeBytes: number;
    }
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "damaged"; readonly reason: string };

/**
 * A lowdb adapter that survives power cuts. The file has three lines: a header
 * (kind and version), the document as compact JSON, and a SHA-256 over both.
 *
 * Writing: a new file under a unique name, synced; the old file becomes `.bak`;
 * the new one takes its name; the folder is synced. Reading: the file, or when
 * that is missing or damaged (then it is set aside) its `.bak`.
 *
 * Errors: `store-damaged` (both damaged; they stay where they are),
 * `store-newer` (nothing is changed), `disk-full`, `store-unwritable`.
 */
export class DurableFile<T> implements Adapter<T> {
  readonly path: string;
  readonly #files: FileSystem;
  readonly #format: DocumentFormat<T>;
  readonly #options: DurableFileOptions;
  #primaryIsGood = false;
  #sizeBytes = 0;
  #version: number | null = null;

  constructor(
    files: FileSystem,
    path: string,
    format: DocumentFormat<T>,
    options: DurableFileOptions = {},
  ) {
    this.#files = files;
    this.path = path;
    this.#format = format;
    this.#options = options;
  }

  /** Of the document last read or written; 0 before. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Version the document was last read or written in; null: there was none. */
  get version(): number | null {
    return this.#version;
  }

  /** The document; null where neither it nor its `.bak` exists. */
  async read(): Promise<T | null> {
    const primary = await this.inspect();
    if (primary.kind === "good") {
      this.#primaryIsGood = true;
      this.#sizeBytes = primary.sizeBytes;
      this.#version = primary.version;
      return primary.data;
    }
    if (primary.kind === "newer") throw this.#newer(primary.version);
    const backup = await this.inspect(backupSuffix);
    if (backup.kind === "newer") throw this.#newer(backup.version);
    if (backup.kind === "good") {
      if (primary.kind === "damaged" && this.#options.leaveDamaged !== true)
        await this.setAside();
      this.#sizeBytes = backup.sizeBytes;
      this.#version = backup.version;
      return backup.data;
    }
    if (primary.kind === "missing" && backup.kind === "missing") return null;
    const bad = primary.kind === "damaged" ? primary : backup;
    const reason = bad.kind === "damaged" ? bad.reason : "";
    throw new Failure("store-damaged", `${this.#format.kind} (${reason})`);
  }

  /** Returns when the document would survive a power cut. */
  async write(data: T): Promise<void> {
    const temporary = `${this.path}.${randomUUID()}${temporarySuffix}`;
    try {
      // A damaged file must not become the backup of the new one.
      if (!this.#primaryIsGood) await this.#checkBeforeFirstWrite();
      await this.#writeNew(temporary, data);
      if (this.#primaryIsGood)
        await this.#files.rename(this.path, this.path + backupSuffix);
      this.#primaryIsGood = false;
      await this.#files.rename(temporary, this.path);
      this.#primaryIsGood = true;
      this.#version = this.#format.version;
      if (this.#options.syncFolder !== false)
        await this.#files.syncFolder(dirname(this.path));
    } catch (error) {
      await this.#files.removeFile(temporary).catch(() => undefined);
      throw writeFailure(error);
    }
  }

  /** Looks at the file (or its `.bak`) without changing anything. */
  async inspect(
    suffix: "" | typeof backupSuffix = "",
  ): Promise<DocumentState<T>> {
    const bytes = await readFileIfThere(this.#files, this.path + suffix);
    if (bytes === null) return { kind: "missing" };
    return decode(bytes, this.#format);
  }

  /** Renames the file so that nothing overwrites it. Returns its new path. */
  async setAside(suffix: "" | typeof backupSuffix = ""): Promise<string> {
    const kept = `${this.path}${suffix}.${randomUUID()}${damagedSuffix}`;
    await this.#files.rename(this.path + suffix, kept);
    await this.#files.syncFolder(dirname(this.path));
    return kept;
  }

  async #checkBeforeFirstWrite(): Promise<void> {
    const state = await this.inspect();
    if (state.kind === "newer") throw this.#newer(state.version);
    if (state.kind === "damaged") await this.setAside();
    this.#primaryIsGood = state.kind === "good";
  }

  async #writeNew(temporary: string, data: T): Promise<void> {
    const file = await this.#files.open(temporary, "new");
    try {
      let sizeBytes = 0;
      for (const piece of encode(data, this.#format)) {
        await file.append(piece);
        sizeBytes += piece.byteLength;
      }
      await file.sync();
      this.#sizeBytes = sizeBytes;
    } finally {
      await file.close();
    }
  }

  #newer(version: number): Failure {
    return new Failure(
      "store-newer",
      `${this.#format.kind} version ${version}, known up to ${this.#format.version}`,
    );
  }
}

/** Path beside which a document's temporary, backup and damaged files lie. */
export const documentPath = (folder: string, name: string): string =>
  join(folder, `${name}.json`);

function* encode<T>(
  data: T,
  format: DocumentFormat<T>,
): Generator<Uint8Array, void> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const hashed = (text: string): Uint8Array => {
    const bytes = Buffer.from(text);
    hash.update(bytes);
    sizeBytes += bytes.byteLength;
    return bytes;
  };
  const { kind, version } = format;
  let gathered = `${JSON.stringify({ reelfarm: kind, version })}\n`;
  for (const piece of format.pieces?.(data) ?? [JSON.stringify(data)]) {
    gathered += piece;
    if (gathered.length < pieceBytes) continue;
    yield hashed(gathered);
    gathered = "";
  }
  yield hashed(`${gathered}\n`);
  const sha256 = hash.digest("hex");
  yield Buffer.from(`${JSON.stringify({ sha256, sizeBytes })}\n`);
}

function decode<T>(
  bytes: Uint8Array,
  format: DocumentFormat<T>,
): DocumentState<T> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (reason: string): DocumentState<T> => ({
    kind: "damaged",
    reason,
  });
  const newline = 0x0a;
  if (buffer.at(-1) !== newline) return damaged("cut off");
  const trailerStart = buffer.lastIndexOf(newline, -2) + 1;
  const content = buffer.subarray(0, trailerStart);
  const trailer = parseJson(buffer.subarray(trailerStart));
  const sha256 = createHash("sha256").update(content).digest("hex");
  if (field(trailer, "sha256") !== sha256) return damaged("checksum wrong");
  const headerEnd = content.indexOf(newline);
  const header = parseJson(content.subarray(0, headerEnd));
  const version = field(header, "version");
  if (field(header, "reelfarm") !== format.kind || typeof version !== "number")
    return damaged("another kind of document");
  if (version > format.version) return { kind: "newer", version };
  try {
    const data = format.parse(
      JSON.parse(content.toString("utf8", headerEnd + 1)),
      version,
    );
    return { kind: "good", data, version, sizeBytes: bytes.byteLength };
  } catch {
    return damaged("not the shape of its version");
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
