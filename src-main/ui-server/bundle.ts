/**
 * The files of the user interface. Only what was found in the bundle folder
 * when the server started can be served: a request is looked up by name, no
 * path is ever built from what somebody sent.
 */
import { readdir } from "node:fs/promises";
import path from "node:path";

export interface BundleFile {
  readonly file: string;
  readonly contentType: string;
  /** Its name holds a hash of its content: it never changes. */
  readonly isImmutable: boolean;
}

/** By request path, e.g. `/assets/main-1a2b.js`. */
export type Bundle = ReadonlyMap<string, BundleFile>;

/** More files than any bundle of ours has; a wrong folder is not walked to its end. */
const maxFiles = 5_000;

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/** Lists the servable files: known types, regular files, no links, no dot files. Empty without a folder. */
export async function readBundle(folder: string | undefined): Promise<Bundle> {
  const bundle = new Map<string, BundleFile>();
  if (folder === undefined) return bundle;
  const open = [""];
  while (open.length > 0 && bundle.size < maxFiles) {
    const inside = open.pop() ?? "";
    const entries = await readdir(path.join(folder, inside), {
      withFileTypes: true,
    }).catch(() => []);
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      const name = `${inside}/${entry.name}`;
      const contentType = contentTypes[path.extname(entry.name).toLowerCase()];
      if (entry.isDirectory()) open.push(name);
      else if (entry.isFile() && contentType !== undefined)
        bundle.set(name, {
          file: path.join(folder, name),
          contentType,
          isImmutable: name.startsWith("/assets/"),
        });
    }
  }
  return bundle;
}

/** The file a request path means; `/` is the page itself. */
export function findInBundle(
  bundle: Bundle,
  requestPath: string,
): BundleFile | null {
  let name: string;
  try {
    name = decodeURIComponent(requestPath);
  } catch {
    return null;
  }
  return bundle.get(name === "/" ? "/index.html" : name) ?? null;
}
