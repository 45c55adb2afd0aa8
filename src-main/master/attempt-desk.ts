/**
 * The master's attempts: starts, shortens and cancels them as the scheduler
 * wants, and reports what became of each.
 */
import { Failure } from "../core/errors.ts";
import { taskId, type AttemptId, type DeviceId } from "../core/identifiers.ts";
import type { Assignment, SchedulerEffect } from "../core/scheduler/effects.ts";
import type { SchedulerEvent } from "../core/scheduler/events.ts";
import type { Binaries } from "../media/binaries.ts";
import type { PeerLink } from "../net/peer-link.ts";
import type { WorkerMessage } from "../protocol/messages.ts";
import { openJobFolder } from "../store/job-folder.ts";
import type { NodeStore } from "../store/node-store.ts";
import { audioWork, videoWork } from "./attempt-work.ts";
import type { Job } from "./job.ts";
import type { JobRecords } from "./job-records.ts";
import type { JobQueue } from "./job-queue.ts";
import { MasterAttempt, type AttemptOutcome } from "./master-attempt.ts";

export interface DeskPorts {
  readonly binaries: Binaries;
  readonly store: NodeStore;
  readonly records: JobRecords;
  readonly dataFolder: string;
  readonly queue: JobQueue;
  readonly linkOf: (worker: DeviceId) => PeerLink | null;
  readonly nameOf: (worker: DeviceId) => string;
  readonly dispatch: (event: SchedulerEvent) => void;
  readonly nowMs: () => number;
  readonly log: (job: Job, text: string, level?: "warning") => void;
  readonly onChanged: () => void;
  /** An attempt of an earlier life has ended before it was taken up. */
  readonly onEndedBefore: (id: AttemptId, workerId: DeviceId) => void;
  /** Told of every run, so that closing can wait for it. */
  readonly whenOver: (work: Promise<void>) => void;
}

type Cancel = Extract<SchedulerEffect, { type: "cancel" }>;
type Verified = Extract<AttemptOutcome, { kind: "verified" }>;

export class AttemptDesk {
  private readonly ports: DeskPorts;
  private readonly attempts = new Map<AttemptId, MasterAttempt>();
  /** The node is going down: what runs is remembered for its next start. */
  private closing = false;

  constructor(ports: DeskPorts) {
    this.ports = ports;
  }

  start(assignment: Assignment): void {
    this.open(assignment, null);
  }

  /** Awaits the result of an attempt that a worker was given in an earlier life of this master. */
  inherit(assignment: Assignment, quality: number | null): void {
    this.open(assignment, { quality });
  }

  private open(
    assignment: Assignment,
    inherited: { readonly quality: number | null } | null,
  ): void {
    const { ports } = this;
    const job = ports.queue.find(assignment.jobId);
    const link = ports.linkOf(assignment.workerId);
    if (!job || !link) return;
    if (job.phase.kind === "preparing") job.phase = { kind: "encoding" };
    job.counters.attemptCount += 1;
    try {
      const attempt = new MasterAttempt(
        assignment,
        this.workFor(job, assignment, inherited?.quality ?? null),
        {
          transfers: link.transfers,
          send: (message) => {
            ports.linkOf(assignment.workerId)?.send(message);
          },
          isInherited: inherited !== null,
          folder: job.folder,
          keep: (ended, fileName) => this.keep(job, ended, fileName),
          discard: (ended, fileName) => this.discard(job, ended, fileName),
          onOutcome: (ended, outcome) => {
            this.onOutcome(ended, outcome);
          },
        },
      );
      this.attempts.set(assignment.attemptId, attempt);
      ports.whenOver(this.follow(attempt));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      ports.dispatch({
        type: "attempt-failed",
        attemptId: assignment.attemptId,
        code: error.code,
      });
    }
  }

  /** Takes the later part of a running range back, as far as it has not been sent. */
  shorten(id: AttemptId, endFrame: number): void {
    const attempt = this.attempts.get(id);
    if (attempt?.assignment.kind !== "video") return;
    const inForce = attempt.shorten(endFrame);
    this.remember(attempt).catch(() => undefined);
    this.ports.dispatch({
      type: "attempt-shortened",
      attemptId: id,
      endFrame: inForce,
    });
  }

