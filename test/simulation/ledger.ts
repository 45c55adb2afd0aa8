/**
 * The checker beside the world: it sees events, effects and what the workers
 * really did, knows nothing of the scheduler's inside, and says what is wrong.
 */
import type {
  Assignment,
  SchedulerEffect,
} from "../../src-main/core/scheduler/effects.ts";

export interface LedgerJob {
  readonly name: string;
  readonly frames: number;
  readonly poison: boolean;
  knownFrames: number;
  complete: boolean;
  whole: boolean;
  paused: boolean;
  ended: boolean;
  stage: number;
  encoder: string;
  allowed: ReadonlySet<string> | null;
  audioTasks: readonly string[];
  /** Task ids (with their ranges) the job was restored with. */
  restored: ReadonlyMap<string, readonly [number, number]>;
  restoredWhole: ReadonlySet<string>;
  completedInLife: boolean;
  /** Asked to be made whole, and not yet answered. */
  remaking: boolean;
}

export interface LedgerWorker {
  readonly name: string;
  readonly slots: number;
  readonly capabilities: readonly string[];
  /** What the master was last told. */
  session: boolean;
  heardAtMs: number;
  readonly blocks: Map<string, number>;
  availability: "ready" | "draining" | "suspended";
}

interface LedgerAttempt {
  readonly assignment: Assignment;
  readonly startFrame: number;
  endFrame: number;
  fedReported: number;
  state: "live" | "lost" | "ended";
  /** The world verified its result, honestly. */
  good: boolean;
  readonly assignedAtMs: number;
}

export class Ledger {
  readonly violations: string[] = [];
  readonly jobs = new Map<string, LedgerJob>();
  readonly workers = new Map<string, LedgerWorker>();
  readonly attempts = new Map<string, LedgerAttempt>();
  readonly failedTasks = new Map<
    string,
    { worker: string; code: string; counts: boolean }[]
  >();
  private readonly live = new Set<LedgerAttempt>();
  queuePaused = false;
  /** Times told to people say nothing of the scheduler's own clock then. */
  clockJumps = false;

  complain(what: string): void {
    if (this.violations.length < 20) this.violations.push(what);
  }

  private expect(holds: boolean, what: () => string): void {
    if (!holds) this.complain(what());
  }

