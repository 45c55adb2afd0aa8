/** Reading a store that may be damaged as far as it goes, and making it whole again. */
import { randomUUID } from "node:crypto";
import { Low } from "lowdb";
import { jobId } from "../core/identifiers.ts";
import type { JobId } from "../core/identifiers.ts";
import { defaultSettings } from "../protocol/settings.ts";
import type {
  IndexDocument,
  IndexedJob,
  JournalEntry,
} from "../protocol/stored-documents.ts";
import type { JobDetails } from "../protocol/stored-job.ts";
import {
  backupSuffix,
  damagedSuffix,
  documentPath,
  DurableFile,
} from "./durable-file.ts";
import { listIfThere } from "./file-system.ts";
import type { FileSystem } from "./file-system.ts";
import { JobDocuments, jobDocumentsFolder } from "./job-documents.ts";
import { journalPath, readJournal } from "./journal-reader.ts";
import type { JournalContents, JournalLine } from "./journal-reader.ts";
import {
  currentSchema,
  indexFormat,
  jobFormat,
  parseEntry,
} from "./migrations.ts";
import { applyEntry, indexOf, nodeStateOf } from "./node-state.ts";
import type { NodeState } from "./node-state.ts";
import { indexPath } from "./index-file.ts";

export interface Salvage {
  readonly index: {
    readonly path: string;
    /** `none`: a new, empty folder. */
    readonly state: "good" | "backup" | "lost" | "none";
  };
  readonly journal: JournalContents;
  readonly state: NodeState;
  readonly documents: JobDocuments;
  /** Text for people when the store is of a newer version. */
  readonly newer: string | null;
  /** Nothing where the job's document is damaged. */
  detailsOf(id: JobId): Promise<JobDetails>;
}

/** Reads what can be read; changes nothing. */
export async function readSalvage(
  files: FileSystem,
  folder: string,
): Promise<Salvage> {
  const found = await findIndex(files, folder);
  const base = found.index ?? (await rebuiltIndex(files, folder));
  const { version } = currentSchema;
  const journal = await readJournal(files, folder, version, base.sequence);
  const hasJournal = journal.files.length > 0;
  const isNew =
    found.state === "lost" &&
    found.isMissing &&
    !hasJournal &&
    base.jobs.length === 0;
  const state = nodeStateOf(base);
  const documents = new JobDocuments(files, folder, jobFormat(currentSchema), {
    leaveDamaged: true,
  });
  for (const line of [...journal.lines, ...journal.beyondDamage])
    applyReadable(state, documents, line);
  const newerVersion = found.newer ?? journal.newerVersion;
  return {
    index: { path: indexPath(folder), state: isNew ? "none" : found.state },
    journal,
    state,
    documents,
    newer: newerVersion === null ? null : `version ${String(newerVersion)}`,
    async detailsOf(id) {
      const job = state.jobs.get(id);
      const none: JobDetails = { segments: [], events: [] };
      return job ? documents.load(job).catch(() => none) : none;
    },
  };
}

/** Writes what was read as a whole store; what was damaged is set aside. */
export async function writeSalvage(
  files: FileSystem,
  folder: string,
  salvage: Salvage,
): Promise<void> {
  const { state, documents, journal } = salvage;
  const all = [...journal.lines, ...journal.beyondDamage];
  const sequence = Math.max(
    journal.sequence,
    ...[...state.jobs.values()].map((one) => one.born),
    ...all.map((line) => line.sequence),
    ...journal.files.map((file) => file.lastSequence),
    await newestDocument(files, folder),
  );
  const find = (id: JobId): IndexedJob | null => state.jobs.get(id) ?? null;
  for (const one of documents.capture(find))
    await documents.write(one, sequence);
  await documents.syncFolder();
  const file = new DurableFile(
    files,
    indexPath(folder),
    indexFormat(currentSchema),
  );
  if ((await file.inspect(backupSuffix)).kind === "damaged")
    await file.setAside(backupSuffix);
  await new Low<IndexDocument>(file, indexOf(state, sequence)).write();
  for (const { first } of journal.files) {
    const path = journalPath(folder, first);
    await files.rename(path, `${path}.${randomUUID()}${damagedSuffix}`);
  }
  await files.syncFolder(folder);
}

async function findIndex(
  files: FileSystem,
  folder: string,
): Promise<{
  state: "good" | "backup" | "lost";
  isMissing: boolean;
  index: IndexDocument | null;
  newer: number | null;
}> {
  const file = new DurableFile(
    files,
    indexPath(folder),
    indexFormat(currentSchema),
  );
  const primary = await file.inspect();
  const backup = await file.inspect(backupSuffix);
  const newer =
    primary.kind === "newer"
      ? primary.version
      : primary.kind !== "good" && backup.kind === "newer"
        ? backup.version
        : null;
  const isMissing = primary.kind === "missing" && backup.kind === "missing";
  if (primary.kind === "good")
    return { state: "good", isMissing, index: primary.data, newer };
  if (backup.kind === "good")
    return { state: "backup", isMissing, index: backup.data, newer };
  return { state: "lost", isMissing, index: null, newer };
}

/** From the jobs' documents, oldest job first: the queue's own order is lost. */
async function rebuiltIndex(
  files: FileSystem,
  folder: string,
): Promise<IndexDocument> {
  const jobs: IndexedJob[] = [];
  for (const document of await readableDocuments(files, folder)) {
    const { born, summary, job } = document;
    jobs.push({ born, summary, job });
  }
  jobs.sort((a, b) => a.job.createdAtMs - b.job.createdAtMs);
  return { sequence: 0, settings: defaultSettings, attempts: [], jobs };
}

async function newestDocument(
  files: FileSystem,
  folder: string,
): Promise<number> {
  const documents = await readableDocuments(files, folder);
  return documents.reduce((max, one) => Math.max(max, one.sequence), 0);
}

async function readableDocuments(
  files: FileSystem,
  folder: string,
): Promise<(IndexedJob & { sequence: number })[]> {
  const jobsFolder = jobDocumentsFolder(folder);
  const found: (IndexedJob & { sequence: number })[] = [];
  const names = (await listIfThere(files, jobsFolder)).map((one) => one.name);
  for (const id of new Set(names.map((name) => name.split(".json")[0] ?? ""))) {
    const path = documentPath(jobsFolder, jobId(id));
    const file = new DurableFile(files, path, jobFormat(currentSchema));
    const primary = await file.inspect();
    const state =
      primary.kind === "good" ? primary : await file.inspect(backupSuffix);
    if (state.kind === "good") found.push(state.data);
  }
  return found;
}

function applyReadable(
  state: NodeState,
  documents: JobDocuments,
  line: JournalLine,
): void {
  let entry: JournalEntry;
  try {
    entry = parseEntry(currentSchema, line.json, line.version, state.settings);
  } catch {
    return; // A change no version of this program wrote.
  }
  applyEntry(state, entry, line.sequence);
  documents.follow(state, entry, line.sequence);
}
