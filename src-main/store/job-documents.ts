import { join } from "node:path";
import { Low } from "lowdb";
import type { JobId } from "../core/identifiers.ts";
import type {
  IndexedJob,
  JobDocument,
  JournalEntry,
} from "../protocol/stored-documents.ts";
import type { JobDetails } from "../protocol/stored-job.ts";
import { backupSuffix, documentPath, DurableFile } from "./durable-file.ts";
import type { DocumentFormat } from "./durable-file.ts";
import { removeIfThere } from "./file-system.ts";
import type { FileSystem } from "./file-system.ts";
import { applyToDetails, detailsTouched, noDetails } from "./node-state.ts";
import type { NodeState } from "./node-state.ts";

interface Change {
  readonly sequence: number;
  readonly entry: JournalEntry;
}

/** Segments and events of one job: loaded, or changes waiting for the rest to be. */
interface Slot {
  loaded: JobDetails | null;
  /** Changes the document on the disk may not have; empty once loaded. */
  tail: Change[];
  isDirty: boolean;
}

/** A job's state at a snapshot, held fast while newer changes come in. */
export interface DetailsSnapshot {
  readonly indexed: IndexedJob;
  readonly loaded: JobDetails | null;
  readonly tail: readonly Change[];
}

/**
 * The jobs' own documents. They are read when first asked for and dropped
 * after a snapshot unless the job is active, so that ten thousand finished
 * jobs cost no memory. Reads and writes of one document take turns.
 */
export class JobDocuments {
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #format: DocumentFormat<JobDocument>;
  readonly #leaveDamaged: boolean;
  readonly #slots = new Map<JobId, Slot>();
  readonly #turns = new Map<JobId, Promise<unknown>>();

  constructor(
    files: FileSystem,
    dataFolder: string,
    format: DocumentFormat<JobDocument>,
    options: { readonly leaveDamaged?: boolean } = {},
  ) {
    this.#files = files;
    this.#folder = jobDocumentsFolder(dataFolder);
    this.#format = format;
    this.#leaveDamaged = options.leaveDamaged ?? false;
  }

