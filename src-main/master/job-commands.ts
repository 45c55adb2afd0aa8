import { Failure } from "../core/errors.ts";
import type { DeviceId, JobId } from "../core/identifiers.ts";
import type { StoredJob } from "../protocol/stored-job.ts";
import { workFolder } from "../store/job-folder.ts";
import { stampOf } from "./job-acceptance.ts";
import { jobFromRecord, recordOf } from "./job-archive.ts";
import type { JobLife } from "./job-life.ts";
import type { Job } from "./job.ts";
import type { MasterContext } from "./master-context.ts";

/** Removed jobs that can be put back. */
const maxRemoved = 1_000;

interface RemovedJob {
  readonly record: StoredJob;
  readonly log: Job["log"];
  /** Behind it in the queue. */
  readonly beforeId: JobId | null;
}

/** What people ask of jobs. Each promise resolves when it would survive a crash. */
export class JobCommands {
  private readonly context: MasterContext;
  private readonly life: JobLife;
  /** Oldest first. */
  private readonly removed = new Map<JobId, RemovedJob>();

  constructor(context: MasterContext, life: JobLife) {
    this.context = context;
    this.life = life;
  }

  /** @throws Failure `job-state-wrong` when it is over. */
  async pause(job: Job): Promise<void> {
    const { loop, log, records } = this.context;
    if (job.hasEnded) throw new Failure("job-state-wrong", "the job is over");
    job.paused = true;
    if (job.isActive) loop.dispatch({ type: "job-paused", jobId: job.id });
    log(job, "paused");
    this.life.takeTurns();
    await records.save(job);
  }

  async resume(job: Job): Promise<void> {
    const { loop, log, records } = this.context;
    if (!job.paused) return;
    job.paused = false;
    if (job.isActive) loop.dispatch({ type: "job-resumed", jobId: job.id });
    log(job, "resumed");
    this.life.takeTurns();
    await records.save(job);
  }

  /** @throws Failure `job-state-wrong` when it is over. */
  async cancel(job: Job): Promise<void> {
    if (job.hasEnded) throw new Failure("job-state-wrong", "the job is over");
    this.end(job);
    await this.context.records.clearParts(job);
    this.life.takeTurns();
    await this.context.records.save(job);
  }

  /** Every job that is not over. Gives back which. */
  async cancelAll(): Promise<Job[]> {
    const jobs = this.context.queue.all().filter((job) => !job.hasEnded);
    // All at once: no other one is to begin in between.
    for (const job of jobs) this.end(job);
    for (const job of jobs) {
      await this.context.records.clearParts(job);
      await this.context.records.save(job);
    }
    this.life.takeTurns();
    return jobs;
  }

  private end(job: Job): void {
    const { loop, log, options } = this.context;
    const wasActive = job.isActive;
    job.phase = { kind: "cancelled" };
    job.counters.endedAtMs = options.nowMs();
    job.stop.abort(new Failure("cancelled"));
    if (wasActive) loop.dispatch({ type: "job-cancelled", jobId: job.id });
    log(job, "cancelled");
  }

  /**
   * A failed or cancelled job goes back into the queue. Finished segments are
   * kept, unless the source has become another one meanwhile.
   *
   * @throws Failure `job-state-wrong`, `output-exists`.
   */
  async retry(job: Job): Promise<void> {
    const { queue, records, log } = this.context;
    if (job.phase.kind !== "failed" && job.phase.kind !== "cancelled")
      throw new Failure(
        "job-state-wrong",
        "only failed and cancelled jobs can be retried",
      );
    this.refuseTakenOutput(job);
    const now = await stampOf(
      job.request.sourcePath,
      job.source.durationS,
    ).catch(() => null);
    if (now !== null && !isSame(now, job.source)) {
      await records.clearParts(job);
      job.replaceSource(now);
    }
    if (queue.find(job.id) !== job || !job.hasEnded) return;
    job.phase = { kind: "waiting" };
    job.repairs = 0;
    job.keptAway.clear();
    job.stop = new AbortController();
    job.counters.endedAtMs = null;
    log(job, "retried");
    this.life.takeTurns();
    await records.save(job);
  }

