import type { Skipped } from "./drop-collection.ts";

/** What is about to be added, before a person has said how. */
export interface AddDraft {
  /** As the node sees them: files, and folders for all in them. */
  readonly paths: readonly string[];
  /** A browser's own files, to be sent first. */
  readonly files: readonly { readonly path: string; readonly content: File }[];
  readonly skipped: readonly Skipped[];
}

export const emptyDraft: AddDraft = { paths: [], files: [], skipped: [] };

/** Both together, each path once. */
export function joinedDrafts(one: AddDraft, other: AddDraft): AddDraft {
  return {
    paths: [...new Set([...one.paths, ...other.paths])],
    files: [...one.files, ...other.files],
    skipped: [...one.skipped, ...other.skipped],
  };
}

/** The last part of a path of any system. */
export function fileNameOf(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== "") ?? path;
}

/** All but its last part. */
export function folderOf(path: string): string {
  const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  // The root, and a drive's, keep their stroke.
  if (cut < 0) return path;
  return /^([A-Za-z]:)?[/\\]$/.test(path.slice(0, cut + 1))
    ? path.slice(0, cut + 1)
    : path.slice(0, cut);
}