  get dirtyCount(): number {
    return [...this.#slots.values()].filter((slot) => slot.isDirty).length;
  }

  /** Keeps the documents in step with a change already applied to `state`. */
  follow(state: NodeState, entry: JournalEntry, sequence: number): void {
    const touched = detailsTouched(entry);
    if (touched !== null && state.jobs.has(touched))
      this.apply(touched, sequence, entry);
    if (entry.op === "remove") this.forget(entry.id);
    if (entry.op !== "job") return;
    const job = state.jobs.get(entry.job.id);
    if (job?.born === sequence) this.begin(entry.job.id);
    else if (job && job.summary.count > 0)
      this.apply(entry.job.id, sequence, entry);
  }

  /** Notes a change of the job's record or details; it reaches the disk by the next snapshot. */
  apply(id: JobId, sequence: number, entry: JournalEntry): void {
    const slot = this.#slot(id);
    slot.isDirty = true;
    if (slot.loaded) slot.loaded = applyToDetails(slot.loaded, entry);
    else slot.tail.push({ sequence, entry });
  }

  /** The details if they are in memory. */
  loaded(id: JobId): JobDetails | null {
    return this.#slots.get(id)?.loaded ?? null;
  }

  /**
   * A new job has nothing on the disk worth reading, and gets its document
   * with its first segment or event: until then the index says it all.
   */
  begin(id: JobId): void {
    this.#slots.set(id, { loaded: noDetails, tail: [], isDirty: false });
  }

  /** Reads the details. Errors: `store-damaged`, `store-newer`. */
  async load(indexed: IndexedJob): Promise<JobDetails> {
    const { id } = indexed.job;
    return this.#inTurn(id, async () => {
      const known = this.#slots.get(id)?.loaded;
      if (known) return known;
      const base = await this.#read(indexed);
      const slot = this.#slot(id);
      slot.loaded = replay(base, slot.tail);
      slot.tail = [];
      return slot.loaded;
    });
  }

  /** Forgets the job; `removeFiles` follows when its removal is durable. */
  forget(id: JobId): void {
    this.#slots.delete(id);
  }

  async removeFiles(id: JobId): Promise<void> {
    await this.#inTurn(id, async () => {
      const path = documentPath(this.#folder, id);
      await removeIfThere(this.#files, path);
      await removeIfThere(this.#files, path + backupSuffix);
    });
    this.#turns.delete(id);
  }

  /** Takes what is dirty, as it stands now; `write` puts it on the disk. */
  capture(find: (id: JobId) => IndexedJob | null): DetailsSnapshot[] {
    const captured: DetailsSnapshot[] = [];
    for (const [id, slot] of this.#slots) {
      const indexed = find(id);
      if (!slot.isDirty || !indexed) continue;
      slot.isDirty = false;
      captured.push({ indexed, loaded: slot.loaded, tail: [...slot.tail] });
    }
    return captured;
  }

  /** After a snapshot that failed: all of it must be in the next one. */
  giveBack(captured: readonly DetailsSnapshot[]): void {
    for (const { indexed } of captured)
      if (this.#slots.has(indexed.job.id))
        this.#slot(indexed.job.id).isDirty = true;
  }

  /** Writes one captured document; the caller syncs the folder after the last. */
  async write(snapshot: DetailsSnapshot, sequence: number): Promise<void> {
    const { indexed, tail } = snapshot;
    const { id } = indexed.job;
    await this.#inTurn(id, async () => {
      if (!this.#slots.has(id)) return; // Removed meanwhile.
      const { born, summary, job } = indexed;
      const details =
        snapshot.loaded ?? replay(await this.#read(indexed), tail);
      const document = { sequence, born, summary, job, ...details };
      const low = new Low(this.#file(id), document);
      await low.write();
      const slot = this.#slots.get(id);
      if (!slot) return;
      slot.tail = slot.tail.filter((change) => change.sequence > sequence);
    });
  }

  syncFolder(): Promise<void> {
    return this.#files.syncFolder(this.#folder);
  }

  /** Drops from memory what can be read again. */
  release(isActive: (id: JobId) => boolean): void {
    for (const [id, slot] of this.#slots)
      if (!slot.isDirty && slot.tail.length === 0 && !isActive(id))
        this.#slots.delete(id);
  }

  async #read(
    indexed: IndexedJob,
  ): Promise<{ sequence: number; details: JobDetails }> {
    const none = { sequence: 0, details: noDetails };
    const document = await this.#file(indexed.job.id).read();
    if (!document || document.born !== indexed.born) return none;
    const { sequence, segments, events } = document;
    return { sequence, details: { segments, events } };
  }

  #file(id: JobId): DurableFile<JobDocument> {
    const path = documentPath(this.#folder, id);
    return new DurableFile(this.#files, path, this.#format, {
      syncFolder: false,
      leaveDamaged: this.#leaveDamaged,
    });
  }

  #slot(id: JobId): Slot {
    let slot = this.#slots.get(id);
    if (!slot) {
      slot = { loaded: null, tail: [], isDirty: false };
      this.#slots.set(id, slot);
    }
    return slot;
  }

  async #inTurn<T>(id: JobId, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(id);
    const turn = (async () => {
      await before?.catch(() => undefined);
      return work();
    })();
    this.#turns.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    }
  }
}

/** Where the jobs' documents lie in the data folder. */
export const jobDocumentsFolder = (dataFolder: string): string =>
  join(dataFolder, "jobs");

function replay(
  base: { sequence: number; details: JobDetails },
  tail: readonly Change[],
): JobDetails {
  return tail
    .filter((change) => change.sequence > base.sequence)
    .reduce(
      (details, change) => applyToDetails(details, change.entry),
      base.details,
    );
}
