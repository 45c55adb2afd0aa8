/**
 * The master: owns the queue, the connected workers and the attempts; turns
 * what happens into scheduler events and carries out what the scheduler wants.
 * It decides nothing about who works on what (core/scheduler does).
 */
import { mkdir, rm } from "node:fs/promises";
import { unreachable } from "../core/assert.ts";
import { Failure, type ErrorCode } from "../core/errors.ts";
import { saferFeed } from "../core/feed-plan.ts";
import type { DeviceId } from "../core/identifiers.ts";
import type { SchedulerEffect } from "../core/scheduler/effects.ts";
import { createScheduler } from "../core/scheduler/state.ts";
import type { PeerLink } from "../net/peer-link.ts";
import type { WorkerMessage } from "../protocol/messages.ts";
import { AttemptDesk } from "./attempt-desk.ts";
import { ConnectedWorker } from "./connected-worker.ts";
import { completeStage } from "./job-completion.ts";
import { makeWhole, prepareJob } from "./job-preparation.ts";
import { JobQueue } from "./job-queue.ts";
import type { Job, JobRequest } from "./job.ts";
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
  readonly desk: AttemptDesk;
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
    this.desk = new AttemptDesk({
      binaries: options.binaries,
      queue: this.queue,
      linkOf: (id) => this.workers.get(id)?.link ?? null,
      nameOf: (id) => this.workerName(id),
      dispatch: (event) => {
        this.loop.dispatch(event);
      },
      nowMs: options.nowMs,
      log: (job, text) => {
        this.log(job, text);
      },
      onChanged: () => {
        this.changed();
      },
      whenOver: (work) => {
        this.whenOver(work);
      },
    });
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
    if (job.rates.isControlled) {
      job.restartRates();
      job.finished.clear();
    }
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
    this.desk.close();
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
    this.desk.receive(worker.id, message);
  }

  private onWorkerLeft(worker: ConnectedWorker): void {
    if (this.workers.get(worker.id) !== worker) return;
    this.workers.delete(worker.id);
    this.desk.dropWorker(worker.id);
    if (worker.hasJoined)
      this.loop.dispatch({ type: "worker-left", workerId: worker.id });
    this.changed();
  }

  private carryOut(effect: SchedulerEffect): void {
    switch (effect.type) {
      case "assign":
        this.desk.start(effect.assignment);
        return;
      case "shorten":
        this.desk.shorten(effect.attemptId, effect.endFrame);
        return;
      case "cancel":
        this.desk.cancel(effect);
        return;
      case "complete-stage":
        this.whenOver(this.finishStage(effect));
        return;
      case "fail-job":
        this.failJob(effect);
        return;
      case "make-whole":
        this.whenOver(this.remakeJob(effect));
        return;
      case "disconnect-worker":
        this.workers.get(effect.workerId)?.link.close("silent");
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

  private async finishStage(
    effect: Extract<SchedulerEffect, { type: "complete-stage" }>,
  ): Promise<void> {
    const job = this.queue.find(effect.jobId);
    if (!job || job.hasEnded) return;
    try {
      const outputBytes = await completeStage(job, effect, {
        binaries: this.options.binaries,
        dispatch: (event) => {
          this.loop.dispatch(event);
        },
        onProgress: (ratio) => {
          job.stitchRatio = ratio;
          this.changed(job);
        },
      });
      if (outputBytes !== null) await this.completeJob(job, outputBytes);
    } catch (error) {
      if (!job.hasEnded) this.endJob(job, asFailure(error, "stitch-failed"));
    }
  }

  private async completeJob(job: Job, outputBytes: number): Promise<void> {
    const nowMs = this.options.nowMs();
    job.counters.endedAtMs = nowMs;
    const figures = jobFigures(job, nowMs, (id) => this.workerName(id));
    job.phase = { kind: "done", figures, outputBytes };
    this.loop.dispatch({ type: "job-ended", jobId: job.id });
    this.log(job, "done");
    await this.clearFolder(job);
    this.activateNext();
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
