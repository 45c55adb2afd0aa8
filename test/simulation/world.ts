/* eslint @typescript-eslint/switch-exhaustiveness-check: ["error", { "considerDefaultExhaustiveForUnions": true }] -- kinds of faults are handled in groups */
/**
 * A whole farm in virtual time: a master around the scheduler, workers, links
 * between them, and the faults of the plan. Everything random comes from the seed.
 */
import { deviceId, jobIdOf } from "./names.ts";
import type { Core } from "./core.ts";
import type { SchedulerConfig } from "../../src-main/core/scheduler/config.ts";
import type {
  Assignment,
  SchedulerEffect,
} from "../../src-main/core/scheduler/effects.ts";
import type {
  JobSpec,
  SchedulerEvent,
  StageSpec,
} from "../../src-main/core/scheduler/events.ts";
import type { AttemptId, TaskId } from "../../src-main/core/identifiers.ts";
import type { ErrorCode } from "../../src-main/core/errors.ts";
import type { SchedulerState } from "../../src-main/core/scheduler/state.ts";
import { Ledger, type LedgerJob } from "./ledger.ts";
import type { FaultPlan, JobPlan, WorldPlan } from "./plan.ts";
import { Random } from "./random.ts";
import { SimWorker, type SimAttempt } from "./sim-worker.ts";
import { VirtualTime } from "./timeline.ts";

export interface RunReport {
  readonly violations: readonly string[];
  readonly makespanMs: number;
  readonly framesEncoded: number;
  readonly framesNeeded: number;
  readonly steps: number;
  readonly samples: readonly {
    readonly atMs: number;
    readonly etaMs: number | null;
    readonly ratio: number;
  }[];
}

interface SimJob {
  readonly plan: JobPlan;
  readonly ledger: LedgerJob;
  state: "waiting" | "running" | "failed" | "done";
  /** Known to the present scheduler. */
  known: boolean;
  restored: StageSpec["restored"];
  restoredWhole: TaskId[];
  fatal: boolean;
}

export class World {
  readonly time = new VirtualTime();
  readonly ledger = new Ledger();
  readonly workers: SimWorker[];
  readonly jobs: SimJob[] = [];
  readonly samples: { atMs: number; etaMs: number | null; ratio: number }[] =
    [];
  private readonly core: Core;
  private readonly plan: WorldPlan;
  private readonly config: Partial<SchedulerConfig>;
  private readonly random: Random;
  private readonly attempts = new Map<string, SimAttempt>();
  private state: SchedulerState;
  private life = 0;
  private clockOffsetMs = 1_000_000;
  private wakeVersion = 0;
  private masterDiskFull = 0;
  private healed = false;
  private readonly jumps: boolean;
  private endedAtMs = 0;
  private framesEncoded = 0;
  private steps = 0;
  trace: ((line: string) => void) | null = null;

  constructor(
    core: Core,
    plan: WorldPlan,
    config: Partial<SchedulerConfig> = {},
  ) {
    this.core = core;
    this.plan = plan;
    this.config = config;
    this.random = new Random(plan.seed ^ 0x5eed);
    this.state = core.createScheduler({ ...config, idPrefix: "m0-" });
    this.workers = plan.workers.map((worker) => new SimWorker(worker));
    for (const worker of this.workers) {
      const { name, slots, capabilities } = worker.plan;
      this.ledger.workers.set(name, {
        name,
        slots,
        capabilities,
        session: false,
        availability: "ready",
        heardAtMs: 0,
        blocks: new Map(),
      });
      this.time.at(worker.plan.joinsAtMs, () => this.join(worker));
      this.time.after(this.plan.tickMs * this.random.next(), () =>
        this.workerTick(worker),
      );
    }
    for (const job of plan.jobs) this.planJob(job);
    for (const fault of plan.faults)
      this.time.at(fault.atMs, () => this.strike(fault));
    this.time.at(plan.healsAtMs, () => this.heal());
    this.jumps = plan.faults.some((fault) => fault.kind === "clock-jump");
    this.ledger.clockJumps = this.jumps;
  }

