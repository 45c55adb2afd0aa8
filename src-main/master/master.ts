/**
 * The master: owns the queue, the connected workers and the attempts; turns
 * what happens into scheduler events and carries out what the scheduler wants.
 * It decides nothing about who works on what (core/scheduler does).
 */
import { mkdir, rm } from "node:fs/promises";
import { unreachable } from "../core/assert.ts";
import { catalogue, Failure } from "../core/errors.ts";
import { saferFeed } from "../core/feed-plan.ts";
import type { AttemptId, DeviceId } from "../core/identifiers.ts";
import type { SchedulerEffect } from "../core/scheduler/effects.ts";
import { createScheduler } from "../core/scheduler/state.ts";
import type { LinkEndCode, PeerLink } from "../net/peer-link.ts";
import type { WorkerMessage } from "../protocol/messages.ts";
import { workFolder } from "../store/job-folder.ts";
import { AttemptDesk } from "./attempt-desk.ts";
import { ConnectedWorker } from "./connected-worker.ts";
import { Inheritance } from "./inheritance.ts";
import { completeStage } from "./job-completion.ts";
import { makeWhole, prepareJob } from "./job-preparation.ts";
import { repairJob } from "./job-repair.ts";
import { JobQueue } from "./job-queue.ts";
import type { Job, JobRequest } from "./job.ts";
import type { MasterOptions } from "./master-options.ts";
import { acceptJob, checkSourceUnchanged, probeJob } from "./job-acceptance.ts";
import { jobFromRecord, recordOf, restoreParts } from "./job-archive.ts";
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
  private readonly inheritance: Inheritance;
  private readonly heardTimer: NodeJS.Timeout;
  private readonly unfinished = new Set<Promise<void>>();

  constructor(options: MasterOptions) {
    this.options = options;
    this.inheritance = new Inheritance(options.store);
    this.loop = new SchedulerLoop(
      createScheduler(options.scheduler),
      (effect) => {
        this.carryOut(effect);
      },
      options.nowMs,
    );
    this.desk = new AttemptDesk({
      binaries: options.binaries,
      store: options.store,
      dataFolder: options.dataFolder,
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
      isAwaited: (id) => this.inheritance.isAwaited(id),
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

  /** Takes up the queue where the node left it, however it ended. */
  resume(): void {
    const { store, dataFolder } = this.options;
    for (const record of store.jobs())
      this.queue.add(jobFromRecord(record, workFolder(dataFolder)));
    if (store.settings.queuePaused) this.pauseQueueNow(true);
    this.activateNext();
  }

  /**
   * Probes the source, plans, and puts the job at the end of the queue. The
   * job survives a crash once this resolves.
   * @throws Failure with the reason why it cannot be done.
   */
  async addJob(request: JobRequest): Promise<Job> {
    const { binaries, dataFolder, store } = this.options;
    const job = await acceptJob(request, this.queue, {
      binaries,
      workFolder: workFolder(dataFolder),
    });
    this.queue.add(job);
    await store.putJob(recordOf(job)).catch((error: unknown) => {
      this.queue.remove(job);
      throw error;
    });
    this.log(job, "added");
    this.activateNext();
    return job;
  }

  /** A paired worker's link. */
  attach(link: PeerLink): void {
    const before = this.workers.get(link.peerId);
    const worker = new ConnectedWorker(link, {
      onJoined: (joined, message) => {
        const running = this.stillWanted(joined, message.running);
        this.loop.dispatch({
          type: "worker-joined",
          worker: {
            workerId: joined.id,
            capabilities: message.capabilities,
            slots: message.slots,
            isLocal: joined.id === this.options.ownDeviceId,
            running,
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
      onLeft: (gone, code) => {
        this.onWorkerLeft(gone, code);
      },
    });
    if (before !== undefined) this.onWorkerLeft(before, "superseded");
    this.workers.set(link.peerId, worker);
  }

  /** Of what a worker still holds, what this master waits for; the rest it may forget. */
  private stillWanted(
    worker: ConnectedWorker,
    held: readonly AttemptId[],
  ): AttemptId[] {
    // Without the transfers of before there is nothing to go on with.
    if (!worker.link.resumed) this.desk.dropWorker(worker.id);
    const known = held.filter((id) => this.desk.has(id));
    const others = held.filter((id) => !this.desk.has(id));
    for (const attemptId of this.inheritance.offer(worker.id, others))
      worker.link.send({ type: "cancel", attemptId, reason: "unknown" });
    return known;
  }

  /** Takes up what workers still hold of a job since an earlier life of this master. */
  private inherit(job: Job): void {
    for (const assignment of this.inheritance.take(job.id)) {
      const { attemptId, jobId, stage, taskId, workerId } = assignment;
      this.desk.inherit(assignment);
      this.loop.dispatch({
        type: "attempt-inherited",
        attempt: {
          attemptId,
          jobId,
          stage,
          taskId,
          workerId,
          range: assignment.kind === "video" ? assignment.range : null,
          isLast: assignment.kind === "video" && assignment.isLast,
        },
      });
    }
  }

  async pauseJob(job: Job): Promise<void> {
    if (job.hasEnded) throw new Failure("job-state-wrong", "the job is over");
    job.paused = true;
    if (job.isActive) this.loop.dispatch({ type: "job-paused", jobId: job.id });
    this.log(job, "paused");
    this.activateNext();
    await this.save(job);
  }

  async resumeJob(job: Job): Promise<void> {
    if (!job.paused) return;
    job.paused = false;
    if (job.isActive)
      this.loop.dispatch({ type: "job-resumed", jobId: job.id });
    this.log(job, "resumed");
    this.activateNext();
    await this.save(job);
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
    await this.save(job);
  }

  /** A failed or cancelled job goes back into the queue; finished segments of the same source are kept. */
  async retryJob(job: Job): Promise<void> {
    if (job.phase.kind !== "failed" && job.phase.kind !== "cancelled") {
      throw new Failure(
        "job-state-wrong",
        "only failed and cancelled jobs can be retried",
      );
    }
    job.phase = { kind: "waiting" };
    if (job.isProbed && job.rates.isControlled) {
      job.restartRates();
      job.finished.clear();
    }
    job.stop = new AbortController();
    job.counters.endedAtMs = null;
    this.log(job, "retried");
    await this.save(job);
    this.activateNext();
  }

  async removeJob(job: Job): Promise<void> {
    if (!job.hasEnded) await this.cancelJob(job);
    this.queue.remove(job);
    await this.clearFolder(job);
    await this.options.store.removeJob(job.id);
    this.changed();
  }

  async moveJob(job: Job, before: Job | null): Promise<void> {
    this.queue.move(job, before);
    if (job.isActive) {
      this.loop.dispatch({
        type: "job-moved",
        jobId: job.id,
        beforeJobId: before?.id ?? null,
      });
    }
    this.changed();
    await this.options.store.moveJob(job.id, before?.id ?? null);
  }

  async prioritiseJob(job: Job, priority: number): Promise<void> {
    job.request = { ...job.request, priority };
    if (job.isActive)
      this.loop.dispatch({ type: "job-prioritised", jobId: job.id, priority });
    this.changed(job);
    await this.save(job);
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

  async pauseQueue(paused: boolean): Promise<void> {
    this.pauseQueueNow(paused);
    this.activateNext();
    await this.options.store.updateSettings({ queuePaused: paused });
  }

  private pauseQueueNow(paused: boolean): void {
    this.queuePaused = paused;
    this.loop.dispatch({ type: paused ? "queue-paused" : "queue-resumed" });
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

  /**
   * Its parts go to others at once. After a lost link its attempts stay open as
   * long as their transfers do: it may come back and be first all the same.
   */
  private onWorkerLeft(worker: ConnectedWorker, code: LinkEndCode): void {
    if (this.workers.get(worker.id) !== worker) return;
    this.workers.delete(worker.id);
    const mayResume =
      code === "lost" || code === "silent" || code === "superseded";
    if (!mayResume) this.desk.dropWorker(worker.id);
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
    if (safer?.kind !== "whole") {
      this.failJob({ ...effect, type: "fail-job" });
      return;
    }
    job.settledChoice = safer;
    await this.save(job);
    await this.options.store.dropSegments(job.id);
    makeWhole(job, safer, this.loop);
  }

  private failJob(
    effect: Extract<SchedulerEffect, { type: "fail-job" }>,
  ): void {
    const job = this.queue.find(effect.jobId);
    if (!job) return;
    const reasons = effect.failures
      .map((failure) => `${this.workerName(failure.workerId)}: ${failure.code}`)
      .join(", ");
    const isOfInput = catalogue[effect.code].blame === "input";
    const detail = isOfInput ? job.request.sourcePath : reasons;
    this.endJob(job, new Failure(effect.code, detail));
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
      if (job.hasEnded) return;
      if (await this.repaired(job, error)) return;
      this.endJob(job, this.failureOf(error));
    }
  }

  /** Whether the output failed because of parts that are now made again. */
  private async repaired(job: Job, error: unknown): Promise<boolean> {
    if (!(error instanceof Failure) || error.code !== "output-wrong")
      return false;
    try {
      const parts = await repairJob(job, {
        binaries: this.options.binaries,
        store: this.options.store,
        dispatch: (event) => {
          this.loop.dispatch(event);
        },
        connected: () => [...this.workers.keys()],
        nameOf: (id) => this.workerName(id),
        log: (text) => {
          this.log(job, text);
        },
      });
      if (parts > 0)
        this.log(
          job,
          `${String(parts)} damaged parts are made again: ${error.detail}`,
        );
      return parts > 0;
    } catch (problem) {
      this.failureOf(problem);
      return false;
    }
  }

  private async completeJob(job: Job, outputBytes: number): Promise<void> {
    const nowMs = this.options.nowMs();
    job.counters.endedAtMs = nowMs;
    const figures = jobFigures(job, nowMs, (id) => this.workerName(id));
    job.phase = { kind: "done", figures, outputBytes };
    this.loop.dispatch({ type: "job-ended", jobId: job.id });
    this.log(job, "done");
    await this.save(job);
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
    this.saveSoon(job);
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
      this.saveSoon(job);
      this.whenOver(this.activate(job));
    }
  }

  private async activate(job: Job): Promise<void> {
    try {
      await this.takeUp(job);
      job.subtitleFile = await prepareSubtitle(job, this.options.binaries);
      job.indexed = prepareJob(job, {
        binaries: this.options.binaries,
        dispatch: (event) => {
          if (!job.hasEnded) this.loop.dispatch(event);
        },
        nowMs: this.options.nowMs,
        heirs: this.inheritance.concerns(job.id)
          ? () => {
              this.inherit(job);
            }
          : null,
      });
      await job.indexed;
    } catch (error) {
      if (job.stop.signal.aborted) return;
      this.endJob(job, this.failureOf(error));
    }
  }

  /** What a job needs before its first attempt; after a restart that is more. */
  private async takeUp(job: Job): Promise<void> {
    const { store, dataFolder, binaries } = this.options;
    await mkdir(job.folder, { recursive: true, mode: 0o700 });
    await checkSourceUnchanged(job);
    if (job.isProbed) return;
    job.media = await probeJob(job.request, binaries);
    await restoreParts(job, store, dataFolder);
    await this.inheritance.gather(job.id, job.stop.signal);
    if (job.finished.size > 0)
      this.log(job, `${String(job.finished.size)} finished parts found`);
  }

  private async clearFolder(job: Job): Promise<void> {
    job.finished.clear();
    job.audioFile = null;
    await this.options.store.dropSegments(job.id);
    await rm(job.folder, { recursive: true, force: true });
  }

  /** Resolves when the job would survive a crash as it is. */
  private async save(job: Job): Promise<void> {
    await this.options.store.putJob(recordOf(job));
  }

  /** For changes nobody waits for; a store that cannot be written is told of in the log. */
  private saveSoon(job: Job): void {
    if (this.queue.find(job.id) === undefined) return;
    this.whenOver(
      this.save(job).catch((error: unknown) => {
        this.options.onLog(error instanceof Error ? error.message : "");
      }),
    );
  }

  /** An error that is no Failure is our own mistake: the job says so, the log has the trace. */
  private failureOf(error: unknown): Failure {
    if (error instanceof Failure) return error;
    this.options.onLog(
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
    return new Failure("internal-error", "", { cause: error });
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
