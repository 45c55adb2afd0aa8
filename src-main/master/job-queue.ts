import { Failure } from "../core/errors.ts";
import { jobId, type JobId } from "../core/identifiers.ts";
import type { Job } from "./job.ts";

/** The jobs of a node in queue order. */
export class JobQueue {
  private readonly jobs: Job[] = [];
  private readonly byId = new Map<JobId, Job>();

  add(job: Job): void {
    this.jobs.push(job);
    this.byId.set(job.id, job);
  }

  remove(job: Job): void {
    this.byId.delete(job.id);
    const at = this.jobs.indexOf(job);
    if (at >= 0) this.jobs.splice(at, 1);
  }

  /** Puts a job before another one; null: last. */
  move(job: Job, before: Job | null): void {
    if (job === before) return;
    this.jobs.splice(this.jobs.indexOf(job), 1);
    this.jobs.splice(
      before === null ? this.jobs.length : this.jobs.indexOf(before),
      0,
      job,
    );
  }

  /** The one behind it. */
  after(job: Job): Job | null {
    return this.jobs[this.jobs.indexOf(job) + 1] ?? null;
  }

  all(): readonly Job[] {
    return this.jobs;
  }

  find(id: JobId): Job | undefined {
    return this.byId.get(id);
  }

  /**
   * The job a person named: its id, or an unmistakable beginning of it.
   * @throws Failure `job-unknown`.
   */
  require(text: string): Job {
    const exact = this.byId.get(jobId(text));
    if (exact) return exact;
    const like = this.jobs.filter((job) => job.id.startsWith(text));
    const [only] = like;
    if (like.length === 1 && only) return only;
    throw new Failure("job-unknown", text);
  }

  /** Whether another job that is not over writes to this path. */
  writesTo(outputPath: string): boolean {
    return this.jobs.some(
      (job) => !job.hasEnded && job.request.outputPath === outputPath,
    );
  }
}
