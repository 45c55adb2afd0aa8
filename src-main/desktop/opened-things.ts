/** What the app was opened with: by a link, a double click, or words on a command line. */
import path from "node:path";
import type { OpenedThing } from "../protocol/shell-contract.ts";

export const linkScheme = "reelfarm";
/** As many as the contract takes at once, and as long. */
const maxFiles = 10_000;
const maxLinkCharacters = 2048;
const maxPathCharacters = 4096;

/** Only join links are known; anything else of a foreign page's making is dropped. */
export function openedLink(text: string): OpenedThing | null {
  if (text.length > maxLinkCharacters) return null;
  return /^reelfarm:\/\/join\/?\?[\x21-\x7e]+$/i.test(text)
    ? { kind: "link", link: text }
    : null;
}

/**
 * From the words after the program's own; relative files are relative to the
 * folder they were typed in. Words that start with a dash are Chromium's or ours.
 */
export function openedByWords(
  words: readonly string[],
  folder: string,
): OpenedThing[] {
  const links: OpenedThing[] = [];
  const paths: string[] = [];
  for (const word of words) {
    if (word === "" || word.startsWith("-")) continue;
    if (/^[a-z][a-z0-9+.-]+:\/\//i.test(word)) {
      const link = openedLink(word);
      if (link !== null) links.push(link);
    } else if (word.length <= maxPathCharacters && paths.length < maxFiles)
      paths.push(path.resolve(folder, word));
  }
  return paths.length === 0 ? links : [...links, { kind: "files", paths }];
}

/** The words people gave: without the program, and without the app's folder where Electron itself was started. */
export function ownWords(
  argv: readonly string[],
  isDefaultApp: boolean,
): readonly string[] {
  const words = argv.slice(1);
  if (!isDefaultApp) return words;
  // Chromium's switches may come before the folder.
  const appAt = words.findIndex((word) => !word.startsWith("-"));
  return words.filter((_, at) => at !== appAt);
}

/** The value of `--name=value` among the words. */
export function wordValue(
  words: readonly string[],
  name: string,
): string | null {
  const prefix = `--${name}=`;
  return (
    words.find((word) => word.startsWith(prefix))?.slice(prefix.length) ?? null
  );
}
