import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import { reasonNotMedia } from "../core/media-endings.ts";

/** As many sources as one request may bring. */
const maxSources = 10_000;

export interface FoundSources {
  /** Absolute, each once. */
  readonly sources: readonly string[];
  /** What lies in a folder and is not taken. */
  readonly skipped: readonly {
    readonly path: string;
    readonly reason: string;
  }[];
  /** What was named and cannot be taken. */
  readonly refused: readonly {
    readonly path: string;
    readonly failure: Failure;
  }[];
}

/**
 * Files as they are, folders with the media files in them and below, sorted as
 * people count. Links to folders are not followed.
 *
 * @throws Failure `usage` for more than ten thousand files.
 */
export async function searchSources(
  named: readonly string[],
): Promise<FoundSources> {
  const sources = new Set<string>();
  const skipped: { path: string; reason: string }[] = [];
  const refused: { path: string; failure: Failure }[] = [];
  for (const name of named) {
    const place = path.resolve(name);
    try {
      if (!(await isFolder(place))) sources.add(place);
      else {
        const inside = await searchFolder(place);
        for (const source of inside.sources) sources.add(source);
        skipped.push(...inside.skipped);
        if (inside.sources.length === 0)
          throw new Failure("usage", `There are no media files in ${place}.`);
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      refused.push({ path: place, failure: error });
    }
    if (sources.size > maxSources)
      throw new Failure(
        "usage",
        `More than ${String(maxSources)} files at once; add them in parts.`,
      );
  }
  return { sources: [...sources], skipped, refused };
}

async function isFolder(place: string): Promise<boolean> {
  try {
    return (await stat(place)).isDirectory();
  } catch (cause) {
    throw new Failure("source-missing", place, { cause });
  }
}

async function searchFolder(
  folder: string,
): Promise<Pick<FoundSources, "sources" | "skipped">> {
  const entries = await readdir(folder, {
    withFileTypes: true,
    recursive: true,
  }).catch((cause: unknown) => {
    throw new Failure("source-unreadable", folder, { cause });
  });
  const sources: string[] = [];
  const skipped: { path: string; reason: string }[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const place = path.join(entry.parentPath, entry.name);
    const reason = entry.isFile()
      ? reasonNotMedia(entry.name)
      : "It is a link or no ordinary file.";
    if (reason === null) sources.push(place);
    else skipped.push({ path: place, reason });
  }
  const byName = (a: string, b: string): number =>
    a.localeCompare(b, undefined, { numeric: true });
  return {
    sources: sources.sort(byName),
    skipped: skipped.sort((a, b) => byName(a.path, b.path)),
  };
}