  /** Runs to the end of all jobs, or to the first sign that it will not come. */
  run(): RunReport {
    const deadlineMs = this.deadlineMs();
    const limit = 3_000_000;
    for (
      let count = 0;
      this.unfinished() && this.ledger.violations.length === 0;
      count++
    ) {
      if (
        !this.time.advance() ||
        this.time.nowMs > deadlineMs ||
        count > limit
      ) {
        const names = this.jobs
          .filter((job) => job.state !== "done")
          .map((job) => `${job.plan.name}:${job.state}`);
        this.ledger.complain(
          `not finished at ${Math.round(this.time.nowMs / 1000)} s of ${Math.round(deadlineMs / 1000)}: ${names.join(" ")}`,
        );
      }
    }
    return {
      violations: this.ledger.violations,
      makespanMs: this.endedAtMs,
      framesEncoded: this.framesEncoded,
      framesNeeded: this.plan.jobs.reduce(
        (sum, job) => sum + job.frames * job.stages,
        0,
      ),
      steps: this.steps,
      samples: this.samples,
    };
  }

  private unfinished(): boolean {
    return !this.healed || this.jobs.some((job) => job.state !== "done");
  }

  /** By when a healed farm must be done: three times what its able workers need together, or one alone for what cannot be split. */
  private deadlineMs(): number {
    let endMs = this.plan.healsAtMs;
    for (const worker of this.plan.workers)
      endMs = Math.max(endMs, worker.joinsAtMs);
    let workMs = 240_000;
    for (const job of this.plan.jobs) {
      const able = this.plan.workers.filter((worker) =>
        worker.capabilities.includes(job.encoder),
      );
      const speeds = able.map((worker) =>
        Math.min(worker.speed / job.cost, worker.linkFps),
      );
      const together = able.reduce(
        (sum, worker, index) => sum + worker.slots * speeds[index]!,
        0,
      );
      const slowest = Math.min(...speeds);
      const mayBeWhole =
        !job.splittable ||
        this.plan.faults.some((fault) => fault.kind === "corrupt") ||
        job.uncuttableFrame !== null;
      const audioSpeed = Math.min(
        ...this.plan.workers
          .filter((w) => w.capabilities.includes("audio:x"))
          .map((w) => Math.min(w.speed / job.cost, w.linkFps)),
      );
      const videoMs = mayBeWhole
        ? ((job.poisonFrame === null ? 2 : 4) * job.frames * 1000) / slowest
        : (3 * job.frames * 1000) / together;
      workMs +=
        job.stages * (videoMs + 30_000) +
        (2 * job.audioFrames * 1000) / audioSpeed;
      if (job.indexFps !== Infinity)
        endMs = Math.max(
          endMs,
          job.addedAtMs + (job.frames / job.indexFps) * 1000,
        );
      endMs = Math.max(endMs, job.addedAtMs);
    }
    return endMs + workMs;
  }

  // --- The master around the scheduler.

  private masterMs(): number {
    return this.time.nowMs + this.clockOffsetMs;
  }

  private tell(event: SchedulerEvent): SchedulerEffect[] {
    this.steps++;
    const { state, effects } = this.core.step(
      this.state,
      event,
      this.masterMs(),
    );
    this.state = state;
    if (
      this.trace !== null &&
      event.type !== "worker-heard" &&
      event.type !== "attempt-progressed" &&
      event.type !== "ticked"
    )
      this.trace(
        `${(this.time.nowMs / 1000).toFixed(3)} ${JSON.stringify(event)}`,
      );
    if (this.steps % 16 === 0 || this.plan.workers.length < 8)
      for (const broken of this.core.checkInvariants(state))
        this.ledger.complain(`after ${event.type}: ${broken}`);
    for (const effect of effects) {
      if (this.trace !== null)
        this.trace(
          `${(this.time.nowMs / 1000).toFixed(3)}   -> ${JSON.stringify(effect)}`,
        );
      this.ledger.see(effect, this.masterMs());
    }
    for (const effect of effects) this.carryOut(effect);
    this.scheduleWake();
    return effects;
  }

  private scheduleWake(): void {
    const wakeMs = this.core.nextWakeMs(this.state, this.masterMs());
    const version = ++this.wakeVersion;
    if (wakeMs === null) return;
    this.time.after(Math.max(1, wakeMs - this.masterMs()), () => {
      if (version === this.wakeVersion) this.tell({ type: "ticked" });
    });
  }

  /** An attempt's news reaches the scheduler, perhaps more than once. */
  private report(event: SchedulerEvent & { attemptId: AttemptId }): void {
    if (this.random.chance(this.plan.replayShare) && !this.healed) {
      this.time.after(this.random.logBetween(1, 60_000), () =>
        this.tell(event),
      );
    }
    this.tell(event);
  }

