import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { diskFileSystem, type FileSystem } from "./file-system.ts";
import { LineFile } from "./line-file.ts";

/** More than people put into watched folders in years; 33 bytes each on disk. */
const maxKept = 100_000;
const slack = 10_000;
/** Of SHA-256, hex: no two files of a home are alike in them. */
const markDigits = 24;

/**
 * What of watched folders was taken already, or written there by a job. Only
 * digests are kept, so the file tells nobody what lay there.
 */
export class TakenFiles {
  readonly #file: LineFile<object, string>;
  readonly #marks: Set<string>;

  private constructor(
    file: LineFile<object, string>,
    marks: readonly string[],
  ) {
    this.#file = file;
    this.#marks = new Set(marks);
  }

  /** @throws Failure `store-newer`. */
  static async open(
    folder: string,
    files: FileSystem = diskFileSystem,
  ): Promise<TakenFiles> {
    const file = new LineFile<object, string>(
      files,
      join(folder, "taken-files.jsonl"),
      {
        kind: "taken-files",
        version: 1,
        emptyHeader: {},
        parseHeader: (data) => z.object({}).parse(data),
        parseEntry: (data) => z.string().max(markDigits).parse(data),
      },
    );
    const { entries } = await file.read();
    return new TakenFiles(file, entries);
  }

  has(key: string): boolean {
    return this.#marks.has(markOf(key));
  }

  /** Resolves when it would survive a power cut. */
  async add(key: string): Promise<void> {
    const mark = markOf(key);
    if (this.#marks.has(mark)) return;
    this.#marks.add(mark);
    const whole = () => ({ header: {}, entries: [...this.#marks] });
    if (this.#marks.size <= maxKept + slack) {
      await this.#file.append(mark, whole);
      return;
    }
    for (const oldest of this.#marks) {
      if (this.#marks.size <= maxKept) break;
      this.#marks.delete(oldest);
    }
    await this.#file.rewrite({}, [...this.#marks]);
  }

  close(): Promise<void> {
    return this.#file.settled();
  }
}

function markOf(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, markDigits);
}
