/**
 * The store at the size it must bear: 10,000 jobs of 100 segments. Prints the
 * cost of one change (time, bytes written), start-up and memory. Run it after
 * a build; it uses the built store on the disk of the temporary folder.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { jobId } from "../../src-main/core/identifiers.ts";
import { diskFileSystem } from "../../src-main/store/file-system.ts";
import type { FileSystem } from "../../src-main/store/file-system.ts";
import { defaultSettings } from "../../src-main/protocol/settings.ts";
import {
  documentPath,
  DurableFile,
} from "../../src-main/store/durable-file.ts";
import { jobDocumentsFolder } from "../../src-main/store/job-documents.ts";
import {
  currentSchema,
  indexFormat,
  jobFormat,
} from "../../src-main/store/migrations.ts";
import { summaryOf } from "../../src-main/store/node-state.ts";
import { indexPath, openNodeStore } from "../../src-main/store/node-store.ts";
import { sampleJob, sampleSegment } from "../contract/store-samples.ts";

export interface StoreFigures {
  readonly jobs: number;
  readonly segmentsPerJob: number;
  readonly buildS: number;
  readonly changeMsMedian: number;
  readonly changeMsP99: number;
  /** Snapshots included. */
  readonly bytesPerChange: number;
  readonly startMs: number;
  readonly heapMegabytes: number;
}

/** Builds the queue in a temporary folder, measures, and removes it. */
export async function measureStore(
  jobs: number,
  segmentsPerJob: number,
  changes: number,
): Promise<StoreFigures> {
  const folder = await mkdtemp(join(tmpdir(), "reelfarm-bench-"));
  try {
    const counter = { bytes: 0 };
    const files = counting(counter);
    const buildS = (await build(folder, jobs, segmentsPerJob)) / 1000;
    const started = performance.now();
    const store = await openNodeStore(folder, { files });
    const startMs = performance.now() - started;
    const heapMegabytes = process.memoryUsage().heapUsed / 1e6;
    counter.bytes = 0;
    const timesMs: number[] = [];
    for (let n = 0; n < changes; n++) {
      const id = jobId(`job-${String((n * 7919) % jobs)}`);
      const before = performance.now();
      if (n % 3 === 0)
        await store.putJob(sampleJob(id, { notes: [String(n)] }));
      else if (n % 3 === 1) await store.moveJob(id, null);
      else await store.recordSegment(id, sampleSegment(n % segmentsPerJob));
      timesMs.push(performance.now() - before);
    }
    await store.close();
    timesMs.sort((a, b) => a - b);
    return {
      jobs,
      segmentsPerJob,
      buildS,
      changeMsMedian: timesMs[Math.floor(changes / 2)] ?? 0,
      changeMsP99: timesMs[Math.floor(changes * 0.99)] ?? 0,
      bytesPerChange: counter.bytes / changes,
      startMs,
      heapMegabytes,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes the documents such a queue leaves, without waiting for the disk. Milliseconds it took. */
async function build(
  folder: string,
  jobs: number,
  segmentsPerJob: number,
): Promise<number> {
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
  await new DurableFile(
    unsynced,
    indexPath(folder),
    indexFormat(currentSchema),
  ).write({
    sequence: jobs,
    settings: defaultSettings,
    attempts: [],
    jobs: indexed,
  });
  return performance.now() - started;
}

const unsynced: FileSystem = {
  ...diskFileSystem,
  async open(path, mode) {
    const file = await diskFileSystem.open(path, mode);
    return { ...file, sync: () => Promise.resolve() };
  },
  syncFolder: () => Promise.resolve(),
};

function counting(counter: { bytes: number }): FileSystem {
  return {
    ...diskFileSystem,
    async open(path, mode) {
      const file = await diskFileSystem.open(path, mode);
      return {
        ...file,
        append(data) {
          counter.bytes += data.byteLength;
          return file.append(data);
        },
      };
    },
  };
}
