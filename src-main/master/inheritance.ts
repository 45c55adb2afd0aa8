/**
 * What workers still hold of an earlier life of this master: attempts that were
 * given out before it was ended, and whose results may still come.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AttemptId, DeviceId, JobId } from "../core/identifiers.ts";
import type { Assignment } from "../core/scheduler/effects.ts";
import type { StoredAttempt } from "../protocol/stored-job.ts";
import type { NodeStore } from "../store/node-store.ts";

/** How long a job that may inherit waits for the workers concerned to be back. */
const waitForWorkersMs = 5_000;
const lookEveryMs = 100;

/** An attempt that goes on, and the quality that was chosen for it alone. */
export interface InheritedWork {
  readonly assignment: Assignment;
  readonly quality: number | null;
}

export class Inheritance {
  private readonly store: NodeStore;
  /** Given out in the earlier life, and not yet settled. */
  private readonly left = new Map<AttemptId, StoredAttempt>();
  /** Of these, what a worker has said to hold. */
  private readonly offered = new Set<AttemptId>();
  private readonly seen = new Set<DeviceId>();

  constructor(store: NodeStore) {
    this.store = store;
    for (const attempt of store.attempts())
      this.left.set(attempt.attemptId, attempt);
  }

  /** A worker is here and holds these; gives back those that nobody wants any more. */
  offer(workerId: DeviceId, held: readonly AttemptId[]): AttemptId[] {
    this.seen.add(workerId);
    return held.filter((id) => {
      if (this.left.get(id)?.workerId !== workerId) return true;
      this.offered.add(id);
      return false;
    });
  }

  /**
   * A worker says how an attempt ended before it was taken up. It says so
   * again, having said it to the earlier life, to which it also gave the
   * result: there is nothing more to come.
   */
  forget(id: AttemptId, workerId: DeviceId): void {
    if (this.left.get(id)?.workerId !== workerId) return;
    this.left.delete(id);
    this.offered.delete(id);
    void this.store.endAttempt(id).catch(() => undefined);
  }

  concerns(jobId: JobId): boolean {
    return this.ofJob(jobId).length > 0;
  }

  /** Waits until every worker that may hold something of a job is back, but not long. */
  async gather(jobId: JobId, signal: AbortSignal): Promise<void> {
    const workers = this.ofJob(jobId).map((attempt) => attempt.workerId);
    for (
      let waitedMs = 0;
      waitedMs < waitForWorkersMs;
      waitedMs += lookEveryMs
    ) {
      if (signal.aborted || workers.every((id) => this.seen.has(id))) return;
      await sleep(lookEveryMs);
    }
  }

  /** What can be taken up of a job now; everything else of it is settled as lost. */
  take(jobId: JobId): InheritedWork[] {
    const taken: InheritedWork[] = [];
    for (const attempt of this.ofJob(jobId)) {
      this.left.delete(attempt.attemptId);
      if (this.offered.has(attempt.attemptId))
        taken.push({
          assignment: assignmentOf(attempt),
          quality: attempt.quality ?? null,
        });
      else void this.store.endAttempt(attempt.attemptId).catch(() => undefined);
    }
    return taken;
  }

  private ofJob(jobId: JobId): StoredAttempt[] {
    return [...this.left.values()].filter((attempt) => attempt.jobId === jobId);
  }
}

function assignmentOf(attempt: StoredAttempt): Assignment {
  const { attemptId, jobId, stage, taskId, workerId, range, isLast } = attempt;
  const common = {
    attemptId,
    jobId,
    stage,
    taskId,
    workerId,
    isDuplicate: false,
  };
  return range === null
    ? { ...common, kind: "audio" }
    : { ...common, kind: "video", range, isLast };
}
