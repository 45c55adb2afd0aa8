/** Orders, and what becomes of them on workers that are slow, broken or lying. */
import type { Assignment } from "../../src-main/core/scheduler/effects.ts";
import type { AttemptId } from "../../src-main/core/identifiers.ts";
import type { ErrorCode } from "../../src-main/core/errors.ts";
import type { SimAttempt, SimWorker } from "./sim-worker.ts";
import type { World } from "./world.ts";

export class SimEncodes {
  readonly attempts = new Map<string, SimAttempt>();
  /** Faults under which no result can be kept. */
  masterDiskFull = 0;
  framesEncoded = 0;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  order(assignment: Assignment): void {
    const worker = this.world.network.workerNamed(assignment.workerId);
    const { plan } = this.world.queue.jobNamed(assignment.jobId);
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
      orderedAtMs: this.world.time.nowMs,
      life: this.world.master.life,
      arrived: false,
      runningSinceMs: null,
      framesDone: 0,
      countedAtMs: this.world.time.nowMs,
      version: 0,
      encoded: false,
      over: false,
    };
    this.attempts.set(attempt.id, attempt);
    const { session } = worker;
    this.world.time.after(worker.plan.latencyMs, () => {
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
  lie(attempt: SimAttempt): void {
    const failures = this.world.ledger.failedTasks.get(attempt.taskId) ?? [];
    failures.push({
      worker: attempt.worker.plan.name,
      code: "too-fast",
      counts: false,
    });
    this.world.ledger.failedTasks.set(attempt.taskId, failures);
    this.world.time.after(1, () =>
      this.deliver(
        attempt,
        attempt.failsAt === null ? "good" : "encoder-failed",
        true,
      ),
    );
  }

  fillSlots(worker: SimWorker): void {
    if (worker.isOut && !worker.cut) return;
    let running = worker.held.filter(
      (attempt) => attempt.runningSinceMs !== null && !attempt.encoded,
    ).length;
    for (const attempt of worker.held) {
      if (running >= worker.plan.slots) return;
      if (attempt.runningSinceMs !== null) continue;
      running++;
      attempt.runningSinceMs = this.world.time.nowMs + this.world.plan.startMs;
      attempt.countedAtMs = attempt.runningSinceMs;
      this.world.time.after(this.world.plan.startMs, () => {
        if (attempt.over) return;
        this.world.network.send(worker, () =>
          this.world.master.report({
            type: "attempt-started",
            attemptId: attempt.id as AttemptId,
          }),
        );
        this.planEnd(attempt);
      });
    }
  }

  /** When the encode ends if nothing changes. */
  planEnd(attempt: SimAttempt): void {
    const { worker } = attempt;
    worker.count(attempt, this.world.time.nowMs);
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
      Math.max(0, attempt.countedAtMs - this.world.time.nowMs);
    this.world.time.after(leftMs, () => {
      if (attempt.version !== version || attempt.over) return;
      worker.count(attempt, this.world.time.nowMs);
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

  replan(worker: SimWorker): void {
    for (const attempt of worker.held)
      if (attempt.runningSinceMs !== null && !attempt.encoded)
        this.planEnd(attempt);
  }

  /** Brings all frames up to date before a worker's speed changes. */
  countAll(worker: SimWorker): void {
    for (const attempt of worker.held)
      worker.count(attempt, this.world.time.nowMs);
  }

  verdict(attempt: SimAttempt): "good" | ErrorCode {
    if (this.world.random.chance(attempt.worker.corruptShare))
      return this.world.random.pick([
        "frame-count-wrong",
        "result-invalid",
        "transfer-corrupt",
      ] as const);
    const { plan, ledger } = this.world.queue.jobNamed(attempt.job);
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

  finish(
    attempt: SimAttempt,
    outcome: "good" | ErrorCode,
    wayMs: number,
  ): void {
    const { worker } = attempt;
    this.world.time.after(wayMs, () => {
      this.world.network.send(worker, () => {
        if (outcome === "good" && this.masterDiskFull > 0)
          outcome = "disk-full";
        this.world.time.after(
          outcome === "good" ? this.world.plan.verifyMs : 0,
          () => this.deliver(attempt, outcome, false),
        );
      });
    });
  }

  deliver(
    attempt: SimAttempt,
    outcome: "good" | ErrorCode,
    isLie: boolean,
  ): void {
    const known = this.world.ledger.attempts.get(attempt.id);
    const late = attempt.over && !this.world.random.chance(0.3);
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
          this.world.queue.jobNamed(attempt.job).plan.framesPerSecond;
      this.world.ledger.end(attempt.id, "ended");
      this.world.master.report({
        type: "attempt-verified",
        attemptId,
        sizeBytes: 1000,
      });
    } else {
      this.world.ledger.end(attempt.id, "ended");
      const failures = this.world.ledger.failedTasks.get(attempt.taskId) ?? [];
      failures.push({
        worker: worker.plan.name,
        code: outcome,
        counts: live && outcome !== "disk-full",
      });
      this.world.ledger.failedTasks.set(attempt.taskId, failures);
      this.world.master.report({
        type: "attempt-failed",
        attemptId,
        code: outcome,
      });
    }
    this.framesEncoded += attempt.kind === "video" ? attempt.framesDone : 0;
    this.fillSlots(worker);
  }

  shorten(id: string, endFrame: number): void {
    const attempt = this.attempts.get(id)!;
    const { worker } = attempt;
    if (attempt.over || attempt.encoded) return;
    worker.count(attempt, this.world.time.nowMs);
    const fits =
      endFrame >
      attempt.startFrame + worker.fed(attempt, this.world.plan.windowFrames);
    if (fits) {
      attempt.endFrame = endFrame;
      this.planEnd(attempt);
    }
    const known = this.world.ledger.attempts.get(id)!;
    this.world.time.after(this.world.random.between(0, 4), () => {
      known.endFrame = attempt.endFrame;
      this.world.master.tell({
        type: "attempt-shortened",
        attemptId: id as AttemptId,
        endFrame: attempt.endFrame,
      });
    });
  }

  cancel(id: string, reason: string): void {
    const attempt = this.attempts.get(id);
    if (attempt === undefined) return;
    const { worker } = attempt;
    // A worker that cannot be reached goes on with it.
    const lost = reason === "lease-expired" || reason === "worker-left";
    const { session } = worker;
    if (lost && worker.plan.name === attempt.worker.plan.name) return;
    this.world.time.after(worker.plan.latencyMs, () => {
      if (attempt.over || worker.session !== session || worker.isOut) return;
      worker.count(attempt, this.world.time.nowMs);
      this.framesEncoded += attempt.kind === "video" ? attempt.framesDone : 0;
      worker.drop(attempt);
      this.fillSlots(worker);
    });
  }
}
