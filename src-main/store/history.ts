import { join } from "node:path";
import { z } from "zod";
import {
  noTotals,
  withFinishedWork,
  type HistoryTotals,
} from "../core/history-totals.ts";
import type { UiFinishedJob, UiHistory } from "../protocol/ui-history.ts";
import { diskFileSystem, type FileSystem } from "./file-system.ts";
import { LineFile, type LineFormat } from "./line-file.ts";

/** Listed one by one; older ones count in the totals alone. */
export const maxKeptJobs = 10_000;
/** The file is made anew when it has this many more. */
const slackJobs = 1_000;

interface HistoryHeader {
  /** Of what is no longer listed. */
  readonly earlier: HistoryTotals;
  /** Jobs that ended before were cleared away by a person. */
  readonly clearedAtMs: number;
}

const share = z.object({ name: z.string(), frames: z.number() });
const finishedJob: z.ZodType<UiFinishedJob> = z.object({
  jobId: z.string(),
  name: z.string(),
  presetName: z.string(),
  outputPath: z.string(),
  finishedAtMs: z.number(),
  sourceBytes: z.number(),
  outputBytes: z.number(),
  durationS: z.number().nullable(),
  wallS: z.number(),
  workers: z.array(share),
});
const header: z.ZodType<HistoryHeader> = z.object({
  earlier: z.object({
    jobs: z.number(),
    sourceBytes: z.number(),
    outputBytes: z.number(),
    savedS: z.number(),
    workers: z.array(share),
    months: z.array(
      z.object({ month: z.string(), savedBytes: z.number(), jobs: z.number() }),
    ),
  }),
  clearedAtMs: z.number(),
});

const format: LineFormat<HistoryHeader, UiFinishedJob> = {
  kind: "history",
  version: 1,
  emptyHeader: { earlier: noTotals, clearedAtMs: 0 },
  parseHeader: (data) => header.parse(data),
  parseEntry: (data) => finishedJob.parse(data),
};

/** Finished jobs, for as long as people want to know of them. */
export class History {
  readonly #file: LineFile<HistoryHeader, UiFinishedJob>;
  #header: HistoryHeader = format.emptyHeader;
  /** Oldest first. */
  #jobs: UiFinishedJob[] = [];
  readonly #ids = new Set<string>();
  readonly #outputs = new Set<string>();
  #totals: HistoryTotals = noTotals;

  private constructor(files: FileSystem, folder: string) {
    this.#file = new LineFile(files, join(folder, "history.jsonl"), format);
  }

  /** @throws Failure `store-newer`. */
  static async open(
    folder: string,
    files: FileSystem = diskFileSystem,
  ): Promise<History> {
    const history = new History(files, folder);
    const { header: kept, entries } = await history.#file.read();
    history.#header = kept;
    history.#totals = kept.earlier;
    for (const job of entries)
      if (!history.#ids.has(job.jobId)) history.#take(job);
    return history;
  }

  /**
   * One more job is done; one that is known or was cleared away is not taken
   * again. Resolves when it would survive a power cut.
   */
  async add(job: UiFinishedJob): Promise<void> {
    if (this.#ids.has(job.jobId)) return;
    const { clearedAtMs, earlier } = this.#header;
    if (job.finishedAtMs <= clearedAtMs) return;
    // It may be one of those that are only counted any more.
    const oldestMs = this.#jobs[0]?.finishedAtMs ?? 0;
    if (earlier.jobs > 0 && job.finishedAtMs <= oldestMs) return;
    const latestMs = this.#jobs.at(-1)?.finishedAtMs ?? 0;
    // Pages are asked for by time: no two have the same, none is before another's.
    const finishedAtMs = Math.max(job.finishedAtMs, latestMs + 1);
    const taken = { ...job, finishedAtMs };
    this.#take(taken);
    if (this.#jobs.length > maxKeptJobs + slackJobs) await this.#shorten();
    else await this.#file.append(taken, () => this.#content());
  }

  /** Latest first, those that ended before a moment. */
  page(before: number | null, limit: number): UiHistory {
    const endMs = before ?? Number.POSITIVE_INFINITY;
    const older = this.#jobs.filter((job) => job.finishedAtMs < endMs);
    return {
      jobs: older.slice(-limit).reverse(),
      hasMore: older.length > limit,
      totals: this.#totals,
    };
  }

  /** Whether a finished job wrote this file. */
  wrote(outputPath: string): boolean {
    return this.#outputs.has(outputPath);
  }

  /** Forgets all that ended until now. */
  async clear(nowMs: number): Promise<void> {
    const latestMs = this.#jobs.at(-1)?.finishedAtMs ?? 0;
    this.#header = {
      earlier: noTotals,
      clearedAtMs: Math.max(nowMs, latestMs),
    };
    this.#jobs = [];
    this.#ids.clear();
    this.#totals = noTotals;
    await this.#file.rewrite(this.#header, []);
  }

  /** Resolves when all of it is on the disk. */
  close(): Promise<void> {
    return this.#file.settled();
  }

  #take(job: UiFinishedJob): void {
    this.#jobs.push(job);
    this.#ids.add(job.jobId);
    this.#outputs.add(job.outputPath);
    this.#totals = withFinishedWork(this.#totals, job, monthOf(job));
  }

  #content() {
    return { header: this.#header, entries: this.#jobs };
  }

  async #shorten(): Promise<void> {
    const gone = this.#jobs.splice(0, this.#jobs.length - maxKeptJobs);
    let { earlier } = this.#header;
    for (const job of gone)
      earlier = withFinishedWork(earlier, job, monthOf(job));
    this.#header = { ...this.#header, earlier };
    await this.#file.rewrite(this.#header, this.#jobs);
  }
}

/** Where this computer is. */
function monthOf({ finishedAtMs }: UiFinishedJob): string {
  const at = new Date(finishedAtMs);
  return `${String(at.getFullYear())}-${String(at.getMonth() + 1).padStart(2, "0")}`;
}