  private carryOut(effect: SchedulerEffect): void {
    switch (effect.type) {
      case "assign":
        return this.order(effect.assignment);
      case "shorten":
        return this.shorten(effect.attemptId, effect.endFrame);
      case "cancel":
        return this.cancel(effect.attemptId, effect.reason);
      case "complete-stage":
        return this.completeStage(effect.jobId, effect.stage);
      case "fail-job":
        return this.jobFailed(effect.jobId);
      case "make-whole":
        return this.makeWhole(effect.jobId);
      case "disconnect-worker":
        return this.disconnect(effect.workerId);
      case "block-worker":
        return;
    }
  }

  // --- Jobs.

  private planJob(plan: JobPlan): void {
    const known = plan.indexFps === Infinity ? plan.frames : 0;
    const ledger: LedgerJob = {
      name: plan.name,
      frames: plan.frames,
      poison: plan.poisonFrame !== null,
      knownFrames: known,
      complete: known === plan.frames,
      whole: !plan.splittable,
      paused: false,
      ended: false,
      stage: 0,
      encoder: plan.encoder,
      allowed: null,
      audioTasks: plan.audioFrames > 0 ? [`${plan.name}-audio`] : [],
      restored: new Map(),
      restoredWhole: new Set(),
      completedInLife: false,
      remaking: false,
    };
    const job: SimJob = {
      plan,
      ledger,
      state: "waiting",
      known: false,
      restored: [],
      restoredWhole: [],
      fatal: false,
    };
    this.jobs.push(job);
    this.ledger.jobs.set(plan.name, ledger);
    this.time.at(plan.addedAtMs, () => {
      job.state = "running";
      this.addJob(job);
      if (!ledger.complete) this.time.after(300, () => this.readIndex(job));
    });
  }

  private readIndex(job: SimJob): void {
    const { plan, ledger } = job;
    const from = ledger.knownFrames;
    ledger.knownFrames = Math.min(
      plan.frames,
      from + Math.max(1, Math.round(plan.indexFps * 0.3)),
    );
    ledger.complete = ledger.knownFrames === plan.frames;
    if (job.known)
      this.tell({
        type: "timeline-extended",
        jobId: jobIdOf(plan.name),
        knownFrames: ledger.knownFrames,
        newCutPoints: cutPoints(plan, from, ledger.knownFrames),
        complete: ledger.complete,
        framesPerSecond: plan.framesPerSecond,
      });
    if (!ledger.complete) this.time.after(300, () => this.readIndex(job));
  }

  private stageSpec(job: SimJob): StageSpec {
    const { plan, ledger } = job;
    return {
      stage: ledger.stage,
      ranges:
        ledger.knownFrames === 0
          ? []
          : [{ startFrame: 0, endFrame: ledger.knownFrames }],
      restored: job.restored,
      restoredWholeTasks: job.restoredWhole,
      wholeTasks: ledger.audioTasks.map((id) => ({
        taskId: id as TaskId,
        kind: "audio" as const,
        costFrames: plan.audioFrames,
        needs: ["audio:x"],
      })),
    };
  }

  private addJob(job: SimJob): void {
    const { plan, ledger } = job;
    job.known = true;
    ledger.restored = new Map(
      job.restored.map((piece) => [
        piece.taskId,
        [piece.startFrame, piece.endFrame] as const,
      ]),
    );
    ledger.restoredWhole = new Set(job.restoredWhole);
    const spec: JobSpec = {
      jobId: jobIdOf(plan.name),
      priority: plan.priority,
      needs: [plan.encoder],
      framesPerSecond: plan.framesPerSecond,
      splittable: !ledger.whole,
      fixedSegmentS: plan.fixedSegmentS,
      allowedWorkers:
        ledger.allowed === null ? null : [...ledger.allowed].map(deviceId),
      knownFrames: ledger.knownFrames,
      timelineComplete: ledger.complete,
      cutPoints: cutPoints(plan, 0, ledger.knownFrames),
      firstStage: this.stageSpec(job),
      paused: ledger.paused,
    };
    this.tell({ type: "job-added", job: spec });
  }

  private jobNamed(name: string): SimJob {
    return this.jobs.find((job) => job.plan.name === name)!;
  }

  private completeStage(name: string, stage: number): void {
    const job = this.jobNamed(name);
    const life = this.life;
    this.time.after(20, () => {
      if (
        life !== this.life ||
        job.ledger.stage !== stage ||
        job.state === "done"
      )
        return;
      if (stage + 1 < job.plan.stages) {
        job.ledger.stage++;
        job.ledger.completedInLife = false;
        job.ledger.audioTasks = [];
        job.restored = [];
        job.restoredWhole = [];
        this.tell({
          type: "stage-begun",
          jobId: jobIdOf(name),
          stage: this.stageSpec(job),
        });
      } else this.endJob(job, "job-ended");
    });
  }

