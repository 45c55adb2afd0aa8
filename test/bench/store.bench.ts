/**
 * The store at the size it must bear: 10,000 jobs of 100 segments and a journal
 * that is full, so that the start replays all of it and the first change begins
 * to fold it into documents. Changes are timed one by one, while that goes on
 * and after it; beside each, the same bytes are written to a bare file and
 * synced, so that the disk's own time can be told from the store's.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { jobId } from "../../src-main/core/identifiers.ts";
import {
  openNodeStore,
  type NodeStore,
} from "../../src-main/store/node-store.ts";
import { sampleJob, sampleSegment } from "../contract/store-samples.ts";
import { buildStoreFolder } from "./store-folder.ts";
import { TimedDisk } from "./timed-disk.ts";

/** Milliseconds. */
export interface Times {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

export interface StoreFigures {
  readonly jobs: number;
  readonly segmentsPerJob: number;
  readonly buildS: number;
  readonly journalBytes: number;
  readonly startMs: number;
  readonly heapMegabytes: number;
  /** How long the journal was being folded into documents. */
  readonly foldS: number;
  readonly whileFolding: ChangeFigures;
  readonly quiet: ChangeFigures;
  /** While folding: journal, documents and index together. */
  readonly bytesPerChange: number;
}

export interface ChangeFigures {
  /** From the call to its promise. */
  readonly whole: Times;
  /** Of it, waiting for the journal's write and sync. */
  readonly disk: Times;
  /** The rest: the store's own work, and what keeps it waiting. */
  readonly own: Times;
  /** The same bytes appended to a bare file and synced, between two changes. */
  readonly bareFile: Times;
}

/** Changes without a pause between them hold the folding up. */
const longestFoldS = 20;

interface Sample {
  readonly wholeMs: number;
  readonly diskMs: number;
  readonly bareMs: number;
}

/** Builds the queue in a temporary folder, measures, and removes it. */
export async function measureStore(
  jobs: number,
  segmentsPerJob: number,
  quietChanges: number,
): Promise<StoreFigures> {
  const folder = await mkdtemp(join(tmpdir(), "reelfarm-bench-"));
  try {
    const built = await buildStoreFolder(folder, jobs, segmentsPerJob);
    const disk = new TimedDisk(folder);
    const started = performance.now();
    // The first time it is not folded, so that the two can be told apart.
    const limit = { journalLimitBytes: Number.MAX_SAFE_INTEGER };
    const first = await openNodeStore(folder, { files: disk, ...limit });
    const startMs = performance.now() - started;
    const heapMegabytes = process.memoryUsage().heapUsed / 1e6;
    const quiet = await measureChanges(
      disk,
      (n) => change(first, n, jobs, segmentsPerJob),
      (n) => n === quietChanges,
    );
    await first.close();
    const second = await openNodeStore(folder, { files: disk });
    disk.bytes = 0;
    const folding = await measureChanges(
      disk,
      (n) => change(second, n, jobs, segmentsPerJob),
      (_, elapsedS) => disk.folds > 0 || elapsedS > longestFoldS,
    );
    const bytesPerChange = disk.bytes / folding.samples.length;
    await second.close();
    return {
      jobs,
      segmentsPerJob,
      ...built,
      startMs,
      heapMegabytes,
      foldS: folding.elapsedS,
      whileFolding: figuresOf(folding.samples),
      quiet: figuresOf(quiet.samples),
      bytesPerChange,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureChanges(
  disk: TimedDisk,
  change: (n: number) => Promise<void>,
  isEnough: (count: number, elapsedS: number) => boolean,
): Promise<{ samples: Sample[]; elapsedS: number }> {
  const samples: Sample[] = [];
  const bare = await disk.bareFile();
  const started = performance.now();
  const elapsedS = (): number => (performance.now() - started) / 1000;
  while (!isEnough(samples.length, elapsedS())) {
    disk.journalMs = 0;
    const before = performance.now();
    await change(samples.length);
    const wholeMs = performance.now() - before;
    const diskMs = disk.journalMs;
    samples.push({ wholeMs, diskMs, bareMs: await bare.append() });
  }
  await bare.close();
  return { samples, elapsedS: elapsedS() };
}

/** What a master does most, spread over all jobs. */
async function change(
  store: NodeStore,
  n: number,
  jobs: number,
  segmentsPerJob: number,
): Promise<void> {
  const id = jobId(`job-${String((n * 7919) % jobs)}`);
  if (n % 3 === 0) await store.putJob(sampleJob(id, { notes: [String(n)] }));
  else if (n % 3 === 1) await store.moveJob(id, null);
  else await store.recordSegment(id, sampleSegment(n % segmentsPerJob));
}

function figuresOf(samples: readonly Sample[]): ChangeFigures {
  return {
    whole: timesOf(samples.map((one) => one.wholeMs)),
    disk: timesOf(samples.map((one) => one.diskMs)),
    own: timesOf(samples.map((one) => one.wholeMs - one.diskMs)),
    bareFile: timesOf(samples.map((one) => one.bareMs)),
  };
}

function timesOf(values: readonly number[]): Times {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, median: at(0.5), p99: at(0.99), max: at(1) };
}
