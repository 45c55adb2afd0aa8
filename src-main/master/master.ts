/**
 * The master: owns the queue, the connected workers and the attempts; turns
 * what happens into scheduler events and carries out what the scheduler wants.
 * It decides nothing about who works on what (core/scheduler does).
 */
import { mkdir, rm } from "node:fs/promises";
import { assert, unreachable } from "../core/assert.ts";
import { Failure, type ErrorCode } from "../core/errors.ts";
import { saferFeed } from "../core/feed-plan.ts";
import type { AttemptId, DeviceId } from "../core/identifiers.ts";
import type { Assignment, SchedulerEffect } from "../core/scheduler/effects.ts";
import { createScheduler } from "../core/scheduler/state.ts";
import type { PeerLink } from "../net/peer-link.ts";
import type { WorkerMessage } from "../protocol/messages.ts";
import { audioWork, videoWork } from "./attempt-work.ts";
import { ConnectedWorker } from "./connected-worker.ts";
import { assembleJob } from "./job-assembly.ts";
import { makeWhole, prepareJob } from "./job-preparation.ts";
import { JobQueue } from "./job-queue.ts";
import type { Job, JobRequest } from "./job.ts";
import { MasterAttempt, type AttemptOutcome } from "./master-attempt.ts";
import type { MasterOptions } from "./master-options.ts";
import { acceptJob } from "./job-acceptance.ts";
import { jobFigures } from "./queue-view.ts";
import { SchedulerLoop } from "./scheduler-loop.ts";
import { prepareSubtitle } from "./subtitle-preparation.ts";

/** Jobs in the scheduler at once: the one at work, and the next, so that no worker runs dry between two. */
const jobsAhead = 2;
/** While a link lives its worker does; net closes links that go silent. */
const heardEveryMs = 2_000;

export class Master {
  readonly queue = new JobQueue();
  readonly workers = new Map<DeviceId, ConnectedWorker>();
  readonly attempts = new Map<AttemptId, MasterAttempt>();
  readonly loop: SchedulerLoop;
  queuePaused = false;
  private readonly options: MasterOptions;
  private readonly heardTimer: NodeJS.Timeout;
  private readonly unfinished = new Set<Promise<void>>();

  constructor(options: MasterOptions) {
    this.options = options;
    this.loop = new SchedulerLoop(
      createScheduler(options.scheduler),
      (effect) => {
        this.carryOut(effect);
      },
      options.nowMs,
    );
    this.heardTimer = setInterval(() => {
      for (const worker of this.workers.values()) {
        if (worker.hasJoined)
          this.loop.dispatch({ type: "worker-heard", workerId: worker.id });
      }
      this.changed();
    }, heardEveryMs);
    this.heardTimer.unref();
  }

  /**
   * Probes the source, plans, and puts the job at the end of the queue.
   * @throws Failure with the reason why it cannot be done.
   */
  async addJob(request: JobRequest): Promise<Job> {
    const job = await acceptJob(request, this.queue, this.options);
    this.queue.add(job);
    this.log(job, "added");
    this.activateNext();
    return job;
  }

  /** A paired worker's link. */
  attach(link: PeerLink): void {
    const before = this.workers.get(link.peerId);
    const worker = new ConnectedWorker(link, {
      onJoined: (joined, message) => {
        this.loop.dispatch({
          type: "worker-joined",
          worker: {
            workerId: joined.id,
            capabilities: message.capabilities,
            slots: message.slots,
            isLocal: joined.id === this.options.ownDeviceId,
            running: message.running,
          },
        });
        if (message.availability.kind !== "ready") {
          this.onWorkerMessage(joined, {
            type: "availability-changed",
            availability: message.availability,
          });
        }
        this.changed();
      },
      onMessage: (from, message) => {
        this.onWorkerMessage(from, message);
      },
      onLeft: (gone) => {
        this.onWorkerLeft(gone);
      },
    });
    this.workers.set(link.peerId, worker);
    before?.link.close("replaced");
  }

  pauseJob(job: Job): void {
    if (job.hasEnded) throw new Failure("job-state-wrong", "the job is over");
    job.paused = true;
    if (job.isActive) this.loop.dispatch({ type: "job-paused", jobId: job.id });
    this.log(job, "paused");
    this.activateNext();
  }

  resumeJob(job: Job): void {
    if (!job.paused) return;
    job.paused = false;
    if (job.isActive)
      this.loop.dispatch({ type: "job-resumed", jobId: job.id });
    this.log(job, "resumed");
    this.activateNext();
  }