  private endJob(job: SimJob, type: "job-ended" | "job-cancelled"): void {
    if (job.state === "done") return;
    job.state = "done";
    job.ledger.ended = true;
    this.endedAtMs = Math.max(this.endedAtMs, this.time.nowMs);
    if (job.known) this.tell({ type, jobId: jobIdOf(job.plan.name) });
  }

  private jobFailed(name: string): void {
    const job = this.jobNamed(name);
    job.state = "failed";
    if (this.healed && !job.ledger.poison)
      this.ledger.complain(`${name} failed on a healed farm`);
    if (job.ledger.poison)
      this.time.after(10, () => this.endJob(job, "job-ended"));
  }

  private makeWhole(name: string): void {
    const job = this.jobNamed(name);
    const life = this.life;
    this.time.after(50, () => {
      if (life !== this.life || job.state === "done") return;
      job.ledger.whole = true;
      job.ledger.remaking = false;
      this.ledger.forgetFailures(name);
      job.ledger.completedInLife = false;
      job.restored = [];
      job.restoredWhole = [];
      this.tell({
        type: "job-made-whole",
        jobId: jobIdOf(name),
        stage: this.stageSpec(job),
      });
    });
  }

  // --- Orders and what becomes of them.

  private order(assignment: Assignment): void {
    const worker = this.workerNamed(assignment.workerId);
    const { plan } = this.jobNamed(assignment.jobId);
    const isVideo = assignment.kind === "video";
    const startFrame = isVideo ? assignment.range.startFrame : 0;
    const endFrame = isVideo ? assignment.range.endFrame : plan.audioFrames;
    const poison = isVideo ? plan.poisonFrame : null;
    const attempt: SimAttempt = {
      id: assignment.attemptId,
      job: assignment.jobId,
      stage: assignment.stage,
      taskId: assignment.taskId,
      kind: assignment.kind,
      worker,
      startFrame,
      endFrame,
      cost: plan.cost,
      failsAt:
        poison !== null && poison >= startFrame && poison < endFrame
          ? poison
          : null,
      orderedAtMs: this.time.nowMs,
      arrived: false,
      runningSinceMs: null,
      framesDone: 0,
      countedAtMs: this.time.nowMs,
      version: 0,
      encoded: false,
      over: false,
    };
    this.attempts.set(attempt.id, attempt);
    const { session } = worker;
    this.time.after(worker.plan.latencyMs, () => {
      if (
        attempt.over ||
        worker.session !== session ||
        worker.cut ||
        worker.crashed
      )
        return;
      attempt.arrived = true;
      if (worker.lying)
        return this.finish(
          attempt,
          attempt.failsAt === null ? "good" : "encoder-failed",
          0,
        );
      if (worker.blackHole) return this.finish(attempt, "encoder-failed", 1);
      if (worker.diskFull) return this.finish(attempt, "worker-disk-full", 1);
      worker.held.push(attempt);
      this.fillSlots(worker);
    });
    if (worker.lying && worker.plan.latencyMs < 4 && !worker.isOut)
      this.lie(attempt);
  }

  /** The result is there before anything could have been encoded. */
  private lie(attempt: SimAttempt): void {
    const failures = this.ledger.failedTasks.get(attempt.taskId) ?? [];
    failures.push({
      worker: attempt.worker.plan.name,
      code: "too-fast",
      counts: false,
    });
    this.ledger.failedTasks.set(attempt.taskId, failures);
    this.time.after(1, () =>
      this.deliver(
        attempt,
        attempt.failsAt === null ? "good" : "encoder-failed",
        true,
      ),
    );
  }

  private fillSlots(worker: SimWorker): void {
    if (worker.isOut && !worker.cut) return;
    let running = worker.held.filter(
      (attempt) => attempt.runningSinceMs !== null && !attempt.encoded,
    ).length;
    for (const attempt of worker.held) {
      if (running >= worker.plan.slots) return;
      if (attempt.runningSinceMs !== null) continue;
      running++;
      attempt.runningSinceMs = this.time.nowMs + this.plan.startMs;
      attempt.countedAtMs = attempt.runningSinceMs;
      this.time.after(this.plan.startMs, () => {
        if (attempt.over) return;
        this.send(worker, () =>
          this.report({
            type: "attempt-started",
            attemptId: attempt.id as AttemptId,
          }),
        );
        this.planEnd(attempt);
      });
    }
  }

