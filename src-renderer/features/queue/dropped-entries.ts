/** What a browser says was dropped, in the words of drop-collection.ts. */
import type { DroppedEntry } from "./drop-collection.ts";

/** Must be asked for while the drop event is handled: afterwards the browser has forgotten. */
export function droppedEntries(transfer: DataTransfer): DroppedEntry<File>[] {
  const entries: DroppedEntry<File>[] = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry();
    const file = item.getAsFile();
    if (entry !== null) entries.push(fromEntry(entry));
    else if (file !== null) entries.push(fromFile(file));
  }
  return entries;
}

/** Files of a file input. */
export function fromFile(file: File): DroppedEntry<File> {
  return {
    name: file.name,
    isFolder: false,
    content: () => Promise.resolve(file),
    children: () => Promise.resolve([]),
  };
}

function fromEntry(entry: FileSystemEntry): DroppedEntry<File> {
  return {
    name: entry.name,
    isFolder: entry.isDirectory,
    content: () =>
      new Promise((resolve, reject) => {
        (entry as FileSystemFileEntry).file(resolve, reject);
      }),
    children: async () => {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      const all: DroppedEntry<File>[] = [];
      // A browser gives a hundred at a time, and none at the end.
      for (;;) {
        const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
          reader.readEntries(resolve, reject);
        });
        if (some.length === 0) return all;
        all.push(...some.map(fromEntry));
      }
    },
  };
}