  async cancelJob(job: Job): Promise<void> {
    if (job.hasEnded) throw new Failure("job-state-wrong", "the job is over");
    const wasActive = job.isActive;
    job.phase = { kind: "cancelled" };
    job.counters.endedAtMs = this.options.nowMs();
    job.stop.abort(new Failure("cancelled"));
    if (wasActive) this.loop.dispatch({ type: "job-cancelled", jobId: job.id });
    this.log(job, "cancelled");
    await this.clearFolder(job);
    this.activateNext();
  }

  /** A failed or cancelled job goes back into the queue; finished segments of the same source are kept. */
  retryJob(job: Job): void {
    if (job.phase.kind !== "failed" && job.phase.kind !== "cancelled") {
      throw new Failure(
        "job-state-wrong",
        "only failed and cancelled jobs can be retried",
      );
    }
    job.phase = { kind: "waiting" };
    job.stop = new AbortController();
    job.counters.endedAtMs = null;
    this.log(job, "retried");
    this.activateNext();
  }

  async removeJob(job: Job): Promise<void> {
    if (!job.hasEnded) await this.cancelJob(job);
    this.queue.remove(job);
    await this.clearFolder(job);
    this.changed();
  }

  moveJob(job: Job, before: Job | null): void {
    this.queue.move(job, before);
    if (job.isActive) {
      this.loop.dispatch({
        type: "job-moved",
        jobId: job.id,
        beforeJobId: before?.id ?? null,
      });
    }
    this.changed();
  }

  prioritiseJob(job: Job, priority: number): void {
    job.request = { ...job.request, priority };
    if (job.isActive)
      this.loop.dispatch({ type: "job-prioritised", jobId: job.id, priority });
    this.changed(job);
  }

  /** A drained worker finishes what it has and gets nothing new. */
  drainWorker(workerId: string, drain: boolean): void {
    const worker = [...this.workers.values()].find(
      (one) => one.id === workerId,
    );
    if (!worker) throw new Failure("worker-lost", workerId);
    worker.drained = drain;
    this.loop.dispatch({
      type: "worker-availability-changed",
      workerId: worker.id,
      availability: drain ? { kind: "draining" } : worker.availability,
    });
    this.changed();
  }

  forgiveWorker(workerId: string): void {
    const worker = [...this.workers.values()].find(
      (one) => one.id === workerId,
    );
    if (!worker) throw new Failure("worker-lost", workerId);
    this.loop.dispatch({ type: "worker-forgiven", workerId: worker.id });
    this.changed();
  }

  pauseQueue(paused: boolean): void {
    this.queuePaused = paused;
    this.loop.dispatch({ type: paused ? "queue-paused" : "queue-resumed" });
    this.activateNext();
  }

  /** Ends all attempts; work folders stay for the next start unless told otherwise. */
  async close(): Promise<void> {
    clearInterval(this.heardTimer);
    this.loop.close();
    for (const job of this.queue.all())
      job.stop.abort(new Failure("cancelled"));
    for (const attempt of this.attempts.values()) attempt.cancel("closing");
    for (const worker of this.workers.values()) worker.link.close("closing");
    await Promise.all(this.unfinished);
  }

  private onWorkerMessage(
    worker: ConnectedWorker,
    message: WorkerMessage,
  ): void {
    if (message.type === "availability-changed") {
      this.loop.dispatch({
        type: "worker-availability-changed",
        workerId: worker.id,
        availability: worker.drained
          ? { kind: "draining" }
          : message.availability,
      });
      this.changed();
      return;
    }
    if (!("attemptId" in message)) return;
    const attempt = this.attempts.get(message.attemptId);
    if (attempt?.assignment.workerId !== worker.id) return;
    attempt.receive(message);
    if (message.type === "started") this.onAttemptStarted(attempt);
    if (message.type === "progressed") {
      this.loop.dispatch({
        type: "attempt-progressed",
        attemptId: message.attemptId,
        framesDone: message.framesDone,
        framesFed: attempt.framesFed(),
      });
      this.changed();
    }
  }

  private onAttemptStarted(attempt: MasterAttempt): void {
    this.loop.dispatch({
      type: "attempt-started",
      attemptId: attempt.assignment.attemptId,
    });
    const job = this.queue.find(attempt.assignment.jobId);
    if (job) job.counters.firstSegmentAtMs ??= this.options.nowMs();
  }

  private onWorkerLeft(worker: ConnectedWorker): void {
    if (this.workers.get(worker.id) !== worker) return;
    this.workers.delete(worker.id);
    for (const [id, attempt] of this.attempts) {
      if (attempt.assignment.workerId !== worker.id) continue;
      attempt.cancel("worker-left");
      this.attempts.delete(id);
    }
    if (worker.hasJoined)
      this.loop.dispatch({ type: "worker-left", workerId: worker.id });
    this.changed();
  }