  see(effect: SchedulerEffect, masterMs: number): void {
    switch (effect.type) {
      case "assign":
        return this.seeAssign(effect.assignment, masterMs);
      case "shorten":
        return this.seeShorten(effect.attemptId, effect.endFrame);
      case "cancel":
        return this.seeCancel(effect);
      case "complete-stage":
        return this.seeComplete(effect);
      case "fail-job":
        return this.seeFail(effect);
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

  private seeAssign(assignment: Assignment, masterMs: number): void {
    const { attemptId, jobId, workerId } = assignment;
    const job = this.jobs.get(jobId);
    const worker = this.workers.get(workerId);
    const name = `assign ${attemptId} of ${jobId} to ${workerId}`;
    this.expect(
      !this.attempts.has(attemptId),
      () => `${name}: the id was used before`,
    );
    if (job === undefined || worker === undefined)
      return this.complain(`${name}: unknown job or worker`);
    this.expect(
      !job.ended && !job.paused && !this.queuePaused,
      () => `${name}: the job or queue does not run`,
    );
    this.expect(
      worker.session && worker.availability === "ready",
      () => `${name}: the worker takes no work`,
    );
    this.expect(
      job.allowed === null || job.allowed.has(workerId),
      () => `${name}: not chosen`,
    );
    this.expect(!job.remaking, () => `${name}: the job is being made whole`);
    const need = assignment.kind === "audio" ? "audio:x" : job.encoder;
    this.expect(
      worker.capabilities.includes(need),
      () => `${name}: the worker lacks ${need}`,
    );
    const held = [...this.live].filter(
      (other) => other.assignment.workerId === workerId,
    ).length;
    this.expect(
      held < worker.slots * 2,
      () => `${name}: it holds ${held} already`,
    );
    this.expect(
      assignment.stage === job.stage,
      () => `${name}: stage ${assignment.stage} is not current`,
    );
    const range =
      assignment.kind === "video"
        ? assignment.range
        : { startFrame: 0, endFrame: 0 };
    if (assignment.kind === "video") this.checkRange(name, job, assignment);
    this.checkOthers(name, assignment, range);
    this.checkSecondTry(name, job, assignment, need, masterMs);
    const entry: LedgerAttempt = {
      assignment,
      ...range,
      fedReported: 0,
      state: "live",
      good: false,
      assignedAtMs: masterMs,
    };
    this.attempts.set(attemptId, entry);
    this.live.add(entry);
  }

  private checkRange(
    name: string,
    job: LedgerJob,
    { range, isLast }: Assignment & { kind: "video" },
  ): void {
    const { startFrame, endFrame } = range;
    this.expect(
      startFrame >= 0 && startFrame < endFrame && endFrame <= job.knownFrames,
      () =>
        `${name}: bad range ${startFrame}-${endFrame} of ${job.knownFrames}`,
    );
    this.expect(
      isLast === (endFrame === job.frames && job.complete),
      () => `${name}: isLast is ${isLast} at ${endFrame} of ${job.frames}`,
    );
    this.expect(
      job.complete || endFrame < job.knownFrames,
      () => `${name}: the end is not known to be one`,
    );
    this.expect(
      !job.whole || (startFrame === 0 && endFrame === job.frames),
      () => `${name}: a whole job was cut`,
    );
  }

  /** A worker that failed a task has it again only when no other could. */
  private checkSecondTry(
    name: string,
    job: LedgerJob,
    { taskId, workerId }: Assignment,
    need: string,
    masterMs: number,
  ): void {
    const failed = new Set(
      (this.failedTasks.get(taskId) ?? [])
        .filter((f) => f.counts)
        .map((f) => f.worker),
    );
    if (this.clockJumps || !failed.has(workerId)) return;
    for (const other of this.workers.values())
      this.expect(
        failed.has(other.name) ||
          !other.session ||
          other.availability === "suspended" ||
          !other.capabilities.includes(need) ||
          !(job.allowed?.has(other.name) ?? true) ||
          (other.blocks.get(need) ?? 0) > masterMs,
        () => `${name}: it failed this task, ${other.name} did not`,
      );
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

  private checkOthers(
    name: string,
    assignment: Assignment,
    range: { startFrame: number; endFrame: number },
  ): void {
    const { jobId, taskId, workerId, kind } = assignment;
    const rivals = [...this.live].filter(
      (other) =>
        other.assignment.jobId === jobId &&
        other.assignment.kind === kind &&
        (kind === "audio"
          ? other.assignment.taskId === taskId
          : other.startFrame < range.endFrame &&
            range.startFrame < other.endFrame),
    );
    this.expect(
      rivals.length <= 1,
      () => `${name}: ${rivals.length} others work on these frames`,
    );
    this.expect(
      assignment.isDuplicate === rivals.length > 0,
      () => `${name}: isDuplicate is wrong`,
    );
    for (const rival of rivals) {
      this.expect(
        rival.assignment.taskId === taskId,
        () => `${name}: overlaps another task`,
      );
      this.expect(
        rival.assignment.workerId !== workerId,
        () => `${name}: duplicate on the same worker`,
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

  private seeComplete(
    effect: SchedulerEffect & { type: "complete-stage" },
  ): void {
    const job = this.jobs.get(effect.jobId);
    const name = `complete ${effect.jobId}/${effect.stage}`;
    if (job === undefined || job.ended)
      return this.complain(`${name}: unknown or ended`);
    this.expect(
      effect.stage === job.stage && !job.completedInLife,
      () => `${name}: not once`,
    );
    job.completedInLife = true;
    this.expect(!job.poison, () => `${name}: it cannot be done`);
    this.expect(
      job.complete,
      () => `${name}: the source is not read to its end`,
    );
    let end = 0;
    for (const segment of effect.segments) {
      this.expect(
        segment.startFrame === end,
        () =>
          `${name}: frame ${Math.min(end, segment.startFrame)} is missing or double`,
      );
      end = segment.endFrame;
      this.checkSegment(name, job, effect.stage, segment);
    }
    this.expect(
      end === job.frames,
      () => `${name}: ends at ${end} of ${job.frames}`,
    );
    const whole = new Map(
      effect.wholeTasks.map((task) => [task.taskId as string, task.attemptId]),
    );
    this.expect(
      whole.size === job.audioTasks.length,
      () => `${name}: whole tasks are wrong`,
    );
    for (const id of job.audioTasks) {
      const attempt = whole.get(id);
      const isRestored = attempt === null && job.restoredWhole.has(id);
      this.expect(
        isRestored ||
          (attempt != null && this.attempts.get(attempt)?.good === true),
        () => `${name}: whole task ${id} is not verified`,
      );
    }
  }

  private checkSegment(
    name: string,
    job: LedgerJob,
    stage: number,
    segment: {
      startFrame: number;
      endFrame: number;
      taskId: string;
      attemptId: string | null;
    },
  ): void {
    const where = `${name} ${segment.startFrame}-${segment.endFrame}`;
    if (segment.attemptId === null) {
      const range = job.restored.get(segment.taskId);
      return this.expect(
        range?.[0] === segment.startFrame && range[1] === segment.endFrame,
        () => `${where}: was not restored`,
      );
    }
    const attempt = this.attempts.get(segment.attemptId);
    this.expect(
      attempt?.good === true,
      () => `${where}: ${segment.attemptId} was not verified`,
    );
    this.expect(
      attempt?.assignment.jobId === job.name &&
        attempt.assignment.stage === stage,
      () => `${where}: ${segment.attemptId} belongs elsewhere`,
    );
    this.expect(
      attempt?.startFrame === segment.startFrame &&
        attempt.endFrame === segment.endFrame,
      () =>
        `${where}: ${segment.attemptId} made ${attempt?.startFrame}-${attempt?.endFrame}`,
    );
  }

  private seeFail(effect: SchedulerEffect & { type: "fail-job" }): void {
    const job = this.jobs.get(effect.jobId);
    this.expect(job !== undefined, () => `fail of unknown ${effect.jobId}`);
    this.expect(
      effect.failures.length > 0,
      () => `${effect.jobId} failed without reasons`,
    );
    if (effect.code !== "failed-everywhere") return;
    const task = effect.failures[0]!.taskId;
    const lies = effect.failures.filter((f) => f.code === "too-fast");
    const seen = [
      ...(this.failedTasks.get(task) ?? []).filter(
        (f) => f.code !== "too-fast",
      ),
      ...lies,
    ];
    this.expect(
      seen.length >= 3,
      () => `${effect.jobId} failed after ${seen.length} failures of ${task}`,
    );
  }
}
