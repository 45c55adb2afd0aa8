import { join } from "node:path";
import { assert } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import type { AttemptId, JobId, TaskId } from "../core/identifiers.ts";
import { settingsSchema } from "../protocol/settings.ts";
import { journalEntrySchema } from "../protocol/stored-documents.ts";
import type { Settings } from "../protocol/settings.ts";
import type { IndexedJob, JournalEntry } from "../protocol/stored-documents.ts";
import type {
  JobDetails,
  JobEvent,
  JobRecord,
  StoredAttempt,
  StoredJob,
  StoredSegment,
} from "../protocol/stored-job.ts";
import { temporarySuffix } from "./durable-file.ts";
import {
  diskFileSystem,
  listIfThere,
  removeIfThere,
  writeFailure,
} from "./file-system.ts";
import type { FileSystem } from "./file-system.ts";
import { takeFolderLock } from "./folder-lock.ts";
import type { FolderLock } from "./folder-lock.ts";
import { openIndexFile } from "./index-file.ts";
import type { IndexFile } from "./index-file.ts";
import { jobDocumentsFolder, JobDocuments } from "./job-documents.ts";
import { openJournal } from "./journal.ts";
import type { Journal } from "./journal.ts";
import { currentSchema, jobFormat, parseEntry } from "./migrations.ts";
import type { StoreSchema } from "./migrations.ts";
import {
  applyEntry,
  applyToDetails,
  indexOf,
  nodeStateOf,
  summaryOf,
} from "./node-state.ts";
import type { NodeState } from "./node-state.ts";

/**
 * All a node remembers. Every change is visible at once; its promise resolves
 * when it would survive a kill or a power cut. Rejections: `disk-full` and
 * `store-unwritable` (the change is kept in memory and written with the next
 * one that succeeds), `job-unknown`, `usage` (settings out of bounds).
 */
export interface NodeStore {
  readonly folder: string;
  readonly settings: Settings;
  updateSettings(change: Partial<Settings>): Promise<void>;
  /** Queue order. The same array until a job changes. */
  jobs(): readonly StoredJob[];
  job(id: JobId): StoredJob | null;
  /** Finished segments and events, read from the disk when not in memory. */
  jobDetails(id: JobId): Promise<JobDetails>;
  /** Changes the job, or adds it at the end of the queue. Ids are never used again. */
  putJob(job: JobRecord): Promise<void>;
  /** Null: to the end. */
  moveJob(id: JobId, beforeId: JobId | null): Promise<void>;
  /** Also removes its segments' records and attempts, not its work folder. */
  removeJob(id: JobId): Promise<void>;
  /**
   * A finished, verified segment; replaces an earlier one of the same task and
   * stage. For a job whose details are not in memory (not active, not read
   * lately) it takes effect once they are read: await it before what depends on it.
   */
  recordSegment(jobId: JobId, segment: StoredSegment): Promise<void>;
  /** Forgets segments: of one stage, of these tasks, or all. */
  dropSegments(
    jobId: JobId,
    which?: { stage?: number; taskIds?: readonly TaskId[] },
  ): Promise<void>;
  /** Only the latest `maxJobEvents` are kept. */
  recordEvent(jobId: JobId, event: JobEvent): Promise<void>;
  /** Attempts given out and not ended. */
  attempts(): readonly StoredAttempt[];
  recordAttempt(attempt: StoredAttempt): Promise<void>;
  endAttempt(attemptId: AttemptId): Promise<void>;
  /** Resolves when everything changed so far is durable. */
  flush(): Promise<void>;
  /** Flushes, and lets another process open the folder. */
  close(): Promise<void>;
}

export interface NodeStoreOptions {
  readonly files?: FileSystem;
  readonly schema?: StoreSchema;
  /** Settings of a store that is made new. */
  readonly initialSettings?: Partial<Settings>;
  /** The journal is folded into the documents when it is this long. */
  readonly journalLimitBytes?: number;
}

/** Replays in well under a tenth of a second; some ten thousand changes. */
const defaultJournalLimitBytes = 4 * 1024 * 1024;
/** Closing folds the journal into documents when that is quick. */
const maxDirtyAtClose = 64;

/**
 * Opens (or makes) the data folder's store and locks it. Errors:
 * `node-already-running`, `store-damaged` (run the doctor), `store-newer`,
 * `disk-full`, `store-unwritable`; after any of them nothing was lost.
 */
