import { Failure } from "./errors.ts";

/** What a template may be filled with. */
export interface OutputNameParts {
  /** The source's file name. */
  readonly sourceName: string;
  readonly presetName: string;
  /** Of the folder the source lies in. */
  readonly folderName: string;
  /** When the job is added; local time as people read it. */
  readonly at: {
    readonly year: number;
    readonly month: number;
    readonly day: number;
    readonly hour: number;
    readonly minute: number;
  };
  /** The file name's ending, without a dot. */
  readonly ending: string;
}

/** Names that were always good: the source's. */
export const defaultNameTemplate = "{name}";

/** The longest file name common file systems take, in UTF-8 bytes, less room for a number and a hidden name beside it. */
const maxNameBytes = 200;
/** More outputs of one name in one folder are a mistake. */
const maxNumber = 9_999;

type Word = "name" | "preset" | "folder" | "date" | "time" | "ext";
const words: Readonly<Record<Word, (parts: OutputNameParts) => string>> = {
  name: ({ sourceName }) => stemOf(sourceName),
  preset: ({ presetName }) => presetName,
  folder: ({ folderName }) => folderName,
  date: ({ at }) => `${pad(at.year, 4)}-${pad(at.month)}-${pad(at.day)}`,
  time: ({ at }) => `${pad(at.hour)}-${pad(at.minute)}`,
  ext: ({ ending }) => ending,
};

/** What is wrong with a template, for people; null: nothing. */
export function nameTemplateProblem(template: string): string | null {
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].find(
    ([, word]) => !isWord(word ?? ""),
  );
  if (unknown) return `it has ${unknown[0]}, which stands for nothing`;
  if (/[{}]/.test(template.replace(/\{[^{}]*\}/g, "")))
    return "it has a brace without its other one";
  if (/[/\\]/.test(template)) return "it names a folder";
  if (template.trim() === "") return "it is empty";
  return null;
}

/**
 * The file name of an output: the template with its words filled in, safe on
 * every file system, with the container's ending. Words: `{name}` the source's
 * name without ending, `{preset}`, `{folder}` the source's folder, `{date}` and
 * `{time}` of adding, `{ext}` the ending (added anyway when left out).
 *
 * @throws Failure `usage` for a template that `nameTemplateProblem` refuses.
 */
export function outputName(template: string, parts: OutputNameParts): string {
  const problem = nameTemplateProblem(template);
  if (problem !== null)
    throw new Failure("usage", `The name template cannot be used: ${problem}.`);
  const filled = template.replace(/\{([^{}]*)\}/g, (whole, word: string) =>
    isWord(word) ? words[word](parts) : whole,
  );
  const ending = `.${parts.ending}`;
  const stem = filled.toLowerCase().endsWith(ending.toLowerCase())
    ? filled.slice(0, -ending.length)
    : filled;
  return `${safeStem(stem)}${ending}`;
}

/**
 * A name nobody has taken: the name itself, or the first of `name (2).mkv`,
 * `name (3).mkv`, …
 *
 * @throws Failure `output-exists` when all numbers are taken.
 */
export function unusedName(
  name: string,
  isTaken: (name: string) => boolean,
): string {
  if (!isTaken(name)) return name;
  const dot = name.lastIndexOf(".");
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const ending = dot > 0 ? name.slice(dot) : "";
  for (let number = 2; number <= maxNumber; number++) {
    const numbered = `${stem} (${String(number)})${ending}`;
    if (!isTaken(numbered)) return numbered;
  }
  throw new Failure("output-exists", name);
}

/**
 * The name of a file as somebody else calls it, safe on every file system:
 * without folders, never hidden, not too long; its ending is kept.
 */
export function safeFileName(name: string): string {
  const last = name.split(/[\\/]/).at(-1) ?? "";
  const ending = /\.[A-Za-z0-9]{1,8}$/.exec(last)?.[0] ?? "";
  return `${safeStem(last.slice(0, last.length - ending.length))}${ending}`;
}

const isWord = (word: string): word is Word => Object.hasOwn(words, word);

function stemOf(fileName: string): string {
  const dot = fileName.lastIndexOf(".");
  return dot > 0 ? fileName.slice(0, dot) : fileName;
}

const pad = (value: number, digits = 2): string =>
  String(value).padStart(digits, "0");

/** Without what Windows, macOS or Linux refuse in a name; never empty, hidden, or a device's. */
function safeStem(text: string): string {
  const plain = text
    .replace(/[\p{Cc}/\\:*?"<>|]/gu, "_")
    .replace(/^[\s.]+/, "")
    .replace(/[\s.]+$/, "");
  const stem = shortened(plain === "" ? "output" : plain);
  // Names of devices in Windows, whatever their ending.
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(stem) ? `_${stem}` : stem;
}

function shortened(text: string): string {
  let bytes = 0;
  let kept = "";
  for (const letter of text) {
    bytes += utf8Bytes(letter.codePointAt(0) ?? 0);
    if (bytes > maxNameBytes) return kept.trimEnd();
    kept += letter;
  }
  return kept;
}

function utf8Bytes(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
