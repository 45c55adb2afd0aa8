import { performance } from "node:perf_hooks";
import { diskFileSystem } from "../../src-main/store/file-system.ts";
import type { FileSystem } from "../../src-main/store/file-system.ts";
import { defaultSettings } from "../../src-main/protocol/settings.ts";
import type { JournalEntry } from "../../src-main/protocol/stored-documents.ts";
import {
  documentPath,
  DurableFile,
} from "../../src-main/store/durable-file.ts";
import { jobDocumentsFolder } from "../../src-main/store/job-documents.ts";
import {
  formatLine,
  journalHeader,
  journalPath,
} from "../../src-main/store/journal-reader.ts";
import {
  currentSchema,
  indexFormat,
  jobFormat,
} from "../../src-main/store/migrations.ts";
import { summaryOf } from "../../src-main/store/node-state.ts";
import { indexPath } from "../../src-main/store/index-file.ts";
import { journalLimitFor } from "../../src-main/store/node-store.ts";
import { sampleJob, sampleSegment } from "../contract/store-samples.ts";

/** Writes what such a queue leaves on the disk, its journal full, without waiting for the disk. */
export async function buildStoreFolder(
  folder: string,
  jobs: number,
  segmentsPerJob: number,
): Promise<{ buildS: number; journalBytes: number }> {
  const started = performance.now();
  const jobsFolder = jobDocumentsFolder(folder);
  await diskFileSystem.makeFolder(jobsFolder);
  const segments = Array.from({ length: segmentsPerJob }, (_, n) =>
    sampleSegment(n),
  );
  const summary = summaryOf(segments);
  const indexed = Array.from({ length: jobs }, (_, n) => ({
    born: n + 1,
    summary,
    job: sampleJob(`job-${String(n)}`),
  }));
  for (const one of indexed) {
    const path = documentPath(jobsFolder, one.job.id);
    const file = new DurableFile(unsynced, path, jobFormat(currentSchema));
    await file.write({ sequence: jobs, ...one, segments, events: [] });
  }
  const index = new DurableFile(
    unsynced,
    indexPath(folder),
    indexFormat(currentSchema),
  );
  await index.write({
    sequence: jobs,
    settings: defaultSettings,
    attempts: [],
    jobs: indexed,
  });
  const journalBytes = journalLimitFor(index.sizeBytes);
  await writeJournal(folder, jobs, journalBytes);
  return { buildS: (performance.now() - started) / 1000, journalBytes };
}

/** Lines of the usual kinds, of all jobs in turn, up to the given size. */
async function writeJournal(
  folder: string,
  jobs: number,
  sizeBytes: number,
): Promise<void> {
  const first = jobs + 1;
  const { version } = currentSchema;
  const lines = [formatLine(jobs, jobs, journalHeader(version))];
  for (let n = 0, written = 0; written < sizeBytes; n++) {
    const job = sampleJob(`job-${String((n * 7919) % jobs)}`);
    const entry: JournalEntry =
      n % 3 === 0
        ? { op: "job", job }
        : n % 3 === 1
          ? { op: "move", id: job.id, before: null }
          : {
              op: "segment",
              id: job.id,
              segment: sampleSegment(0),
              summary: summaryOf([sampleSegment(0)]),
            };
    const json = JSON.stringify(entry);
    lines.push(formatLine(first + n, jobs + n, json));
    // As the store counts what it finds on opening.
    written += json.length;
  }
  const file = await unsynced.open(journalPath(folder, first), "new");
  await file.append(Buffer.from(lines.join("")));
  await file.close();
}

const unsynced: FileSystem = {
  ...diskFileSystem,
  async open(path, mode) {
    const file = await diskFileSystem.open(path, mode);
    return { ...file, sync: () => Promise.resolve() };
  },
  syncFolder: () => Promise.resolve(),
};