  /** Every job that failed; those that cannot be retried stay. Gives back which are. */
  async retryFailed(): Promise<Job[]> {
    const retried: Job[] = [];
    for (const job of [...this.context.queue.all()]) {
      if (job.phase.kind !== "failed") continue;
      try {
        await this.retry(job);
        retried.push(job);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    }
    return retried;
  }

  /** Takes a job off the list; one at work is cancelled. `restore` puts it back. */
  async remove(job: Job): Promise<void> {
    const { queue, records, options, changed } = this.context;
    const removed: RemovedJob = {
      record: { ...recordOf(job), segmentSummary: noSegments },
      log: job.log,
      beforeId: queue.after(job)?.id ?? null,
    };
    if (!job.hasEnded) this.end(job);
    queue.remove(job);
    this.removed.set(job.id, removed);
    const [oldest] = this.removed.keys();
    if (this.removed.size > maxRemoved && oldest) this.removed.delete(oldest);
    changed(null);
    await records.clearParts(job);
    await options.store.removeJob(job.id);
    this.life.takeTurns();
  }

  /** Every job that is over. Gives back which. */
  async removeEnded(): Promise<Job[]> {
    const ended = this.context.queue.all().filter((job) => job.hasEnded);
    for (const job of ended) await this.remove(job);
    return ended;
  }

  /**
   * Puts a removed job back where it stood. One that was not over waits for
   * its turn again; what it had finished is done anew.
   *
   * @throws Failure `job-unknown`, `output-exists`.
   */
  async restore(id: JobId): Promise<Job> {
    const { queue, options, log } = this.context;
    const removed = this.removed.get(id);
    if (removed === undefined || options.store.job(id) !== null)
      throw new Failure("job-unknown", id);
    const { record, beforeId } = removed;
    const job = jobFromRecord(record, workFolder(options.dataFolder));
    job.log = removed.log;
    this.refuseTakenOutput(job);
    this.removed.delete(id);
    queue.add(job);
    const before = beforeId === null ? undefined : queue.find(beforeId);
    if (before !== undefined) queue.move(job, before);
    log(job, "put back");
    await options.store.putJob(recordOf(job));
    if (before !== undefined)
      await options.store.moveJob(job.id, queue.after(job)?.id ?? null);
    this.life.takeTurns();
    return job;
  }

  private refuseTakenOutput(job: Job): void {
    const { outputPath } = job.request;
    if (job.phase.kind !== "done" && this.context.queue.writesTo(outputPath))
      throw new Failure(
        "output-exists",
        `${outputPath} (another job of the queue writes it)`,
      );
  }

  /** Before another job, or last. */
  async move(job: Job, before: Job | null): Promise<void> {
    const { queue, options, changed } = this.context;
    queue.move(job, before);
    this.life.place(job);
    changed(null);
    this.life.takeTurns();
    await options.store.moveJob(job.id, before?.id ?? null);
  }

  async prioritise(job: Job, priority: number): Promise<void> {
    const { loop, records, changed } = this.context;
    job.request = { ...job.request, priority };
    if (job.isActive)
      loop.dispatch({ type: "job-prioritised", jobId: job.id, priority });
    this.life.place(job);
    changed(job);
    this.life.takeTurns();
    await records.save(job);
  }

  /** Who may work for it; null: anybody. What others have at work of it ends. */
  async chooseWorkers(
    job: Job,
    allowedWorkers: readonly DeviceId[] | null,
  ): Promise<void> {
    const { loop, records, changed } = this.context;
    job.request = { ...job.request, allowedWorkers };
    job.keptAway.clear();
    if (job.isActive)
      loop.dispatch({
        type: "job-workers-chosen",
        jobId: job.id,
        allowedWorkers,
      });
    changed(job);
    this.life.takeTurns();
    await records.save(job);
  }
}

const noSegments = { count: 0, frames: 0, sizeBytes: 0 };

function isSame(a: Job["source"], b: Job["source"]): boolean {
  return a.sizeBytes === b.sizeBytes && a.modifiedMs === b.modifiedMs;
}