  cancel(effect: Cancel): void {
    const attempt = this.attempts.get(effect.attemptId);
    // A worker that names another's attempt is answered, the attempt goes on.
    if (attempt?.assignment.workerId !== effect.workerId) {
      this.ports.linkOf(effect.workerId)?.send({
        type: "cancel",
        attemptId: effect.attemptId,
        reason: effect.reason,
      });
      return;
    }
    this.drop(attempt, effect.reason);
  }

  /** A message of a worker; one about an attempt that is not its own is dropped. */
  receive(workerId: DeviceId, message: WorkerMessage): void {
    if (!("attemptId" in message)) return;
    const attempt = this.attempts.get(message.attemptId);
    if (attempt === undefined) this.answerUnknown(workerId, message);
    if (attempt?.assignment.workerId !== workerId) return;
    attempt.receive(message);
    if (message.type === "started") this.onStarted(attempt);
    if (message.type !== "progressed") return;
    this.ports.dispatch({
      type: "attempt-progressed",
      attemptId: message.attemptId,
      framesDone: message.framesDone,
      framesFed: attempt.framesFed(),
    });
    this.ports.onChanged();
  }

  /** The last word about an attempt nobody waits for (any more) is heard, so that it is not said again. */
  private answerUnknown(
    workerId: DeviceId,
    message: Extract<WorkerMessage, { attemptId: AttemptId }>,
  ): void {
    if (message.type !== "finished" && message.type !== "failed") return;
    this.ports.onEndedBefore(message.attemptId, workerId);
    this.ports.linkOf(workerId)?.send({
      type: "cancel",
      attemptId: message.attemptId,
      reason: "unknown",
    });
  }

  /** Ends all attempts of a worker whose link is gone. */
  dropWorker(workerId: DeviceId): void {
    for (const attempt of this.attemptsOf(workerId))
      this.drop(attempt, "worker-left");
  }

  has(id: AttemptId): boolean {
    return this.attempts.has(id);
  }

  isOf(id: AttemptId, workerId: DeviceId): boolean {
    return this.attempts.get(id)?.assignment.workerId === workerId;
  }

  attemptsOf(workerId: DeviceId): readonly MasterAttempt[] {
    return [...this.attempts.values()].filter(
      (attempt) => attempt.assignment.workerId === workerId,
    );
  }

  /** Lets go of all attempts without a word: workers keep what they can hand in later. */
  close(): void {
    this.closing = true;
    for (const attempt of [...this.attempts.values()]) attempt.abandon();
  }

  private workFor(job: Job, assignment: Assignment, given: number | null) {
    const { binaries } = this.ports;
    if (assignment.kind === "audio") return audioWork(binaries, job);
    const encode = job.rates.encodeFor(
      assignment.attemptId,
      assignment.range,
      job.rateFacts(null),
      given,
    );
    return videoWork(binaries, job, assignment, encode);
  }

  /** Remembers the attempt on disk for as long as it lives. */
  private async follow(attempt: MasterAttempt): Promise<void> {
    const { assignment } = attempt;
    const { store } = this.ports;
    const recorded = this.remember(attempt);
    // A store that cannot be written fails where something is acknowledged.
    recorded.catch(() => undefined);
    await attempt.run();
    if (!this.closing)
      await store.endAttempt(assignment.attemptId).catch(() => undefined);
  }

  private remember(attempt: MasterAttempt): Promise<void> {
    const { assignment } = attempt;
    const isVideo = assignment.kind === "video";
    const job = this.ports.queue.find(assignment.jobId);
    return this.ports.store.recordAttempt({
      attemptId: assignment.attemptId,
      jobId: assignment.jobId,
      stage: assignment.stage,
      taskId: assignment.taskId,
      workerId: assignment.workerId,
      kind: assignment.kind,
      range: isVideo
        ? {
            startFrame: assignment.range.startFrame,
            endFrame: attempt.endFrame,
          }
        : null,
      // Shortened, it ends before the source does.
      isLast:
        isVideo &&
        assignment.isLast &&
        attempt.endFrame === assignment.range.endFrame,
      startedAtMs: this.ports.nowMs(),
      ...qualityOf(job, attempt),
    });
  }

