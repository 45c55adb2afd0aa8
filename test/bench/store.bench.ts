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
import { openNodeStore } from "../../src-main/store/node-store.ts";
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

/** Milliseconds it took. */
async function build(
  folder: string,
  jobs: number,
  segmentsPerJob: number,
): Promise<number> {
  const started = performance.now();
  const store = await openNodeStore(folder);
  for (let at = 0; at < jobs; at += 100) {
    const names = Array.from(
      { length: 100 },
      (_, n) => `job-${String(at + n)}`,
    );
    await Promise.all(names.map((name) => store.putJob(sampleJob(name))));
    const segments = names.flatMap((name) =>
      Array.from({ length: segmentsPerJob }, (_, n) =>
        store.recordSegment(jobId(name), sampleSegment(n)),
      ),
    );
    await Promise.all(segments);
  }
  await store.close();
  return performance.now() - started;
}

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
