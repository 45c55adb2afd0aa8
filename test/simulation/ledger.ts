/**
 * The checker beside the world: it sees events, effects and what the workers
 * really did, knows nothing of the scheduler's inside, and says what is wrong.
 */
import type { SchedulerEffect } from "../../src-main/core/scheduler/effects.ts";
import { checkAssign } from "./ledger-assign.ts";
import { checkCompletion, checkFailJob } from "./ledger-completion.ts";
import type {
  LedgerAttempt,
  LedgerJob,
  LedgerWorker,
} from "./ledger-entries.ts";

export class Ledger {
  readonly violations: string[] = [];
  readonly jobs = new Map<string, LedgerJob>();
  readonly workers = new Map<string, LedgerWorker>();
  readonly attempts = new Map<string, LedgerAttempt>();
  readonly failedTasks = new Map<
    string,
    { worker: string; code: string; counts: boolean }[]
  >();
  /** In work, as far as the master knows. */
  readonly live = new Set<LedgerAttempt>();
  queuePaused = false;
  /** Times told to people say nothing of the scheduler's own clock then. */
  clockJumps = false;

  complain(what: string): void {
    if (this.violations.length < 20) this.violations.push(what);
  }

  expect(holds: boolean, what: () => string): void {
    if (!holds) this.complain(what());
  }

  see(effect: SchedulerEffect, masterMs: number): void {
    switch (effect.type) {
      case "assign":
        return checkAssign(this, effect.assignment, masterMs);
      case "shorten":
        return this.seeShorten(effect.attemptId, effect.endFrame);
      case "cancel":
        return this.seeCancel(effect);
      case "complete-stage":
        return checkCompletion(this, effect);
      case "fail-job":
        return checkFailJob(this, effect);
      case "make-whole":
        return this.seeMakeWhole(effect.jobId);
      case "disconnect-worker":
        return this.seeDisconnect(effect.workerId);
      case "block-worker":
        this.workers
          .get(effect.workerId)
          ?.blocks.set(effect.capability, effect.untilMs);
        return this.expect(
          effect.untilMs > masterMs,
          () => `block of ${effect.workerId} ends in the past`,
        );
    }
  }

  /** Work on a worker that went silent must not wait for it. */
  checkLeases(nowMs: number): void {
    for (const attempt of this.live) {
      const worker = this.workers.get(attempt.assignment.workerId)!;
      this.expect(
        nowMs - worker.heardAtMs < 20_000,
        () =>
          `${attempt.assignment.attemptId} waits for ${worker.name}, silent since ${Math.round(worker.heardAtMs / 1000)} s`,
      );
    }
  }

  private seeShorten(attemptId: string, endFrame: number): void {
    const attempt = this.attempts.get(attemptId);
    if (attempt?.state !== "live")
      return this.complain(`shorten of ${attemptId}, which does not run`);
    this.expect(
      endFrame > attempt.startFrame && endFrame < attempt.endFrame,
      () =>
        `shorten ${attemptId} to ${endFrame} is outside ${attempt.startFrame}-${attempt.endFrame}`,
    );
    this.expect(
      endFrame >= attempt.startFrame + attempt.fedReported,
      () => `shorten ${attemptId} below what was fed`,
    );
  }

  private seeMakeWhole(name: string): void {
    const job = this.jobs.get(name);
    this.expect(
      job !== undefined && !job.whole && !job.remaking,
      () => `${name} is made whole twice`,
    );
    if (job !== undefined) job.remaking = true;
  }

  private seeDisconnect(name: string): void {
    const worker = this.workers.get(name);
    this.expect(worker?.session === true, () => `${name} is not connected`);
    if (worker !== undefined) worker.session = false;
  }

  private seeCancel(effect: SchedulerEffect & { type: "cancel" }): void {
    const attempt = this.attempts.get(effect.attemptId);
    if (attempt === undefined) return;
    this.expect(
      attempt.assignment.workerId === effect.workerId ||
        effect.reason === "unknown",
      () => `cancel ${effect.attemptId} names the wrong worker`,
    );
    this.end(
      effect.attemptId,
      effect.reason === "lease-expired" || effect.reason === "worker-left"
        ? "lost"
        : "ended",
    );
  }

  /** The attempt no longer counts as in work. */
  end(attemptId: string, state: "lost" | "ended"): void {
    const attempt = this.attempts.get(attemptId);
    if (attempt === undefined || attempt.state === "ended") return;
    attempt.state = state;
    this.live.delete(attempt);
  }

  /** A worker joined with attempts that were not cancelled in the same step. */
  revive(attemptId: string): void {
    const attempt = this.attempts.get(attemptId);
    if (attempt?.state !== "lost") return;
    attempt.state = "live";
    this.live.add(attempt);
  }

  /** A restarted master is told of an attempt of its earlier life: in work, until it is refused. */
  inherit(attempt: LedgerAttempt): void {
    attempt.state = "live";
    this.live.add(attempt);
  }

  /** Whether the master's disk was full for a job since it was restarted. */
  wasHeld(jobName: string): boolean {
    for (const { assignment } of this.attempts.values())
      if (
        assignment.jobId === jobName &&
        this.failedTasks
          .get(assignment.taskId)
          ?.some(({ code }) => code === "disk-full") === true
      )
        return true;
    return false;
  }

  /** A person had the job retried: budgets begin anew. */
  forgetFailures(jobName: string): void {
    for (const { assignment } of this.attempts.values())
      if (assignment.jobId === jobName)
        this.failedTasks.delete(assignment.taskId);
  }

  forgetLives(): void {
    for (const attempt of this.live) attempt.state = "ended";
    for (const attempt of this.attempts.values()) attempt.state = "ended";
    this.live.clear();
    // What failed where was not written down: a restarted master begins anew.
    this.failedTasks.clear();
    for (const job of this.jobs.values()) {
      job.completedInLife = false;
      job.remaking = false;
    }
  }
}