  /** When the encode ends if nothing changes. */
  private planEnd(attempt: SimAttempt): void {
    const { worker } = attempt;
    worker.count(attempt, this.time.nowMs);
    const version = ++attempt.version;
    const rate = worker.rate(attempt);
    if (
      attempt.over ||
      attempt.encoded ||
      attempt.runningSinceMs === null ||
      rate <= 0
    )
      return;
    const failing =
      attempt.failsAt !== null && attempt.failsAt < attempt.endFrame;
    const target = failing
      ? attempt.failsAt! - attempt.startFrame
      : attempt.endFrame - attempt.startFrame;
    const leftMs =
      Math.max(0, target - attempt.framesDone) / rate +
      Math.max(0, attempt.countedAtMs - this.time.nowMs);
    this.time.after(leftMs, () => {
      if (attempt.version !== version || attempt.over) return;
      worker.count(attempt, this.time.nowMs);
      attempt.encoded = true;
      if (!failing) attempt.framesDone = attempt.endFrame - attempt.startFrame;
      const wayMs =
        worker.plan.latencyMs +
        ((attempt.endFrame - attempt.startFrame) * 200) / worker.plan.linkFps;
      this.finish(
        attempt,
        failing ? "encoder-failed" : this.verdict(attempt),
        wayMs,
      );
      this.fillSlots(worker);
    });
  }

  private replan(worker: SimWorker): void {
    for (const attempt of worker.held)
      if (attempt.runningSinceMs !== null && !attempt.encoded)
        this.planEnd(attempt);
  }

  /** Brings all frames up to date before a worker's speed changes. */
  private countAll(worker: SimWorker): void {
    for (const attempt of worker.held) worker.count(attempt, this.time.nowMs);
  }

  private verdict(attempt: SimAttempt): "good" | ErrorCode {
    if (this.random.chance(attempt.worker.corruptShare))
      return this.random.pick([
        "frame-count-wrong",
        "result-invalid",
        "transfer-corrupt",
      ] as const);
    const { plan, ledger } = this.jobNamed(attempt.job);
    const bad = plan.uncuttableFrame;
    if (
      bad !== null &&
      !ledger.whole &&
      attempt.kind === "video" &&
      bad >= attempt.startFrame &&
      bad < attempt.endFrame
    )
      return "frame-count-wrong";
    return "good";
  }

  private finish(
    attempt: SimAttempt,
    outcome: "good" | ErrorCode,
    wayMs: number,
  ): void {
    const { worker } = attempt;
    this.time.after(wayMs, () => {
      this.send(worker, () => {
        if (outcome === "good" && this.masterDiskFull > 0)
          outcome = "disk-full";
        this.time.after(outcome === "good" ? this.plan.verifyMs : 0, () =>
          this.deliver(attempt, outcome, false),
        );
      });
    });
  }

  private deliver(
    attempt: SimAttempt,
    outcome: "good" | ErrorCode,
    isLie: boolean,
  ): void {
    const known = this.ledger.attempts.get(attempt.id);
    const late = attempt.over && !this.random.chance(0.3);
    if (late || known === undefined) return;
    const { worker } = attempt;
    const live = known.state === "live";
    if (!attempt.over) worker.drop(attempt);
    const attemptId = attempt.id as AttemptId;
    if (outcome === "good") {
      known.good =
        !isLie ||
        attempt.kind === "audio" ||
        attempt.endFrame - attempt.startFrame <
          this.jobNamed(attempt.job).plan.framesPerSecond;
      this.ledger.end(attempt.id, "ended");
      this.report({ type: "attempt-verified", attemptId, sizeBytes: 1000 });
    } else {
      this.ledger.end(attempt.id, "ended");
      const failures = this.ledger.failedTasks.get(attempt.taskId) ?? [];
      failures.push({
        worker: worker.plan.name,
        code: outcome,
        counts: live && outcome !== "disk-full",
      });
      this.ledger.failedTasks.set(attempt.taskId, failures);
      this.report({ type: "attempt-failed", attemptId, code: outcome });
    }
    this.framesEncoded += attempt.kind === "video" ? attempt.framesDone : 0;
    this.fillSlots(worker);
  }

  private shorten(id: string, endFrame: number): void {
    const attempt = this.attempts.get(id)!;
    const { worker } = attempt;
    if (attempt.over || attempt.encoded) return;
    worker.count(attempt, this.time.nowMs);
    const fits =
      endFrame >
      attempt.startFrame + worker.fed(attempt, this.plan.windowFrames);
    if (fits) {
      attempt.endFrame = endFrame;
      this.planEnd(attempt);
    }
    const known = this.ledger.attempts.get(id)!;
    this.time.after(this.random.between(0, 4), () => {
      known.endFrame = attempt.endFrame;
      this.tell({
        type: "attempt-shortened",
        attemptId: id as AttemptId,
        endFrame: attempt.endFrame,
      });
    });
  }

