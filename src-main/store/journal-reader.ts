/**
 * The journal: files of lines `HASH SEQUENCE DURABLE JSON`.
 *
 * HASH is the start of the SHA-256 of the rest; SEQUENCE counts up by one from
 * line to line and from file to file; DURABLE is the last sequence known to
 * have reached the disk when the line was written. So a bad line N tells what
 * it is: if any later line says that N was durable, something damaged it
 * (`store-damaged`); if none does, N was never acknowledged: a torn tail, cut.
 *
 * Each file begins with a line of its own (`first - 1`, the version), synced
 * with its folder before any change is written behind it.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { listIfThere } from "./file-system.ts";
import type { FileSystem } from "./file-system.ts";

export interface JournalLine {
  readonly sequence: number;
  readonly json: string;
  /** Version of the program's documents when it was written. */
  readonly version: number;
}

export interface JournalFile {
  /** Sequence of its first line; also its name. */
  readonly first: number;
  readonly version: number;
  readonly sizeBytes: number;
  /** Up to the end of its last line in use; 0: not even its header is whole. */
  readonly goodBytes: number;
  readonly lastSequence: number;
}

export interface JournalContents {
  /** Without a gap from `fromSequence + 1` on. */
  readonly lines: readonly JournalLine[];
  /** Of the last line, or `fromSequence` when there is none behind it. */
  readonly sequence: number;
  readonly files: readonly JournalFile[];
  /** Bytes of `lines`. */
  readonly newBytes: number;
  readonly isTorn: boolean;
  /** Set when an acknowledged line cannot be read. */
  readonly damage: string | null;
  /** Good lines behind the damage, for a repair. */
  readonly beyondDamage: readonly JournalLine[];
  readonly newerVersion: number | null;
}

const hashLength = 16;
const filePattern = /^journal-(\d{15})\.log$/;
const linePattern = /^([0-9a-f]{16}) ((\d{1,15}) (\d{1,15}) (.*))$/;

/** The journal file whose first line has the given sequence. */
export const journalPath = (folder: string, first: number): string =>
  join(folder, `journal-${String(first).padStart(15, "0")}.log`);

/** What a journal file's first line says. */
export const journalHeader = (version: number): string =>
  JSON.stringify({ reelfarm: "journal", version });

/** One line, with its line break. */
export function formatLine(
  sequence: number,
  durable: number,
  json: string,
): string {
  const text = `${sequence} ${durable} ${json}`;
  return `${hashOf(text)} ${text}\n`;
}

/** Reads the journal without changing anything. */
export async function readJournal(
  files: FileSystem,
  folder: string,
  knownVersion: number,
  fromSequence: number,
): Promise<JournalContents> {
  const scans: Scan[] = [];
  for (const { name } of await listIfThere(files, folder)) {
    const first = filePattern.exec(name)?.[1];
    if (first === undefined) continue;
    const bytes = await files.readFile(join(folder, name));
    scans.push(scan(Number(first), bytes));
  }
  scans.sort((a, b) => a.first - b.first);
  return judge(scans, knownVersion, fromSequence);
}

interface ScannedLine extends JournalLine {
  readonly durable: number;
  readonly endBytes: number;
}

interface Scan {
  readonly first: number;
  /** 0: the header is not whole. */
  readonly version: number;
  readonly headerBytes: number;
  readonly sizeBytes: number;
  /** Every line with a right hash, wherever it stands. */
  readonly lines: readonly ScannedLine[];
}

function scan(first: number, bytes: Uint8Array): Scan {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: ScannedLine[] = [];
  let version = 0;
  let headerBytes = 0;
  for (let start = 0; start < buffer.byteLength;) {
    const found = buffer.indexOf(0x0a, start);
    if (found === -1) break;
    const endBytes = found + 1;
    const line = parseLine(buffer.toString("utf8", start, found));
    if (line && start === 0 && line.sequence === first - 1) {
      version = versionOf(line.json);
      headerBytes = endBytes;
    }
    if (line) lines.push({ ...line, version, endBytes });
    start = endBytes;
  }
  return { first, version, headerBytes, sizeBytes: bytes.byteLength, lines };
}

function judge(
  scans: readonly Scan[],
  knownVersion: number,
  fromSequence: number,
): JournalContents {
  const newest = Math.max(0, ...scans.map((one) => one.version));
  const durable = scans
    .flatMap((one) => one.lines.map((line) => line.durable))
    .reduce((a, b) => Math.max(a, b), 0);
  const used = scans.map((one, index) =>
    inUse(one, scans.slice(index + 1)).map((line) => ({
      ...line,
      version: line.version || knownVersion,
    })),
  );
  const lines: ScannedLine[] = [];
  const beyond: ScannedLine[] = [];
  let sequence = fromSequence;
  for (const line of used.flat()) {
    if (line.sequence <= fromSequence) continue;
    if (line.sequence === sequence + 1 && beyond.length === 0) {
      lines.push(line);
      sequence = line.sequence;
    } else beyond.push(line);
  }
  // A header is synced before any line: it cannot be torn where lines are whole.
  const headless = scans.find(
    (one) => one.version === 0 && one.lines.length > 0,
  );
  const isDamaged = durable > sequence || headless !== undefined;
  return {
    lines,
    sequence,
    files: scans.map((one, index) => fileOf(one, used[index] ?? [], sequence)),
    newBytes: lines.reduce((sum, line) => sum + line.json.length, 0),
    isTorn: !isDamaged && isTorn(scans, used, sequence),
    damage: !isDamaged
      ? null
      : durable > sequence
        ? `line ${sequence + 1} is missing or unreadable`
        : "the head of a file is unreadable",
    beyondDamage: isDamaged ? beyond : [],
    newerVersion: newest > knownVersion ? newest : null,
  };
}

/** A file's lines but the header, up to where the next whole file takes over. */
function inUse(one: Scan, later: readonly Scan[]): ScannedLine[] {
  const next = later.find((other) => other.version > 0);
  return one.lines.filter(
    (line) =>
      line.sequence >= one.first &&
      (next === undefined || line.sequence < next.first),
  );
}

function fileOf(
  one: Scan,
  used: readonly ScannedLine[],
  sequence: number,
): JournalFile {
  const last = used.findLast((line) => line.sequence <= sequence);
  return {
    first: one.first,
    version: one.version,
    sizeBytes: one.sizeBytes,
    goodBytes: one.version === 0 ? 0 : (last?.endBytes ?? one.headerBytes),
    lastSequence: last?.sequence ?? one.first - 1,
  };
}

function isTorn(
  scans: readonly Scan[],
  used: readonly ScannedLine[][],
  sequence: number,
): boolean {
  return scans.some((one, index) => {
    const { goodBytes } = fileOf(one, used[index] ?? [], sequence);
    return index === scans.length - 1 && goodBytes < one.sizeBytes;
  });
}

function parseLine(
  text: string,
): { sequence: number; durable: number; json: string } | null {
  const match = linePattern.exec(text);
  if (!match) return null;
  const [, hash, content, sequence, durable, json] = match;
  if (content === undefined || json === undefined) return null;
  if (hashOf(content) !== hash) return null;
  return { sequence: Number(sequence), durable: Number(durable), json };
}

function versionOf(json: string): number {
  try {
    const header: unknown = JSON.parse(json);
    if (typeof header !== "object" || header === null) return 0;
    const version = "version" in header ? header.version : 0;
    return typeof version === "number" ? version : 0;
  } catch {
    return 0;
  }
}

const hashOf = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, hashLength);
