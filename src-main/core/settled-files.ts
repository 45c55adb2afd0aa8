/** When a file that appears in a watched folder is complete: nobody says so, it must stand still. */

export interface FoundFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** Watches one folder's files from look to look. */
export class SettledFiles {
  readonly #settleMs: number;
  #seen = new Map<string, FoundFile & { readonly sinceMs: number }>();

  /** `settleMs`: how long size and time must not change. */
  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  /** All files there are now; gives those that have stood still for long enough. Empty ones never have. */
  look(found: readonly FoundFile[], nowMs: number): FoundFile[] {
    const before = this.#seen;
    this.#seen = new Map();
    for (const file of found) {
      const known = before.get(file.path);
      const isSame =
        known !== undefined &&
        known.sizeBytes === file.sizeBytes &&
        known.modifiedMs === file.modifiedMs;
      this.#seen.set(file.path, {
        ...file,
        sinceMs: isSame ? known.sinceMs : nowMs,
      });
    }
    return found.filter(({ path, sizeBytes }) => {
      const sinceMs = this.#seen.get(path)?.sinceMs ?? nowMs;
      return sizeBytes > 0 && nowMs - sinceMs >= this.#settleMs;
    });
  }
}

/** What tells a file from a later one of the same name. */
export const fileKey = ({ path, sizeBytes, modifiedMs }: FoundFile): string =>
  `${path}\n${String(sizeBytes)}\n${String(Math.round(modifiedMs))}`;