  private cancel(id: string, reason: string): void {
    const attempt = this.attempts.get(id);
    if (attempt === undefined) return;
    const { worker } = attempt;
    // A worker that cannot be reached goes on with it.
    const lost = reason === "lease-expired" || reason === "worker-left";
    const { session } = worker;
    if (lost && worker.plan.name === attempt.worker.plan.name) return;
    this.time.after(worker.plan.latencyMs, () => {
      if (attempt.over || worker.session !== session || worker.isOut) return;
      worker.count(attempt, this.time.nowMs);
      this.framesEncoded += attempt.kind === "video" ? attempt.framesDone : 0;
      worker.drop(attempt);
      this.fillSlots(worker);
    });
  }

  // --- Workers and links.

  private workerNamed(name: string): SimWorker {
    return this.workers.find((worker) => worker.plan.name === name)!;
  }

  private send(worker: SimWorker, message: () => void): void {
    if (worker.crashed) return;
    if (worker.isOut || !worker.joined) worker.outbox.push(message);
    else message();
  }

  private join(worker: SimWorker): void {
    if (worker.crashed || worker.cut || worker.frozen) return;
    worker.session++;
    worker.joined = true;
    worker.disconnected = false;
    const entry = this.ledger.workers.get(worker.plan.name)!;
    entry.session = true;
    entry.heardAtMs = this.time.nowMs;
    entry.availability = "ready";
    for (const attempt of this.attempts.values())
      if (attempt.worker === worker && !attempt.arrived && !attempt.over)
        attempt.over = true;
    const running = worker.held.map((attempt) => attempt.id);
    const effects = this.tellJoin(worker, running);
    const cancelled = new Set(
      effects.flatMap((effect) =>
        effect.type === "cancel" ? [effect.attemptId as string] : [],
      ),
    );
    for (const id of running) {
      if (!cancelled.has(id)) this.ledger.revive(id);
      else this.dropUnknown(id, worker);
    }
    if (worker.suspended || worker.draining) this.announce(worker);
    const { outbox } = worker;
    for (const message of outbox.splice(0)) message();
    this.replan(worker);
    this.fillSlots(worker);
  }

  private tellJoin(
    worker: SimWorker,
    running: readonly string[],
  ): SchedulerEffect[] {
    // Those it still runs are known to be alive before anything is handed out.
    const { name, slots, capabilities } = worker.plan;
    return this.tell({
      type: "worker-joined",
      worker: {
        workerId: deviceId(name),
        capabilities,
        slots,
        isLocal: false,
        running: running as readonly AttemptId[],
      },
    });
  }

  private dropUnknown(id: string, worker: SimWorker): void {
    const attempt = this.attempts.get(id)!;
    if (!attempt.over)
      this.framesEncoded += attempt.kind === "video" ? attempt.framesDone : 0;
    worker.drop(attempt);
  }

  private leave(worker: SimWorker): void {
    worker.joined = false;
    const entry = this.ledger.workers.get(worker.plan.name)!;
    if (!entry.session) return;
    entry.session = false;
    this.tell({ type: "worker-left", workerId: deviceId(worker.plan.name) });
  }

  /** The master closes the link; a worker that lives notices and comes back. */
  private disconnect(name: string): void {
    const worker = this.workerNamed(name);
    worker.joined = false;
    this.time.after(1, () =>
      this.tell({ type: "worker-left", workerId: deviceId(name) }),
    );
    worker.disconnected = true;
    if (!worker.isOut)
      this.time.after(this.random.between(500, 3000), () => this.join(worker));
  }

  private announce(worker: SimWorker): void {
    this.send(worker, () => {
      const kind = worker.suspended
        ? "suspended"
        : worker.draining
          ? "draining"
          : "ready";
      this.ledger.workers.get(worker.plan.name)!.availability = kind;
      this.tell({
        type: "worker-availability-changed",
        workerId: deviceId(worker.plan.name),
        availability:
          kind === "suspended" ? { kind, reason: "owner" } : { kind },
      });
    });
  }

