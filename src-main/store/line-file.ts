import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { Failure } from "../core/errors.ts";
import { damagedSuffix, temporarySuffix } from "./durable-file.ts";
import {
  readFileIfThere,
  removeIfThere,
  writeFailure,
  type FileSystem,
} from "./file-system.ts";

export interface LineFormat<Header, Entry> {
  /** What the file is, e.g. `history`; a file of another kind is damage. */
  readonly kind: string;
  readonly version: number;
  readonly emptyHeader: Header;
  /** Both throw when it cannot be one. */
  readonly parseHeader: (data: unknown) => Header;
  readonly parseEntry: (data: unknown) => Entry;
}

/**
 * A file of JSON lines that grows at its end: kind and version, a header, then
 * one line for each entry. A line that a power cut tore is left out and the
 * rest kept; a file that is none at all is set aside, for what is kept here
 * can be done without.
 *
 * Errors: `store-newer` (nothing is changed), `disk-full`, `store-unwritable`.
 */
export class LineFile<Header, Entry> {
  readonly #files: FileSystem;
  readonly #path: string;
  readonly #format: LineFormat<Header, Entry>;
  /** Changes one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** The file is there and ends with a whole line. */
  #canAppend = false;

  constructor(
    files: FileSystem,
    path: string,
    format: LineFormat<Header, Entry>,
  ) {
    this.#files = files;
    this.#path = path;
    this.#format = format;
  }

  /** Everything in it, oldest first. To be called once, before all else. */
  async read(): Promise<{
    readonly header: Header;
    readonly entries: readonly Entry[];
  }> {
    const { emptyHeader, parseHeader, parseEntry, version } = this.#format;
    const bytes = await readFileIfThere(this.#files, this.#path);
    if (bytes === null) return { header: emptyHeader, entries: [] };
    const text = Buffer.from(bytes).toString("utf8");
    const [first = "", second = "", ...lines] = text.split("\n");
    const found = this.#versionOf(first);
    if (found !== null && found > version)
      throw new Failure(
        "store-newer",
        `${this.#format.kind} version ${String(found)}, known up to ${String(version)}`,
      );
    const header = found === null ? null : attempt(parseHeader, second);
    if (header === null) {
      await this.#files.rename(
        this.#path,
        `${this.#path}.${randomUUID()}${damagedSuffix}`,
      );
      return { header: emptyHeader, entries: [] };
    }
    const entries = lines
      .map((line) => attempt(parseEntry, line))
      .filter((entry) => entry !== null);
    // After a torn line nothing is appended: the next change makes the file anew.
    this.#canAppend = text.endsWith("\n");
    return { header: header.value, entries: valuesOf(entries) };
  }

  /** Returns when the entry would survive a power cut. `whole`: all there is, for a file that must be made anew. */
  append(entry: Entry, whole: () => Content<Header, Entry>): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#canAppend) {
        const { header, entries } = whole();
        await this.#write(header, entries);
        return;
      }
      // Should it break off in the middle, the next one makes the file anew.
      this.#canAppend = false;
      const file = await this.#files.open(this.#path, "existing");
      try {
        await file.append(Buffer.from(`${JSON.stringify(entry)}\n`));
        await file.sync();
      } finally {
        await file.close();
      }
      this.#canAppend = true;
    });
  }

  /** Puts this in place of all there was. */
  rewrite(header: Header, entries: readonly Entry[]): Promise<void> {
    return this.#inTurn(() => this.#write(header, entries));
  }

  /** Resolves when all that was asked is done. */
  async settled(): Promise<void> {
    await this.#last;
  }

  #versionOf(line: string): number | null {
    const data = attempt((value) => value, line)?.value;
    if (typeof data !== "object" || data === null) return null;
    const { reelfarm, version } = data as Record<string, unknown>;
    return reelfarm === this.#format.kind && typeof version === "number"
      ? version
      : null;
  }

  async #write(header: Header, entries: readonly Entry[]): Promise<void> {
    const { kind, version } = this.#format;
    const temporary = `${this.#path}.${randomUUID()}${temporarySuffix}`;
    const lines = [{ reelfarm: kind, version }, header, ...entries];
    try {
      const file = await this.#files.open(temporary, "new");
      try {
        const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
        await file.append(Buffer.from(text));
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#files.rename(temporary, this.#path);
      await this.#files.syncFolder(dirname(this.#path));
      this.#canAppend = true;
    } catch (error) {
      await removeIfThere(this.#files, temporary).catch(() => undefined);
      throw error;
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work).catch((error: unknown) => {
      throw writeFailure(error);
    });
    this.#last = done.catch(() => undefined);
    return done;
  }
}

export interface Content<Header, Entry> {
  readonly header: Header;
  readonly entries: readonly Entry[];
}

/** In a box, because an entry itself may be null. */
function attempt<Value>(
  parse: (data: unknown) => Value,
  line: string,
): { readonly value: Value } | null {
  if (line === "") return null;
  try {
    return { value: parse(JSON.parse(line)) };
  } catch {
    return null;
  }
}

const valuesOf = <Value>(
  boxes: readonly { readonly value: Value }[],
): Value[] => boxes.map(({ value }) => value);