  /** Recorded under the attempt's id: two attempts at one task never overwrite each other. */
  private async keep(
    job: Job,
    attempt: MasterAttempt,
    fileName: string,
  ): Promise<void> {
    const { assignment } = attempt;
    const folder = await openJobFolder(this.ports.dataFolder, job.id);
    const settled = await folder.settle(fileName);
    if (assignment.stage !== job.rates.stage) return;
    // A part is worth nothing without knowing what it was made for.
    if (!job.rates.isKept) await this.ports.records.save(job);
    await this.ports.store.recordSegment(job.id, {
      ...settled,
      taskId: taskId(assignment.attemptId),
      stage: assignment.stage,
      kind: assignment.kind,
      range:
        assignment.kind === "video"
          ? {
              startFrame: assignment.range.startFrame,
              endFrame: attempt.endFrame,
            }
          : null,
      workerId: assignment.workerId,
      recordedAtMs: this.ports.nowMs(),
      ...qualityOf(job, attempt),
    });
  }

  private async discard(
    job: Job,
    attempt: MasterAttempt,
    fileName: string,
  ): Promise<void> {
    const key = taskId(attempt.assignment.attemptId);
    await this.ports.store.dropSegments(job.id, { taskIds: [key] });
    const folder = await openJobFolder(this.ports.dataFolder, job.id);
    await folder.remove(fileName);
  }

  private onStarted(attempt: MasterAttempt): void {
    const { attemptId, jobId } = attempt.assignment;
    this.ports.dispatch({ type: "attempt-started", attemptId });
    const job = this.ports.queue.find(jobId);
    if (job) job.counters.firstSegmentAtMs ??= this.ports.nowMs();
  }

  private drop(attempt: MasterAttempt, reason: string): void {
    this.count(attempt, null);
    attempt.cancel(reason);
    this.attempts.delete(attempt.assignment.attemptId);
  }

  private onOutcome(attempt: MasterAttempt, outcome: AttemptOutcome): void {
    const { attemptId, jobId, taskId, workerId } = attempt.assignment;
    this.attempts.delete(attemptId);
    const isVerified = outcome.kind === "verified";
    this.count(attempt, isVerified ? outcome.result.sizeBytes : null);
    const job = this.ports.queue.find(jobId);
    if (!job) return;
    if (isVerified) {
      this.keepResult(job, attempt, outcome);
      this.ports.dispatch({
        type: "attempt-verified",
        attemptId,
        sizeBytes: outcome.result.sizeBytes,
      });
    } else {
      const worker = this.ports.nameOf(workerId);
      const { code, detail } = outcome;
      if (code === "result-too-large") job.oversizedResults += 1;
      this.ports.log(
        job,
        `${taskId} on ${worker} failed: ${code} ${detail}`,
        "warning",
      );
      this.ports.dispatch({ type: "attempt-failed", attemptId, code });
    }
    this.ports.onChanged();
  }

  private keepResult(
    job: Job,
    attempt: MasterAttempt,
    outcome: Verified,
  ): void {
    const { assignment } = attempt;
    if (assignment.kind === "audio") {
      job.audioFile = outcome.file;
      return;
    }
    job.finished.set(assignment.taskId, {
      taskId: assignment.taskId,
      recordId: taskId(assignment.attemptId),
      workerId: assignment.workerId,
      startFrame: assignment.range.startFrame,
      endFrame: attempt.endFrame,
      file: outcome.file,
      sizeBytes: outcome.result.sizeBytes,
      frames: outcome.result.frames,
    });
    const by = job.counters.framesByWorker;
    by.set(
      assignment.workerId,
      (by.get(assignment.workerId) ?? 0) + outcome.result.frames,
    );
    this.ports.log(
      job,
      `part at frame ${String(assignment.range.startFrame)} from ${this.ports.nameOf(assignment.workerId)}: ${outcome.result.frames} frames`,
    );
  }

  /** An attempt is over; null: without a result. */
  private count(attempt: MasterAttempt, sizeBytes: number | null): void {
    const job = this.ports.queue.find(attempt.assignment.jobId);
    if (!job) return;
    job.rates.ended(attempt.assignment.attemptId, sizeBytes);
    job.counters.bytesSent += attempt.bytesSent;
    job.counters.bytesReceived += attempt.bytesReceived;
    if (sizeBytes === null) job.counters.wastedFrames += attempt.framesDone;
  }
}

/** What was chosen for an attempt alone, where a bitrate or a size is asked for. */
function qualityOf(
  job: Job | undefined,
  { assignment }: MasterAttempt,
): { quality?: number } {
  const quality =
    assignment.kind === "video" && job?.isProbed === true
      ? job.rates.qualityOf(assignment.attemptId)
      : null;
  return quality === null ? {} : { quality };
}
