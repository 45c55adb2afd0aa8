import type {
  UiChange,
  UiJob,
  UiNode,
  UiSnapshot,
  UiWorker,
} from "../protocol/ui-contract.ts";

/** Faces hear of changes at most this often; more would only flicker. */
const gatherMs = 200;

/** The rows as they are now; `jobs` only those that may have changed. */
export interface ChangeSource {
  node(): UiNode;
  jobs(ids: ReadonlySet<string> | "all"): readonly UiJob[];
  jobOrder(): readonly string[];
  workers(): readonly UiWorker[];
  /** Jobs whose figures move by themselves. */
  activeJobIds(): readonly string[];
}

/**
 * Gathers "something changed" into numbered changes that hold only what differs
 * from what the faces already have.
 */
export class ChangeFeed {
  private readonly source: ChangeSource;
  private readonly listeners = new Set<(change: UiChange) => void>();
  private readonly sentJobs = new Map<string, string>();
  private readonly sentWorkers = new Map<string, string>();
  private sentNode = "";
  private sentOrder = "";
  private readonly dirty = new Set<string>();
  private revision = 1;
  private timer: NodeJS.Timeout | null = null;

  constructor(source: ChangeSource) {
    this.source = source;
  }

  /** Something changed; with a job's id when it is about one job. */
  touch(jobId: string | null): void {
    if (jobId !== null) this.dirty.add(jobId);
    if (this.timer !== null || this.listeners.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.publish();
    }, gatherMs);
    this.timer.unref();
  }

  /** Tells now what was being gathered, if anything was. */
  flush(): void {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.publish();
  }

  /** The whole truth; what listeners hear afterwards continues from here. */
  snapshot(): UiSnapshot {
    this.publish();
    return {
      revision: this.revision,
      node: this.source.node(),
      jobs: this.source.jobs("all"),
      workers: this.source.workers(),
    };
  }

  subscribe(listener: (change: UiChange) => void): () => void {
    if (this.listeners.size === 0) this.remember();
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.listeners.clear();
  }

  private remember(): void {
    this.collect();
  }

  private publish(): void {
    if (this.listeners.size === 0) return;
    const parts = this.collect();
    if (Object.keys(parts).length === 0) return;
    this.revision += 1;
    const change: UiChange = { revision: this.revision, ...parts };
    for (const listener of this.listeners) listener(change);
  }

  /** What differs from what was sent; remembers it as sent. */
  private collect(): Omit<UiChange, "revision"> {
    const { source } = this;
    const node = source.node();
    const nodeText = JSON.stringify(node);
    const order = source.jobOrder();
    const orderText = order.join(" ");
    const known = new Set(order);
    const ids = new Set([...this.dirty, ...source.activeJobIds()]);
    for (const id of order) if (!this.sentJobs.has(id)) ids.add(id);
    this.dirty.clear();
    const jobs = differing(source.jobs(ids), (job) => job.jobId, this.sentJobs);
    const removedJobIds = gone(this.sentJobs, known);
    const workerRows = source.workers();
    const workers = differing(
      workerRows,
      (worker) => worker.workerId,
      this.sentWorkers,
    );
    const present = new Set(workerRows.map((worker) => worker.workerId));
    const removedWorkerIds = gone(this.sentWorkers, present);
    const parts = {
      ...(nodeText === this.sentNode ? {} : { node }),
      ...(orderText === this.sentOrder ? {} : { jobOrder: order }),
      ...(jobs.length === 0 ? {} : { jobs }),
      ...(removedJobIds.length === 0 ? {} : { removedJobIds }),
      ...(workers.length === 0 ? {} : { workers }),
      ...(removedWorkerIds.length === 0 ? {} : { removedWorkerIds }),
    };
    this.sentNode = nodeText;
    this.sentOrder = orderText;
    return parts;
  }
}

function differing<Row>(
  rows: readonly Row[],
  idOf: (row: Row) => string,
  sent: Map<string, string>,
): Row[] {
  return rows.filter((row) => {
    const text = JSON.stringify(row);
    if (sent.get(idOf(row)) === text) return false;
    sent.set(idOf(row), text);
    return true;
  });
}

function gone(
  sent: Map<string, string>,
  present: ReadonlySet<string>,
): string[] {
  const ids = [...sent.keys()].filter((id) => !present.has(id));
  for (const id of ids) sent.delete(id);
  return ids;
}
