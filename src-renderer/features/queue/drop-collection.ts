/** What lies in dropped files and folders, and what of it is left out and why. No browser in here. */
import { reasonNotMedia } from "../../../src-main/core/media-endings.ts";

/** A browser's FileSystemEntry, made simple. */
export interface DroppedEntry<Content> {
  readonly name: string;
  readonly isFolder: boolean;
  content(): Promise<Content>;
  /** Of a folder, all of them. */
  children(): Promise<readonly DroppedEntry<Content>[]>;
}

export type SkipReason =
  | "hidden"
  | "no-ending"
  | "not-media"
  | "unreadable"
  | "empty"
  | "too-many"
  | "too-deep";

export interface Skipped {
  readonly path: string;
  readonly reason: SkipReason;
}

export interface Collected<Content> {
  readonly files: readonly {
    readonly path: string;
    readonly content: Content;
  }[];
  readonly skipped: readonly Skipped[];
}

/** As many sources as one request may bring. */
const maxFiles = 10_000;
/** Deeper is no collection of films but a loop. */
const maxDepth = 32;

/**
 * A file dropped itself is taken whatever it is called; of folders, the media
 * files in them and below, as people count.
 */
export async function collectDropped<Content extends { readonly size: number }>(
  entries: readonly DroppedEntry<Content>[],
): Promise<Collected<Content>> {
  const files: { path: string; content: Content }[] = [];
  const skipped: Skipped[] = [];

  const take = async (
    entry: DroppedEntry<Content>,
    folder: string,
    depth: number,
  ): Promise<void> => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    const skip = (reason: SkipReason): void =>
      void skipped.push({ path, reason });
    if (depth > 0 && entry.name.startsWith(".")) return skip("hidden");
    try {
      if (entry.isFolder) {
        if (depth >= maxDepth) return skip("too-deep");
        for (const child of inOrder(await entry.children()))
          await take(child, path, depth + 1);
        return;
      }
      const problem = depth > 0 ? nameProblem(entry.name) : null;
      if (problem !== null) return skip(problem);
      if (files.length >= maxFiles) return skip("too-many");
      const content = await entry.content();
      if (content.size === 0) skip("empty");
      else files.push({ path, content });
    } catch {
      // Vanished, or not ours to read: the others go on.
      skip("unreadable");
    }
  };

  for (const entry of entries) await take(entry, "", 0);
  return { files, skipped };
}

function inOrder<Content>(
  entries: readonly DroppedEntry<Content>[],
): readonly DroppedEntry<Content>[] {
  const collator = new Intl.Collator(undefined, { numeric: true });
  return [...entries].sort((a, b) => collator.compare(a.name, b.name));
}

/** The node's own rule, as a key for words in the window's language. */
function nameProblem(name: string): SkipReason | null {
  if (reasonNotMedia(name) === null) return null;
  if (name.startsWith(".")) return "hidden";
  return name.lastIndexOf(".") <= 0 || name.endsWith(".")
    ? "no-ending"
    : "not-media";
}