  private workerTick(worker: SimWorker): void {
    this.time.after(this.plan.tickMs, () => this.workerTick(worker));
    if (!worker.joined || worker.isOut) return;
    const heard = {
      type: "worker-heard",
      workerId: deviceId(worker.plan.name),
    } as const;
    this.ledger.workers.get(worker.plan.name)!.heardAtMs = this.time.nowMs;
    this.tell(heard);
    if (!this.healed && this.random.chance(this.plan.replayShare / 2))
      this.time.after(this.random.logBetween(1, 30_000), () => {
        // Nobody can tell a late sign of life from a fresh one.
        const entry = this.ledger.workers.get(worker.plan.name)!;
        if (entry.session) entry.heardAtMs = this.time.nowMs;
        this.tell(heard);
      });
    if (!this.jumps) this.ledger.checkLeases(this.time.nowMs);
    for (const attempt of [...worker.held]) {
      if (
        attempt.runningSinceMs === null ||
        attempt.runningSinceMs > this.time.nowMs ||
        attempt.over
      )
        continue;
      worker.count(attempt, this.time.nowMs);
      const framesFed = worker.fed(attempt, this.plan.windowFrames);
      const known = this.ledger.attempts.get(attempt.id);
      if (known !== undefined)
        known.fedReported = Math.max(known.fedReported, framesFed);
      this.report({
        type: "attempt-progressed",
        attemptId: attempt.id as AttemptId,
        framesDone: Math.floor(attempt.framesDone),
        framesFed,
      });
    }
    this.sample(worker);
  }

  private sample(worker: SimWorker): void {
    if (
      worker !== this.workers[0] ||
      this.jobs[0]!.state !== "running" ||
      !this.jobs[0]!.known
    )
      return;
    const progress = this.core.jobProgress(
      this.state,
      jobIdOf(this.jobs[0]!.plan.name),
      this.masterMs(),
    );
    if (progress !== null)
      this.samples.push({
        atMs: this.time.nowMs,
        etaMs: progress.etaMs,
        ratio: progress.progressRatio,
      });
  }

  // --- Faults.

  private strike(fault: FaultPlan): void {
    const worker = this.workers[fault.worker % this.workers.length]!;
    const during = (begin: () => void, end: () => void): void => {
      begin();
      this.time.after(fault.forMs, end);
    };
    const change = (begin: () => void, end: () => void): void =>
      during(
        () => this.changeSpeed(worker, begin),
        () => this.changeSpeed(worker, end),
      );
    switch (fault.kind) {
      case "crash":
      case "freeze":
      case "cut":
        return worker.isOut || !worker.joined
          ? undefined
          : this.outage(worker, fault);
      case "slow":
        return change(
          () => (worker.factor *= fault.factor),
          () => (worker.factor = 1),
        );
      case "stuck":
        return change(
          () => (worker.stuck = true),
          () => (worker.stuck = false),
        );
      case "suspend":
        return change(
          () => this.setSuspended(worker, true),
          () => this.setSuspended(worker, false),
        );
      case "drain":
        return during(
          () => this.setDraining(worker, true),
          () => this.setDraining(worker, false),
        );
      case "corrupt":
        return during(
          () => (worker.corruptShare = fault.share),
          () => (worker.corruptShare = 0),
        );
      case "lying":
        return during(
          () => (worker.lying = true),
          () => (worker.lying = false),
        );
      case "black-hole":
        return during(
          () => (worker.blackHole = true),
          () => (worker.blackHole = false),
        );
      case "disk-full":
        return during(
          () => (worker.diskFull = true),
          () => (worker.diskFull = false),
        );
      case "master-disk-full":
        return during(
          () => this.masterDiskFull++,
          () => this.masterDiskFull--,
        );
      case "clock-jump":
        this.clockOffsetMs += fault.byMs;
        return this.scheduleWake();
      default:
        return this.strikeQueue(fault);
    }
  }

  private changeSpeed(worker: SimWorker, change: () => void): void {
    this.countAll(worker);
    change();
    this.replan(worker);
  }

  private setSuspended(worker: SimWorker, value: boolean): void {
    worker.suspended = value;
    if (worker.joined) this.announce(worker);
  }

  private setDraining(worker: SimWorker, value: boolean): void {
    worker.draining = value;
    if (worker.joined) this.announce(worker);
  }

  private outage(worker: SimWorker, fault: FaultPlan): void {
    this.countAll(worker);
    if (fault.kind === "crash") {
      worker.crashed = true;
      worker.session++;
      worker.outbox.length = 0;
      for (const attempt of [...worker.held]) {
        this.framesEncoded += attempt.kind === "video" ? attempt.framesDone : 0;
        worker.drop(attempt);
      }
      this.time.after(
        Math.min(fault.forMs / 2, this.random.between(0, 2000)),
        () => this.leave(worker),
      );
    } else if (fault.kind === "cut") {
      worker.cut = true;
      if (fault.noticed) this.leave(worker);
    } else worker.frozen = true;
    this.replan(worker);
    this.time.after(fault.forMs, () => {
      this.countAll(worker);
      const reconnects =
        !worker.joined ||
        worker.disconnected ||
        worker.cut ||
        worker.crashed ||
        fault.forMs > 10_000;
      worker.cut = worker.crashed = worker.frozen = false;
      if (reconnects) return this.join(worker);
      for (const message of worker.outbox.splice(0)) message();
      this.replan(worker);
      this.fillSlots(worker);
    });
  }