export async function openNodeStore(
  folder: string,
  options: NodeStoreOptions = {},
): Promise<NodeStore> {
  const files = options.files ?? diskFileSystem;
  try {
    await files.makeFolder(jobDocumentsFolder(folder));
  } catch (error) {
    throw writeFailure(error);
  }
  const lock = await takeFolderLock(files, folder);
  try {
    return await openLocked(files, folder, lock, options);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function openLocked(
  files: FileSystem,
  folder: string,
  lock: FolderLock,
  options: NodeStoreOptions,
): Promise<NodeStore> {
  const schema = options.schema ?? currentSchema;
  await removeTemporaries(files, folder);
  const index = await openIndexFile(
    files,
    folder,
    schema,
    options.initialSettings,
  );
  const { sequence } = index.data;
  const opened = await openJournal(files, folder, schema.version, sequence);
  const documents = new JobDocuments(files, folder, jobFormat(schema));
  const state = nodeStateOf(index.data);
  for (const line of opened.lines) {
    const entry = parseEntry(schema, line.json, line.version, state.settings);
    applyEntry(state, entry, line.sequence);
    documents.follow(state, entry, line.sequence);
  }
  return new OpenStore({
    folder,
    lock,
    index,
    documents,
    state,
    journal: opened.journal,
    journalLimitBytes: options.journalLimitBytes ?? defaultJournalLimitBytes,
  });
}

/** What writes that never finished left behind; nothing refers to them. */
async function removeTemporaries(
  files: FileSystem,
  folder: string,
): Promise<void> {
  for (const one of [folder, jobDocumentsFolder(folder)])
    for (const { name } of await listIfThere(files, one))
      if (name.endsWith(temporarySuffix))
        await removeIfThere(files, join(one, name));
}

/** A large index is rewritten less often, so that a change costs the same. */
export const journalLimitFor = (
  indexBytes: number,
  leastBytes = defaultJournalLimitBytes,
): number => Math.max(leastBytes, indexBytes / 2);

interface OpenParts {
  readonly folder: string;
  readonly lock: FolderLock;
  readonly index: IndexFile;
  readonly documents: JobDocuments;
  readonly state: NodeState;
  readonly journal: Journal;
  readonly journalLimitBytes: number;
}

class OpenStore implements NodeStore {
  readonly folder: string;
  readonly #parts: OpenParts;
  readonly #state: NodeState;
  #jobs: readonly StoredJob[] | null = null;
  #snapshot: Promise<void> | null = null;
  #isClosed = false;

  constructor(parts: OpenParts) {
    this.folder = parts.folder;
    this.#parts = parts;
    this.#state = parts.state;
  }

  get settings(): Settings {
    return this.#state.settings;
  }

  async updateSettings(change: Partial<Settings>): Promise<void> {
    const result = settingsSchema.safeParse({ ...this.settings, ...change });
    if (!result.success) {
      const where = result.error.issues[0]?.path.join(".") ?? "";
      throw new Failure("usage", `The setting ${where} cannot be that.`);
    }
    await this.#change({ op: "settings", change });
  }

  jobs(): readonly StoredJob[] {
    this.#jobs ??= this.#state.order.flatMap(
      (id) => this.#state.jobs.get(id)?.view ?? [],
    );
    return this.#jobs;
  }

  job(id: JobId): StoredJob | null {
    return this.#state.jobs.get(id)?.view ?? null;
  }

  async jobDetails(id: JobId): Promise<JobDetails> {
    for (;;) {
      const job = this.#known(id);
      const loaded = this.#parts.documents.loaded(id);
      if (loaded) return loaded;
      await this.#parts.documents.load(job);
    }
  }

  async putJob(job: JobRecord): Promise<void> {
    await this.#change({ op: "job", job: withoutSummary(job) });
  }

  async moveJob(id: JobId, beforeId: JobId | null): Promise<void> {
    this.#known(id);
    if (beforeId !== null) this.#known(beforeId);
    await this.#change({ op: "move", id, before: beforeId });
  }

  async removeJob(id: JobId): Promise<void> {
    this.#known(id);
    await this.#change({ op: "remove", id });
    // What a failure leaves here, the doctor finds.
    await this.#parts.documents.removeFiles(id).catch(() => undefined);
  }

  async recordSegment(jobId: JobId, segment: StoredSegment): Promise<void> {
    await this.#changeSegments(jobId, { op: "segment", id: jobId, segment });
  }

  async dropSegments(
    jobId: JobId,
    which: { stage?: number; taskIds?: readonly TaskId[] } = {},
  ): Promise<void> {
    await this.#changeSegments(jobId, {
      op: "segments-dropped",
      id: jobId,
      stage: which.stage ?? null,
      taskIds: which.taskIds ?? null,
    });
  }

  async recordEvent(jobId: JobId, event: JobEvent): Promise<void> {
    this.#known(jobId);
    await this.#change({ op: "event", id: jobId, event });
  }

  attempts(): readonly StoredAttempt[] {
    return [...this.#state.attempts.values()];
  }

  async recordAttempt(attempt: StoredAttempt): Promise<void> {
    this.#known(attempt.jobId);
    await this.#change({ op: "attempt", attempt });
  }

  async endAttempt(attemptId: AttemptId): Promise<void> {
    // Ended before: that may not have reached the disk yet.
    if (!this.#state.attempts.has(attemptId)) return this.flush();
    await this.#change({ op: "attempt-ended", attemptId });
  }

  flush(): Promise<void> {
    return this.#parts.journal.flush();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { journal, documents, lock } = this.#parts;
    try {
      await this.#snapshot;
      const isBehind = journal.sequence > this.#parts.index.data.sequence;
      if (isBehind && documents.dirtyCount <= maxDirtyAtClose)
        await this.#takeSnapshot();
      await journal.close();
    } finally {
      await lock.release();
    }
  }

  #known(id: JobId): IndexedJob {
    const job = this.#state.jobs.get(id);
    if (!job) throw new Failure("job-unknown", id);
    return job;
  }

  /** The sums after the change go with it, so a restart need not load the job's document. */
  async #changeSegments(id: JobId, change: SegmentChange): Promise<void> {
    const summary = this.#known(id).summary;
    // From here to #change nothing else may run: load first, then look again.
    while (!this.#parts.documents.loaded(id)) await this.jobDetails(id);
    const details = this.#parts.documents.loaded(id);
    assert(details, "details are loaded");
    const next = applyToDetails(details, { ...change, summary });
    await this.#change({ ...change, summary: summaryOf(next.segments) });
  }

  async #change(entry: JournalEntry): Promise<void> {
    assert(!this.#isClosed, "change of a closed store");
    // What would be refused at the next start must not be written.
    journalEntrySchema.parse(entry);
    const { journal, documents } = this.#parts;
    const done = journal.append(JSON.stringify(entry));
    applyEntry(this.#state, entry, journal.sequence);
    documents.follow(this.#state, entry, journal.sequence);
    this.#jobs = null;
    await done;
    this.#snapshotIfDue();
  }

  #snapshotIfDue(): void {
    const { journal, index, journalLimitBytes } = this.#parts;
    const limit = journalLimitFor(index.adapter.sizeBytes, journalLimitBytes);
    if (this.#isClosed || this.#snapshot || journal.bytes < limit) return;
    this.#snapshot = this.#takeSnapshot()
      // The journal keeps everything; the next one is due after as many bytes again.
      .catch(() => undefined)
      .finally(() => {
        this.#snapshot = null;
      });
  }

  /** Folds the journal into the documents of changed jobs, then the index, then drops old files. */
  async #takeSnapshot(): Promise<void> {
    const { journal, documents, index } = this.#parts;
    const { sequence } = journal;
    const find = (id: JobId): IndexedJob | null =>
      this.#state.jobs.get(id) ?? null;
    const captured = documents.capture(find);
    const newIndex = indexOf(this.#state, sequence);
    const oldSequence = index.data.sequence;
    try {
      await journal.rotate();
      for (const one of captured) await documents.write(one, sequence);
      if (captured.length > 0) await documents.syncFolder();
      index.data = newIndex;
      await index.write();
    } catch (error) {
      documents.giveBack(captured);
      throw error;
    }
    documents.release((id) => this.#state.jobs.get(id)?.job.state === "active");
    // The old index is the backup now and needs the journal behind it.
    await journal.removeUpTo(oldSequence);
  }
}

type SegmentChange =
  | Omit<Extract<JournalEntry, { op: "segment" }>, "summary">
  | Omit<Extract<JournalEntry, { op: "segments-dropped" }>, "summary">;

/** A listed job may be handed back as it is; its sums are the store's own. */
function withoutSummary(job: JobRecord): JobRecord {
  const record: JobRecord & { segmentSummary?: unknown } = { ...job };
  delete record.segmentSummary;
  return record;
}