  private carryOut(effect: SchedulerEffect): void {
    switch (effect.type) {
      case "assign":
        this.startAttempt(effect.assignment);
        return;
      case "shorten":
        this.shortenAttempt(effect.attemptId, effect.endFrame);
        return;
      case "cancel":
        this.cancelAttempt(effect);
        return;
      case "complete-stage":
        this.whenOver(this.finishJob(effect));
        return;
      case "fail-job":
        this.failJob(effect);
        return;
      case "make-whole":
        this.whenOver(this.remakeJob(effect));
        return;
      case "block-worker":
        this.options.onLog(
          `${this.workerName(effect.workerId)} is set aside for ${effect.capability}: ${effect.code}`,
        );
        this.changed();
        return;
      default:
        unreachable(effect);
    }
  }

  private startAttempt(assignment: Assignment): void {
    const job = this.queue.find(assignment.jobId);
    const worker = this.workers.get(assignment.workerId);
    if (!job || !worker) return;
    if (job.phase.kind === "preparing") job.phase = { kind: "encoding" };
    job.counters.attemptCount += 1;
    try {
      const { binaries } = this.options;
      const work =
        assignment.kind === "video"
          ? videoWork(binaries, job, assignment, null)
          : audioWork(binaries, job);
      const attempt = new MasterAttempt(assignment, work, {
        binaries,
        link: worker.link,
        folder: job.folder,
        onOutcome: (ended, outcome) => {
          this.onOutcome(ended, outcome);
        },
      });
      this.attempts.set(assignment.attemptId, attempt);
      this.whenOver(attempt.run());
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.loop.dispatch({
        type: "attempt-failed",
        attemptId: assignment.attemptId,
        code: error.code,
      });
    }
  }

  private shortenAttempt(id: AttemptId, endFrame: number): void {
    const attempt = this.attempts.get(id);
    if (attempt?.assignment.kind !== "video") return;
    const inForce = attempt.shorten(endFrame);
    this.loop.dispatch({
      type: "attempt-shortened",
      attemptId: id,
      endFrame: inForce,
    });
  }

  private cancelAttempt(
    effect: Extract<SchedulerEffect, { type: "cancel" }>,
  ): void {
    const attempt = this.attempts.get(effect.attemptId);
    if (attempt === undefined) {
      this.workers
        .get(effect.workerId)
        ?.link.send({
          type: "cancel",
          attemptId: effect.attemptId,
          reason: effect.reason,
        });
      return;
    }
    this.count(attempt, true);
    attempt.cancel(effect.reason);
    this.attempts.delete(effect.attemptId);
  }

  private onOutcome(attempt: MasterAttempt, outcome: AttemptOutcome): void {
    const { assignment } = attempt;
    this.attempts.delete(assignment.attemptId);
    this.count(attempt, outcome.kind === "failed");
    const job = this.queue.find(assignment.jobId);
    if (!job) return;
    if (outcome.kind === "verified") {
      this.keepResult(job, attempt, outcome);
      this.loop.dispatch({
        type: "attempt-verified",
        attemptId: assignment.attemptId,
        sizeBytes: outcome.result.sizeBytes,
      });
    } else {
      const worker = this.workerName(assignment.workerId);
      this.log(
        job,
        `${assignment.taskId} on ${worker} failed: ${outcome.code} ${outcome.detail}`,
      );
      this.loop.dispatch({
        type: "attempt-failed",
        attemptId: assignment.attemptId,
        code: outcome.code,
      });
    }
    this.changed();
  }

  private keepResult(
    job: Job,
    attempt: MasterAttempt,
    outcome: Extract<AttemptOutcome, { kind: "verified" }>,
  ): void {
    const { assignment } = attempt;
    if (assignment.kind === "audio") {
      job.audioFile = outcome.file;
      return;
    }
    job.finished.set(assignment.taskId, {
      taskId: assignment.taskId,
      startFrame: assignment.range.startFrame,
      endFrame: attempt.endFrame(),
      file: outcome.file,
      sizeBytes: outcome.result.sizeBytes,
      frames: outcome.result.frames,
      parameterSetsHash: outcome.result.parameterSetsHash,
    });
    const by = job.counters.framesByWorker;
    by.set(
      assignment.workerId,
      (by.get(assignment.workerId) ?? 0) + outcome.result.frames,
    );
    this.log(
      job,
      `${assignment.taskId} from ${this.workerName(assignment.workerId)}: ${outcome.result.frames} frames`,
    );
  }

  /** Cut, the source does not come out right: the same as one piece, when its index is complete. */
  private async remakeJob(
    effect: Extract<SchedulerEffect, { type: "make-whole" }>,
  ): Promise<void> {
    const job = this.queue.find(effect.jobId);
    if (!job || job.choice === null) return;
    await job.indexed.catch(() => undefined);
    if (!job.isActive) return;
    const reason =
      effect.code === "cut-failed" ? "not-copyable" : "cut-not-exact";
    const safer = saferFeed(job.choice, reason);
    if (safer?.kind === "whole") makeWhole(job, safer, this.loop);
    else this.failJob({ ...effect, type: "fail-job" });
  }

