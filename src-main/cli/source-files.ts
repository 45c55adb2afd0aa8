import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { Failure } from "../core/errors.ts";

/** Endings taken from a folder. A file that is named itself is taken whatever it is called. */
const mediaEndings = new Set(
  (
    "mkv mp4 m4v mov webm avi wmv asf flv ts m2ts mts mpg mpeg vob mxf ogv ogm " +
    "3gp 3g2 dv divx f4v rm rmvb y4m nut mka m4a mp3 aac flac wav ogg opus wma aiff"
  ).split(" "),
);
/** As many sources as one request may name. */
const maxSources = 10_000;

/**
 * Files as they are, folders with the media files in them and below, sorted;
 * all absolute. Links to folders are not followed.
 *
 * @throws Failure `source-missing`, `usage` for a folder without media or too many files.
 */
export async function findSources(named: readonly string[]): Promise<string[]> {
  const sources: string[] = [];
  for (const name of named) {
    const place = path.resolve(name);
    const found = await stat(place).catch((cause: unknown) => {
      throw new Failure("source-missing", place, { cause });
    });
    if (!found.isDirectory()) sources.push(place);
    else {
      const inside = await mediaInside(place);
      if (inside.length === 0)
        throw new Failure("usage", `There are no media files in ${place}.`);
      sources.push(...inside);
    }
    if (sources.length > maxSources)
      throw new Failure(
        "usage",
        `More than ${String(maxSources)} files at once; add them in parts.`,
      );
  }
  return [...new Set(sources)];
}

async function mediaInside(folder: string): Promise<string[]> {
  const entries = await readdir(folder, {
    withFileTypes: true,
    recursive: true,
  });
  return entries
    .filter(
      (entry) =>
        entry.isFile() &&
        !entry.name.startsWith(".") &&
        mediaEndings.has(path.extname(entry.name).slice(1).toLowerCase()),
    )
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
}