  private strikeQueue(fault: FaultPlan): void {
    const job = this.random.pick(this.jobs);
    const id = jobIdOf(job.plan.name);
    const alive = job.known && job.state === "running";
    switch (fault.kind) {
      case "pause-job":
        if (!alive || job.ledger.paused) return;
        job.ledger.paused = true;
        this.tell({ type: "job-paused", jobId: id });
        this.time.after(fault.forMs, () => {
          job.ledger.paused = false;
          this.tell({ type: "job-resumed", jobId: id });
        });
        return;
      case "pause-queue":
        this.ledger.queuePaused = true;
        this.tell({ type: "queue-paused" });
        this.time.after(fault.forMs, () => {
          this.ledger.queuePaused = false;
          this.tell({ type: "queue-resumed" });
        });
        return;
      case "cancel-job":
        if (alive && this.jobs.length > 1) this.endJob(job, "job-cancelled");
        return;
      case "shuffle-queue":
        this.tell({
          type: "job-prioritised",
          jobId: id,
          priority: this.random.whole(-1, 1),
        });
        this.tell({
          type: "job-moved",
          jobId: jobIdOf(this.random.pick(this.jobs).plan.name),
          beforeJobId: this.random.chance(0.5) ? null : id,
        });
        return;
      case "choose-workers":
        return this.chooseWorkers(job, fault.forMs);
      case "master-restart":
        return this.restartMaster();
      default:
        return;
    }
  }

  private chooseWorkers(job: SimJob, forMs: number): void {
    if (!job.known || job.state !== "running") return;
    const id = jobIdOf(job.plan.name);
    const chosen = this.workers
      .filter(() => this.random.chance(0.5))
      .map((worker) => worker.plan.name);
    job.ledger.allowed = new Set(chosen);
    this.tell({
      type: "job-workers-chosen",
      jobId: id,
      allowedWorkers: chosen.map(deviceId),
    });
    this.time.after(forMs, () => {
      job.ledger.allowed = null;
      this.tell({
        type: "job-workers-chosen",
        jobId: id,
        allowedWorkers: null,
      });
    });
  }

  /** Everything the scheduler knew is gone but what was written down; workers still run attempts of the old life. */
  private restartMaster(): void {
    const old = this.state;
    this.life++;
    this.state = this.core.createScheduler({
      ...this.config,
      idPrefix: `m${this.life}-`,
    });
    this.ledger.forgetLives();
    for (const worker of this.workers) {
      this.ledger.workers.get(worker.plan.name)!.session = false;
      if (worker.joined) {
        worker.joined = false;
        this.time.after(this.random.between(100, 3000), () =>
          this.join(worker),
        );
      }
    }
    for (const job of [...this.jobs]) {
      if (!job.known) continue;
      const snapshot = this.core.exportJob(old, jobIdOf(job.plan.name));
      job.known = false;
      if (snapshot === null || job.state === "done") continue;
      job.restored = snapshot.segments;
      job.restoredWhole = snapshot.wholeTasks.map((task) => task.taskId);
      if (job.state === "running") this.addJob(job);
    }
    if (this.ledger.queuePaused) this.tell({ type: "queue-paused" });
  }

  /** No more faults; people forgive, resume and retry. */
  private heal(): void {
    this.healed = true;

    for (const worker of this.workers) {
      this.ledger.workers.get(worker.plan.name)!.blocks.clear();
      this.tell({
        type: "worker-forgiven",
        workerId: deviceId(worker.plan.name),
      });
    }
    for (const job of this.jobs) {
      if (job.state !== "failed" || job.ledger.poison) continue;
      job.state = "running";
      this.ledger.forgetFailures(job.plan.name);
      if (job.known)
        this.tell({ type: "job-retried", jobId: jobIdOf(job.plan.name) });
      else this.addJob(job);
    }
  }
}

function cutPoints(plan: JobPlan, from: number, to: number): number[] {
  const points: number[] = [];
  const first = Math.ceil(from / plan.gopFrames) * plan.gopFrames;
  for (let at = first; at < to && points.length < 100_000; at += plan.gopFrames)
    points.push(at);
  return points;
}