  private failJob(
    effect: Extract<SchedulerEffect, { type: "fail-job" }>,
  ): void {
    const job = this.queue.find(effect.jobId);
    if (!job) return;
    const reasons = effect.failures
      .map((failure) => `${this.workerName(failure.workerId)}: ${failure.code}`)
      .join(", ");
    this.endJob(job, new Failure(effect.code, reasons));
  }

  private async finishJob(
    effect: Extract<SchedulerEffect, { type: "complete-stage" }>,
  ): Promise<void> {
    const job = this.queue.find(effect.jobId);
    if (!job || job.hasEnded) return;
    job.phase = { kind: "stitching" };
    this.changed();
    try {
      const segments = effect.segments.map((one) => {
        const segment = job.finished.get(one.taskId);
        assert(
          segment !== undefined,
          "the scheduler counts only what was kept",
        );
        return segment;
      });
      const outputBytes = await assembleJob(job, {
        binaries: this.options.binaries,
        segments,
        onProgress: (ratio) => {
          job.stitchRatio = ratio;
          this.changed(job);
        },
      });
      job.counters.endedAtMs = this.options.nowMs();
      job.phase = {
        kind: "done",
        figures: jobFigures(job, this.options.nowMs(), (worker) =>
          this.workerName(worker),
        ),
        outputBytes,
      };
      this.loop.dispatch({ type: "job-ended", jobId: job.id });
      this.log(job, "done");
      await this.clearFolder(job);
      this.activateNext();
    } catch (error) {
      this.endJob(job, asFailure(error, "stitch-failed"));
    }
  }

  private endJob(job: Job, failure: Failure): void {
    if (job.hasEnded) return;
    job.phase = { kind: "failed", failure };
    job.counters.endedAtMs = this.options.nowMs();
    job.stop.abort(new Failure("cancelled"));
    this.loop.dispatch({ type: "job-ended", jobId: job.id });
    this.log(job, `failed: ${failure.code} ${failure.detail}`);
    this.activateNext();
  }

  /** Hands the next waiting jobs to the scheduler. */
  private activateNext(): void {
    this.changed();
    if (this.queuePaused) return;
    const active = this.queue
      .all()
      .filter(
        (job) =>
          (job.phase.kind === "preparing" || job.phase.kind === "encoding") &&
          !job.paused,
      );
    for (const job of this.queue
      .waiting()
      .slice(0, Math.max(0, jobsAhead - active.length))) {
      job.phase = { kind: "preparing" };
      job.counters.startedAtMs ??= this.options.nowMs();
      this.whenOver(this.activate(job));
    }
  }

  private async activate(job: Job): Promise<void> {
    try {
      await mkdir(job.folder, { recursive: true, mode: 0o700 });
      job.subtitleFile = await prepareSubtitle(job, this.options.binaries);
      job.indexed = prepareJob(job, {
        binaries: this.options.binaries,
        dispatch: (event) => {
          if (!job.hasEnded) this.loop.dispatch(event);
        },
        nowMs: this.options.nowMs,
      });
      await job.indexed;
    } catch (error) {
      if (job.stop.signal.aborted) return;
      this.endJob(job, asFailure(error, "source-unreadable"));
    }
  }

  private count(attempt: MasterAttempt, wasted: boolean): void {
    const job = this.queue.find(attempt.assignment.jobId);
    if (!job) return;
    job.counters.bytesSent += attempt.bytesSent;
    job.counters.bytesReceived += attempt.bytesReceived;
    if (wasted) job.counters.wastedFrames += attempt.framesDone;
  }

  private async clearFolder(job: Job): Promise<void> {
    job.finished.clear();
    job.audioFile = null;
    await rm(job.folder, { recursive: true, force: true });
  }

  private whenOver(work: Promise<void>): void {
    this.unfinished.add(work);
    void work.finally(() => this.unfinished.delete(work));
  }

  private workerName(id: DeviceId): string {
    return this.workers.get(id)?.name ?? id.slice(0, 7);
  }

  private log(job: Job, text: string): void {
    job.record(this.options.nowMs(), text);
    this.options.onLog(`${job.id}: ${text}`);
    this.changed(job);
  }

  private changed(job: Job | null = null): void {
    this.options.onChanged(job?.id ?? null);
  }
}

function asFailure(error: unknown, otherwise: ErrorCode): Failure {
  return error instanceof Failure
    ? error
    : new Failure(otherwise, "unexpected error", { cause: error });
}
