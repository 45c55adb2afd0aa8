import { readFile, stat } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";

/** Where a person looks for films: the folder for videos of this system, else their home. */
export async function videosFolder(): Promise<string> {
  const home = os.homedir();
  const candidates =
    process.platform === "darwin"
      ? [join(home, "Movies")]
      : [await namedFolder(home), join(home, "Videos")];
  for (const folder of candidates) {
    if (folder === null) continue;
    const isThere = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isThere) return folder;
  }
  return home;
}

/** By the words of xdg-user-dirs; elsewhere there is no such file. */
async function namedFolder(home: string): Promise<string | null> {
  const config = process.env["XDG_CONFIG_HOME"] ?? join(home, ".config");
  const text = await readFile(join(config, "user-dirs.dirs"), "utf8").catch(
    () => "",
  );
  const named = /^XDG_VIDEOS_DIR="([^"]+)"/m.exec(text)?.[1];
  return named?.replace(/^\$HOME/, home) ?? null;
}
