/**
 * The master: owns the queue, the connected workers and the attempts; turns
 * what happens into scheduler events and carries out what the scheduler wants.
 * It decides nothing about who works on what (core/scheduler does).
 *
 * Its parts: `sessions` (workers come and go), `desk` (attempts), `life` (jobs
 * from their turn to their end), `commands` (what people ask of jobs).
 */
import { unreachable } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import type { SchedulerEffect } from "../core/scheduler/effects.ts";
import type { QueueSettings } from "../core/scheduler/events.ts";
import { createScheduler } from "../core/scheduler/state.ts";
import type { PeerLink } from "../net/peer-link.ts";
import { maxDrainedWorkers } from "../protocol/settings.ts";
import { workFolder } from "../store/job-folder.ts";
import { AttemptDesk } from "./attempt-desk.ts";
import type { ConnectedWorker } from "./connected-worker.ts";
import { Inheritance } from "./inheritance.ts";
import { acceptJob } from "./job-acceptance.ts";
import { jobFromRecord, recordOf } from "./job-archive.ts";
import { JobCommands } from "./job-commands.ts";
import { JobLife } from "./job-life.ts";
import { JobQueue } from "./job-queue.ts";
import { JobRecords } from "./job-records.ts";
import type { Job, JobRequest } from "./job.ts";
import type { MasterContext } from "./master-context.ts";
import type { MasterOptions } from "./master-options.ts";
import { SchedulerLoop } from "./scheduler-loop.ts";
import { WorkerSessions } from "./worker-sessions.ts";

export class Master {
  readonly queue = new JobQueue();
  readonly loop: SchedulerLoop;
  readonly desk: AttemptDesk;
  readonly sessions: WorkerSessions;
  readonly commands: JobCommands;
  private readonly life: JobLife;
  private readonly options: MasterOptions;
  private readonly context: MasterContext;
  private readonly unfinished = new Set<Promise<void>>();

  constructor(options: MasterOptions) {
    this.options = options;
    this.loop = new SchedulerLoop(
      createScheduler({
        ...options.store.settings.queue,
        ...options.scheduler,
      }),
      (effect) => {
        this.carryOut(effect);
      },
      options.nowMs,
    );
    const inheritance = new Inheritance(options.store);
    const records = new JobRecords({
      store: options.store,
      queue: this.queue,
      whenOver: this.whenOver,
      onLog: options.onLog,
    });
    this.desk = this.openDesk(inheritance, records);
    this.sessions = new WorkerSessions({
      loop: this.loop,
      desk: this.desk,
      inheritance,
      ownDeviceId: options.ownDeviceId,
      drained: {
        ids: () => options.store.settings.drainedWorkers,
        keep: (ids) =>
          options.store.updateSettings({
            drainedWorkers: ids.slice(-maxDrainedWorkers),
          }),
      },
      onJoined: () => {
        this.life.workerJoined();
      },
      changed: () => {
        this.changed(null);
      },
    });
    this.context = {
      options,
      queue: this.queue,
      loop: this.loop,
      desk: this.desk,
      records,
      sessions: this.sessions,
      inheritance,
      whenOver: this.whenOver,
      nameOf: this.nameOf,
      log: this.log,
      changed: this.changed,
    };
    this.life = new JobLife(this.context);
    this.commands = new JobCommands(this.context, this.life);
  }

  private openDesk(inheritance: Inheritance, records: JobRecords): AttemptDesk {
    const { binaries, store, dataFolder, nowMs } = this.options;
    return new AttemptDesk({
      binaries,
      store,
      dataFolder,
      records,
      queue: this.queue,
      linkOf: (id) => this.workers.get(id)?.link ?? null,
      nameOf: this.nameOf,
      dispatch: (event) => {
        this.loop.dispatch(event);
      },
      nowMs,
      log: this.log,
      onChanged: () => {
        this.changed(null);
      },
      onEndedBefore: (id, workerId) => {
        inheritance.forget(id, workerId);
      },
      whenOver: this.whenOver,
    });
  }

  /** Connected workers, also those that have not joined yet. */
  get workers(): ReadonlyMap<DeviceId, ConnectedWorker> {
    return this.sessions.connected;
  }

  get queuePaused(): boolean {
    return this.life.queuePaused;
  }

  /** Takes up the queue where the node left it, however it ended. */
  resume(): void {
    const { store, dataFolder } = this.options;
    for (const record of store.jobs())
      this.queue.add(jobFromRecord(record, workFolder(dataFolder)));
    for (const job of this.queue.all())
      if (job.phase.kind === "done") this.options.onDone?.(job);
    if (store.settings.queuePaused) this.pauseQueueNow(true);
    this.life.takeTurns();
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
    this.life.takeTurns();
    return job;
  }

  /** A paired worker's link. */
  attach(link: PeerLink): void {
    this.sessions.attach(link);
  }

  /** Nothing new begins; what is at work may end. Kept over restarts. */
  async pauseQueue(paused: boolean): Promise<void> {
    this.pauseQueueNow(paused);
    this.life.takeTurns();
    await this.options.store.updateSettings({ queuePaused: paused });
  }

  private pauseQueueNow(paused: boolean): void {
    this.life.queuePaused = paused;
    this.loop.dispatch({ type: paused ? "queue-paused" : "queue-resumed" });
  }

  /** How work is shared out now. */
  get queueSettings(): QueueSettings {
    const { smallJobShare, stealing, duplicates } = this.loop.state.config;
    return { smallJobShare, stealing, duplicates };
  }

  /** Holds at once and over restarts. */
  async configureQueue(settings: QueueSettings): Promise<void> {
    this.loop.dispatch({ type: "queue-configured", settings });
    this.life.takeTurns();
    await this.options.store.updateSettings({ queue: settings });
  }

  /** Ends all attempts; work folders stay for the next start unless told otherwise. */
  async close(): Promise<void> {
    this.loop.close();
    for (const job of this.queue.all())
      job.stop.abort(new Failure("cancelled"));
    this.desk.close();
    this.sessions.close();
    await Promise.all(this.unfinished);
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
        this.whenOver(this.life.finishStage(effect));
        return;
      case "fail-job":
        this.life.giveUp(effect);
        return;
      case "make-whole":
        this.whenOver(this.life.remake(effect));
        return;
      case "disconnect-worker":
        this.workers.get(effect.workerId)?.link.close("silent");
        return;
      case "block-worker":
        this.options.onLog(
          `${this.nameOf(effect.workerId)} is set aside for ${effect.capability}: ${effect.code}`,
        );
        this.changed(null);
        return;
      default:
        unreachable(effect);
    }
  }

  private readonly whenOver = (work: Promise<void>): void => {
    this.unfinished.add(work);
    void work.finally(() => this.unfinished.delete(work));
  };

  private readonly nameOf = (id: DeviceId): string =>
    this.workers.get(id)?.name ?? id.slice(0, 7);

  private readonly log: MasterContext["log"] = (job, text, level) => {
    job.record(this.options.nowMs(), text, level);
    this.options.onLog(`${job.id}: ${text}`);
    this.changed(job);
  };

  private readonly changed = (job: Job | null): void => {
    this.options.onChanged(job?.id ?? null);
  };
}
