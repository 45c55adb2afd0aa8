/**
 * Takes jobs from their turn to their end: hands them to the scheduler, begins
 * their passes, puts outputs together, and says how each ended.
 */
import { mkdir } from "node:fs/promises";
import { catalogue, Failure } from "../core/errors.ts";
import { failureSummary } from "../core/failure-summary.ts";
import { saferFeed } from "../core/feed-plan.ts";
import type { SchedulerEffect } from "../core/scheduler/effects.ts";
import type { SchedulerEvent } from "../core/scheduler/events.ts";
import { decodesCleanly } from "../media/decode-check.ts";
import { checkSourceUnchanged, probeJob } from "./job-acceptance.ts";
import { restoreParts } from "./finished-parts.ts";
import { completeStage } from "./job-completion.ts";
import { makeWhole, prepareJob } from "./job-preparation.ts";
import { chooseOthers, repairJob } from "./job-repair.ts";
import { jobsToBegin, placeInScheduler } from "./job-turns.ts";
import type { Job } from "./job.ts";
import type { MasterContext } from "./master-context.ts";
import { partsMade } from "./parts-made.ts";
import { jobFigures } from "./queue-view.ts";
import { prepareSubtitle } from "./subtitle-preparation.ts";

type Effect<Type extends SchedulerEffect["type"]> = Extract<
  SchedulerEffect,
  { type: Type }
>;

export class JobLife {
  queuePaused = false;
  private readonly context: MasterContext;

  constructor(context: MasterContext) {
    this.context = context;
  }

  /** Hands the next waiting jobs to the scheduler. */
  takeTurns(): void {
    const { context } = this;
    context.changed(null);
    if (this.queuePaused) return;
    const { smallJobShare, smallJobRatio } = context.loop.state.config;
    const begin = jobsToBegin(context.queue.all(), {
      workers: context.sessions.joined(),
      smallJobShare,
      smallJobRatio,
    });
    for (const job of begin) {
      job.phase = { kind: "preparing" };
      job.counters.startedAtMs ??= context.options.nowMs();
      context.records.saveSoon(job);
      context.whenOver(this.begin(job));
    }
  }

  /** Whom a job keeps away it can do without now, or still; and waiting jobs may have somebody. */
  workerJoined(): void {
    const { queue, loop, sessions } = this.context;
    for (const job of queue.all())
      chooseOthers(job, {
        connected: () => [...sessions.connected.keys()],
        dispatch: (event) => {
          loop.dispatch(event);
        },
      });
    this.takeTurns();
  }

  /** Puts a job where it stands in the queue, among those the scheduler has. */
  place(job: Job): void {
    const { loop, queue } = this.context;
    if (!job.isActive) return;
    const beforeJobId = placeInScheduler(queue.all(), job);
    loop.dispatch({ type: "job-moved", jobId: job.id, beforeJobId });
  }

  private async begin(job: Job): Promise<void> {
    const { options, inheritance } = this.context;
    const { signal } = job.stop;
    try {
      await this.takeUp(job);
      job.subtitleFile = await prepareSubtitle(job, options.binaries);
      job.indexed = prepareJob(job, {
        binaries: options.binaries,
        dispatch: (event) => {
          if (!job.hasEnded && !signal.aborted) this.dispatch(job, event);
        },
        nowMs: options.nowMs,
        heirs: inheritance.concerns(job.id)
          ? () => {
              this.inherit(job);
            }
          : null,
      });
      await job.indexed;
    } catch (error) {
      if (signal.aborted) return;
      this.fail(job, this.failureOf(error));
    }
  }

  private dispatch(job: Job, event: SchedulerEvent): void {
    this.context.loop.dispatch(event);
    if (event.type === "job-added") this.place(job);
  }

  /** What a job needs before its first attempt; after a restart that is more. */
  private async takeUp(job: Job): Promise<void> {
    const { options, inheritance } = this.context;
    await mkdir(job.folder, { recursive: true, mode: 0o700 });
    await checkSourceUnchanged(job);
    if (job.isProbed) return;
    job.media = await probeJob(job.request, options.binaries);
    await restoreParts(job, options.store, options.dataFolder);
    await inheritance.gather(job.id, job.stop.signal);
    if (job.finished.size > 0)
      this.context.log(
        job,
        `${String(job.finished.size)} finished parts found`,
      );
  }

