import { readdir, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { Failure } from "../core/errors.ts";
import { jobId } from "../core/identifiers.ts";
import type { JobId } from "../core/identifiers.ts";
import type { JobDocument } from "../protocol/stored-documents.ts";
import type { StoredSegment } from "../protocol/stored-job.ts";
import {
  backupSuffix,
  damagedSuffix,
  documentPath,
  DurableFile,
  temporarySuffix,
} from "./durable-file.ts";
import type { DocumentState } from "./durable-file.ts";
import { diskFileSystem, listIfThere, removeIfThere } from "./file-system.ts";
import type { FileSystem } from "./file-system.ts";
import type { Finding, FindingKind } from "./finding.ts";
import { folderHolder, takeFolderLock } from "./folder-lock.ts";
import { jobDocumentsFolder } from "./job-documents.ts";
import { workFolder } from "./job-folder.ts";
import { currentSchema, indexFormat, jobFormat } from "./migrations.ts";
import { openNodeStore } from "./node-store.ts";
import { readSalvage, writeSalvage } from "./salvage.ts";
import type { Salvage } from "./salvage.ts";

export interface CheckOptions {
  /** Put right what can be; damaged files are set aside, never removed. */
  readonly repair?: boolean;
  /** Remove leftovers. */
  readonly clean?: boolean;
}

export interface CheckReport {
  /** No node has ever stored anything there. */
  readonly isEmpty: boolean;
  readonly findings: readonly Finding[];
  /** Bytes the leftovers use (or used, once cleaned). */
  readonly leftoverBytes: number;
}

/**
 * Looks through a data folder's store; changes nothing unless asked to. With
 * `repair` or `clean` no node may be running there (`node-already-running`).
 */
export async function checkStore(
  folder: string,
  options: CheckOptions = {},
): Promise<CheckReport> {
  const changes = options.repair === true || options.clean === true;
  const files = diskFileSystem;
  const holder = await folderHolder(files, folder);
  if (changes && holder !== null)
    throw new Failure("node-already-running", folder);
  const check = new Check(files, folder);
  if (holder !== null)
    check.add(
      "node-running",
      "note",
      folder,
      "A node is running here.",
      "none",
    );
  const salvage = await check.run();
  if (changes && salvage) await check.act(salvage, options);
  const { findings } = check;
  const leftovers = findings.filter((one) => one.remedy === "clean");
  return {
    isEmpty: salvage?.index.state === "none",
    findings,
    leftoverBytes: leftovers.reduce((sum, one) => sum + one.sizeBytes, 0),
  };
}

class Check {
  findings: Finding[] = [];
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #missing = new Map<JobId, StoredSegment[]>();
  readonly #lost: JobId[] = [];
  /** Jobs of whose documents only the backup is good. */
  readonly #fromBackup: JobId[] = [];

  constructor(files: FileSystem, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /** Null: the store is from a newer version. */
  async run(): Promise<Salvage | null> {
    const salvage = await readSalvage(this.#files, this.#folder);
    if (salvage.newer !== null) {
      const text = `Written by a newer version of Reelfarm (${salvage.newer}). Install that version.`;
      this.add("store-newer", "error", this.#folder, text, "none");
      return null;
    }
    const newer = await this.#newerDocument();
    if (newer !== null) {
      const text =
        "A job's document was written by a newer version of Reelfarm. Install that version.";
      this.add("store-newer", "error", newer, text, "none");
      return null;
    }
    this.#judgeIndex(salvage);
    await this.#checkDocuments(salvage);
    for (const folder of [this.#folder, jobDocumentsFolder(this.#folder)])
      await this.#listLeftovers(folder);
    await this.#checkWork(salvage);
    await this.#checkAddress();
    return salvage;
  }

  add(
    kind: FindingKind,
    severity: Finding["severity"],
    path: string,
    text: string,
    remedy: Finding["remedy"],
    sizeBytes = 0,
  ): void {
    const shown = relative(this.#folder, path);
    this.findings.push({
      kind,
      severity,
      path: shown === "" ? "." : shown,
      sizeBytes,
      text,
      remedy,
      done: false,
    });
  }

  async act(salvage: Salvage, options: CheckOptions): Promise<void> {
    if (options.repair === true) await this.#repair(salvage);
    if (options.clean === true) await this.#clean();
  }

  #judgeIndex({ index, journal }: Salvage): void {
    if (index.state === "backup") {
      const text =
        "The list of jobs is damaged; its backup and the journal have everything.";
      this.add("index-damaged", "warning", index.path, text, "itself");
    }
    if (index.state === "lost") {
      const text =
        "The list of jobs and its backup are damaged. A repair makes it again from the jobs' documents; settings and paired devices are lost.";
      this.add("index-lost", "error", index.path, text, "repair");
    }
    if (journal.isTorn) {
      const text = "The journal ends in the middle of a line: nothing is lost.";
      this.add("journal-torn", "note", this.#folder, text, "itself");
    }
    if (journal.damage !== null && index.state !== "lost") {
      const text = `The journal is damaged (${journal.damage}). A repair keeps every change that can still be read; a job whose line is lost must be added again.`;
      this.add("journal-damaged", "error", this.#folder, text, "repair");
    }
  }

  /** Written before the list of jobs was lost or taken from its older backup. */
  async #newerDocument(): Promise<string | null> {
    const folder = jobDocumentsFolder(this.#folder);
    for (const { name } of await listIfThere(this.#files, folder))
      for (const id of idOfDocument(name)) {
        const suffix = name.endsWith(backupSuffix) ? backupSuffix : "";
        const { kind } = await this.#document(id).inspect(suffix);
        if (kind === "newer") return join(folder, name);
      }
    return null;
  }

  async #checkAddress(): Promise<void> {
    if (this.findings.some((one) => one.kind === "node-running")) return;
    const path = join(this.#folder, "ui.json");
    const sizeBytes = await sizeOf(path);
    if (sizeBytes === 0) return;
    const text = "The address of a node that is not running any more.";
    this.add("address-stale", "note", path, text, "clean", sizeBytes);
  }

  async #checkDocuments({ state }: Salvage): Promise<void> {
    const folder = jobDocumentsFolder(this.#folder);
    const names = (await listIfThere(this.#files, folder)).map(
      (one) => one.name,
    );
    const ids = new Set(names.flatMap((name) => idOfDocument(name)));
    for (const id of ids) {
      const path = documentPath(folder, id);
      if (!state.jobs.has(id)) {
        const text = "Belongs to a job that is not in the queue.";
        this.add(
          "job-unlisted",
          "note",
          path,
          text,
          "clean",
          await sizeOf(path),
        );
        continue;
      }
      const file = this.#document(id);
      const [primary, backup] = [
        await file.inspect(),
        await file.inspect(backupSuffix),
      ];
      if (primary.kind === "good") continue;
      this.#judgeDocument(id, path, backup);
    }
  }

  #judgeDocument(
    id: JobId,
    path: string,
    backup: DocumentState<JobDocument>,
  ): void {
    if (backup.kind === "good") {
      this.#fromBackup.push(id);
      const text =
        "A job's document is damaged; its backup is used. Segments it does not list are encoded again.";
      this.add("job-damaged", "warning", path, text, "itself");
      return;
    }
    this.#lost.push(id);
    const text =
      "A job's document and its backup are damaged. A repair forgets its finished segments, so that they are encoded again.";
    this.add("job-lost", "error", path, text, "repair");
  }

  async #listLeftovers(folder: string): Promise<void> {
    for (const { name } of await listIfThere(this.#files, folder)) {
      const path = join(folder, name);
      if (name.endsWith(temporarySuffix)) {
        const text = "Left behind by a write that never finished.";
        this.add(
          "temporary-file",
          "note",
          path,
          text,
          "clean",
          await sizeOf(path),
        );
      }
      if (name.endsWith(damagedSuffix)) {
        const text = "Damaged data that an earlier repair set aside.";
        this.add(
          "damaged-file-kept",
          "note",
          path,
          text,
          "clean",
          await sizeOf(path),
        );
      }
    }
  }

  async #checkWork({ state, detailsOf }: Salvage): Promise<void> {
    const root = workFolder(this.#folder);
    const folders = new Set(
      (await listIfThere(this.#files, root)).map((one) => one.name),
    );
    for (const name of folders) {
      if (state.jobs.has(jobId(name))) continue;
      const path = join(root, name);
      const text = "The work folder of a job that is not in the queue.";
      this.add(
        "work-folder-unlisted",
        "note",
        path,
        text,
        "clean",
        await sizeOf(path),
      );
    }
    for (const [id, { job, summary }] of state.jobs) {
      if (summary.count === 0 && !folders.has(id)) continue;
      if (this.#lost.includes(id)) continue;
      const { segments } = await detailsOf(id);
      // The work folder of a finished job is gone, its records may stay.
      const isOver = job.state === "done" || job.state === "cancelled";
      await this.#checkJobFolder(id, segments, isOver);
    }
  }

  async #checkJobFolder(
    id: JobId,
    segments: readonly StoredSegment[],
    isOver: boolean,
  ): Promise<void> {
    const folder = join(workFolder(this.#folder), id);
    const there = await listIfThere(this.#files, folder);
    const listed = new Set(segments.map((one) => one.fileName));
    for (const { name } of there) {
      if (listed.has(name)) continue;
      const path = join(folder, name);
      const text = "A part that was never finished.";
      this.add(
        "work-file-unlisted",
        "note",
        path,
        text,
        "clean",
        await sizeOf(path),
      );
    }
    if (isOver) return;
    const names = new Set(there.map((one) => one.name));
    for (const segment of segments) {
      const path = join(folder, segment.fileName);
      const isThere =
        names.has(segment.fileName) &&
        (await this.#files.sizeBytes(path)) === segment.sizeBytes;
      if (isThere) continue;
      this.#missing.set(id, [...(this.#missing.get(id) ?? []), segment]);
      const text =
        "A finished segment is missing or has another size. A repair forgets it, so that it is encoded again.";
      this.add("segment-missing", "warning", path, text, "repair");
    }
  }

  async #repair(salvage: Salvage): Promise<void> {
    const lock = await takeFolderLock(this.#files, this.#folder);
    try {
      for (const id of this.#lost) await this.#setJobAside(id);
      const { index, journal } = salvage;
      for (const id of this.#fromBackup) await rewrite(this.#document(id));
      if (index.state === "lost" || journal.damage !== null)
        await writeSalvage(this.#files, this.#folder, salvage);
      else if (index.state === "backup") {
        const format = indexFormat(currentSchema);
        await rewrite(new DurableFile(this.#files, index.path, format));
      }
    } finally {
      await lock.release();
    }
    const store = await openNodeStore(this.#folder);
    try {
      for (const id of this.#lost)
        if (store.job(id)) await store.dropSegments(id);
      for (const [id, segments] of this.#missing)
        for (const { taskId, stage } of segments)
          await store.dropSegments(id, { stage, taskIds: [taskId] });
      for (const { id } of store.jobs()) await store.jobDetails(id);
    } finally {
      await store.close();
    }
    this.#mark((one) => one.remedy === "repair" || one.remedy === "itself");
  }

  async #setJobAside(id: JobId): Promise<void> {
    const file = this.#document(id);
    if ((await file.inspect()).kind === "damaged") await file.setAside();
    if ((await file.inspect(backupSuffix)).kind === "damaged")
      await file.setAside(backupSuffix);
  }

  async #clean(): Promise<void> {
    const leftovers = this.findings.filter((one) => one.remedy === "clean");
    for (const { path, kind } of leftovers) {
      const full = join(this.#folder, path);
      await rm(full, { recursive: true, force: true });
      if (kind === "job-unlisted")
        await removeIfThere(this.#files, full + backupSuffix);
    }
    this.#mark((one) => one.remedy === "clean");
  }

  #mark(isDone: (finding: Finding) => boolean): void {
    this.findings = this.findings.map((one) =>
      isDone(one) ? { ...one, done: true } : one,
    );
  }

  #document(id: JobId): DurableFile<JobDocument> {
    const path = documentPath(jobDocumentsFolder(this.#folder), id);
    return new DurableFile(this.#files, path, jobFormat(currentSchema));
  }
}

/** Gives a document that only its backup has its own file again; a damaged one is set aside. */
async function rewrite<T>(file: DurableFile<T>): Promise<void> {
  const data = await file.read();
  if (data !== null) await file.write(data);
}

function idOfDocument(name: string): JobId[] {
  const match = /^([A-Za-z0-9_-]{1,64})\.json(\.bak)?$/.exec(name);
  return match?.[1] === undefined ? [] : [jobId(match[1])];
}

/** Of a file, or of all files in a folder. */
async function sizeOf(path: string): Promise<number> {
  const facts = await stat(path).catch(() => null);
  if (!facts?.isDirectory()) return facts?.size ?? 0;
  let sum = 0;
  for (const name of await readdir(path)) sum += await sizeOf(join(path, name));
  return sum;
}
