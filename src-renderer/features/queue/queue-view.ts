/** What of the queue is shown, and in which order. Pure, and quick enough for ten thousand jobs at every change. */
import type {
  JobState,
  UiJob,
} from "../../../src-main/protocol/ui-contract.ts";

export const jobFilters = [
  "all",
  "running",
  "waiting",
  "done",
  "failed",
  "cancelled",
] as const;
export type JobFilter = (typeof jobFilters)[number];

export const jobOrders = [
  "queue",
  "name",
  "newest",
  "largest",
  "saved",
  "soonest",
] as const;
export type JobOrder = (typeof jobOrders)[number];

const filterOf: Readonly<Record<JobState, JobFilter>> = {
  waiting: "waiting",
  paused: "waiting",
  preparing: "running",
  encoding: "running",
  stitching: "running",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
};

export interface QueueQuestion {
  readonly filter: JobFilter;
  readonly search: string;
  readonly order: JobOrder;
}

export interface QueueView {
  /** What passes filter and search, in the order asked for. */
  readonly rows: readonly UiJob[];
  readonly ids: readonly string[];
  /** How many there are of each state, whatever is searched for. */
  readonly counts: Readonly<Record<JobFilter, number>>;
  /** Rows stand as the queue does, without gaps: only then moving one means what it looks like. */
  readonly isWhole: boolean;
}

/** Every word must be in the name, the path or the preset's name. */
export function queueView(
  jobs: readonly UiJob[],
  { filter, search, order }: QueueQuestion,
): QueueView {
  const words = plain(search).split(/\s+/).filter(Boolean);
  const counts = {
    all: 0,
    running: 0,
    waiting: 0,
    done: 0,
    failed: 0,
    cancelled: 0,
  };
  const rows: UiJob[] = [];
  for (const job of jobs) {
    const group = filterOf[job.state];
    counts.all += 1;
    counts[group] += 1;
    if (filter !== "all" && filter !== group) continue;
    if (words.length > 0 && !hasAll(job, words)) continue;
    rows.push(job);
  }
  const compare = comparisons[order];
  if (compare !== null) rows.sort(compare);
  return {
    rows,
    ids: rows.map((job) => job.jobId),
    counts,
    isWhole: order === "queue" && rows.length === jobs.length,
  };
}

function hasAll(job: UiJob, words: readonly string[]): boolean {
  const text = textOf(job);
  return words.every((word) => text.includes(word));
}

/** Texts to search in, made once per path: rows are new objects at every change. */
const texts = new Map<string, string>();
const maxTexts = 50_000;

function textOf(job: UiJob): string {
  const key = `${job.sourcePath}\n${job.presetName}`;
  let text = texts.get(key);
  if (text === undefined) {
    if (texts.size >= maxTexts) texts.clear();
    text = plain(key);
    texts.set(key, text);
  }
  return text;
}

/** Without case and accents. */
const plain = (text: string): string =>
  text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const sortKeys = new Map<string, string>();

/** Orders as people count: part 2 before part 10. Strings compare much faster than a collator does. */
function sortKey(name: string): string {
  let key = sortKeys.get(name);
  if (key === undefined) {
    if (sortKeys.size >= maxTexts) sortKeys.clear();
    key = plain(name).replace(/\d+/g, (digits) => digits.padStart(12, "0"));
    sortKeys.set(name, key);
  }
  return key;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const saved = ({ sourceBytes, outputBytes }: UiJob): number =>
  outputBytes === null ? -Infinity : sourceBytes - outputBytes;
const down = (a: number, b: number): number => (a === b ? 0 : b > a ? 1 : -1);

const comparisons: Readonly<
  Record<JobOrder, ((a: UiJob, b: UiJob) => number) | null>
> = {
  queue: null,
  name: (a, b) => byText(sortKey(a.name), sortKey(b.name)),
  newest: (a, b) => down(a.createdAtMs, b.createdAtMs),
  largest: (a, b) => down(a.sourceBytes, b.sourceBytes),
  saved: (a, b) => down(saved(a), saved(b)),
  soonest: (a, b) => -down(a.etaS ?? Infinity, b.etaS ?? Infinity),
};