  /** Takes up what workers still hold of a job since an earlier life of this master. */
  private inherit(job: Job): void {
    const { inheritance, loop, desk } = this.context;
    for (const { assignment, quality } of inheritance.take(job.id)) {
      const { attemptId, jobId, stage, taskId, workerId } = assignment;
      desk.inherit(assignment, quality);
      loop.dispatch({
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

  /** Every task of a pass is verified. */
  async finishStage(effect: Effect<"complete-stage">): Promise<void> {
    const { context } = this;
    const job = context.queue.find(effect.jobId);
    if (!job || job.hasEnded) return;
    try {
      const outputBytes = await completeStage(job, effect, {
        binaries: context.options.binaries,
        records: context.records,
        store: context.options.store,
        dispatch: (event) => {
          context.loop.dispatch(event);
        },
        onProgress: (ratio) => {
          job.stitchRatio = ratio;
          context.changed(job);
        },
      });
      if (outputBytes !== null) await this.complete(job, outputBytes);
    } catch (error) {
      if (job.hasEnded) return;
      if (await this.repaired(job, error)) return;
      this.fail(job, this.failureOf(error));
    }
  }

  /** Whether the output failed because of parts that are now made again. */
  private async repaired(job: Job, error: unknown): Promise<boolean> {
    const { options, loop, sessions, nameOf, log } = this.context;
    if (!(error instanceof Failure) || error.code !== "output-wrong")
      return false;
    try {
      const parts = await repairJob(job, {
        isClean: (file, signal) =>
          decodesCleanly(options.binaries, file, signal),
        store: options.store,
        dispatch: (event) => {
          loop.dispatch(event);
        },
        connected: () => [...sessions.connected.keys()],
        nameOf,
        log: (text) => {
          log(job, text);
        },
      });
      if (parts > 0)
        log(
          job,
          `${String(parts)} damaged parts are made again: ${error.detail}`,
          "warning",
        );
      return parts > 0;
    } catch (problem) {
      this.failureOf(problem);
      return false;
    }
  }

  /** Cut, the source does not come out right: the same as one piece, when its index is complete. */
  async remake(effect: Effect<"make-whole">): Promise<void> {
    const { queue, records, options, loop } = this.context;
    const job = queue.find(effect.jobId);
    if (!job || job.choice === null) return;
    await job.indexed.catch(() => undefined);
    if (!job.isActive) return;
    const reason =
      effect.code === "cut-failed" ? "not-copyable" : "cut-not-exact";
    const safer = saferFeed(job.choice, reason);
    if (safer?.kind !== "whole") {
      this.giveUp({ ...effect, type: "fail-job" });
      return;
    }
    job.settledChoice = safer;
    await records.save(job);
    await options.store.dropSegments(job.id);
    makeWhole(job, safer, loop);
  }

  /** The scheduler has given a job up. */
  giveUp(effect: Effect<"fail-job">): void {
    const job = this.context.queue.find(effect.jobId);
    if (!job) return;
    const reasons = failureSummary(
      effect.failures.map(({ workerId, code }) => ({
        name: this.context.nameOf(workerId),
        code,
      })),
    );
    const isOfInput = catalogue[effect.code].blame === "input";
    const detail = isOfInput ? job.request.sourcePath : reasons;
    this.fail(job, new Failure(effect.code, detail));
  }

  private async complete(job: Job, outputBytes: number): Promise<void> {
    const { options, loop, records, nameOf, log } = this.context;
    const nowMs = options.nowMs();
    job.counters.endedAtMs = nowMs;
    const figures = jobFigures(job, nowMs, nameOf);
    job.phase = { kind: "done", figures, outputBytes, parts: partsMade(job) };
    loop.dispatch({ type: "job-ended", jobId: job.id });
    log(job, "done");
    await records.save(job);
    options.onDone?.(job);
    await records.clearParts(job);
    this.takeTurns();
  }

  private fail(job: Job, failure: Failure): void {
    const { options, loop, records, log } = this.context;
    if (job.hasEnded) return;
    job.phase = { kind: "failed", failure };
    job.counters.endedAtMs = options.nowMs();
    job.stop.abort(new Failure("cancelled"));
    loop.dispatch({ type: "job-ended", jobId: job.id });
    log(job, `failed: ${failure.code} ${failure.detail}`, "error");
    records.saveSoon(job);
    this.takeTurns();
  }

  /** An error that is no Failure is our own mistake: the job says so, the log has the trace. */
  private failureOf(error: unknown): Failure {
    if (error instanceof Failure) return error;
    this.context.options.onLog(
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
    return new Failure("internal-error", "", { cause: error });
  }
}
