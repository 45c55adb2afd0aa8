/** Links between workers and their master: joining, leaving, messages kept until the link is back. */
import type { SchedulerEffect } from "../../src-main/core/scheduler/effects.ts";
import type { AttemptId } from "../../src-main/core/identifiers.ts";
import { deviceId, jobIdOf } from "./names.ts";
import type { SimWorker } from "./sim-worker.ts";
import type { World } from "./world.ts";

export class SimNetwork {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  workerNamed(name: string): SimWorker {
    return this.world.workers.find((worker) => worker.plan.name === name)!;
  }

  send(worker: SimWorker, message: () => void): void {
    if (worker.crashed) return;
    if (worker.isOut || !worker.joined) worker.outbox.push(message);
    else message();
  }

  join(worker: SimWorker): void {
    if (worker.crashed || worker.cut || worker.frozen) return;
    worker.session++;
    worker.joined = true;
    worker.disconnected = false;
    const entry = this.world.ledger.workers.get(worker.plan.name)!;
    entry.session = true;
    entry.heardAtMs = this.world.time.nowMs;
    entry.availability = "ready";
    for (const attempt of this.world.encodes.attempts.values())
      if (attempt.worker === worker && !attempt.arrived && !attempt.over)
        attempt.over = true;
    const { restarts } = this.world;
    const inherited = worker.held.filter((held) => restarts.remembers(held));
    const running = worker.held
      .filter((held) => !inherited.includes(held))
      .map((attempt) => attempt.id);
    const effects = this.tellJoin(worker, running);
    const cancelled = new Set(
      effects.flatMap((effect) =>
        effect.type === "cancel" ? [effect.attemptId as string] : [],
      ),
    );
    for (const id of running) {
      if (!cancelled.has(id)) this.world.ledger.revive(id);
      else this.dropUnknown(id, worker);
    }
    for (const attempt of inherited)
      if (!attempt.over && !restarts.inherit(attempt))
        this.dropUnknown(attempt.id, worker);
    if (worker.suspended || worker.draining) this.announce(worker);
    const { outbox } = worker;
    for (const message of outbox.splice(0)) message();
    this.world.encodes.replan(worker);
    this.world.encodes.fillSlots(worker);
  }

  tellJoin(worker: SimWorker, running: readonly string[]): SchedulerEffect[] {
    // Those it still runs are known to be alive before anything is handed out.
    const { name, slots, capabilities } = worker.plan;
    return this.world.master.tell({
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

  dropUnknown(id: string, worker: SimWorker): void {
    const attempt = this.world.encodes.attempts.get(id)!;
    if (!attempt.over)
      this.world.encodes.framesEncoded +=
        attempt.kind === "video" ? attempt.framesDone : 0;
    worker.drop(attempt);
  }

  leave(worker: SimWorker): void {
    worker.joined = false;
    const entry = this.world.ledger.workers.get(worker.plan.name)!;
    if (!entry.session) return;
    entry.session = false;
    this.world.master.tell({
      type: "worker-left",
      workerId: deviceId(worker.plan.name),
    });
  }

  /** The master closes the link; a worker that lives notices and comes back. */
  disconnect(name: string): void {
    const worker = this.workerNamed(name);
    worker.joined = false;
    this.world.time.after(1, () =>
      this.world.master.tell({ type: "worker-left", workerId: deviceId(name) }),
    );
    worker.disconnected = true;
    if (!worker.isOut)
      this.world.time.after(this.world.random.between(500, 3000), () =>
        this.join(worker),
      );
  }

  announce(worker: SimWorker): void {
    this.send(worker, () => {
      const kind = worker.suspended
        ? "suspended"
        : worker.draining
          ? "draining"
          : "ready";
      this.world.ledger.workers.get(worker.plan.name)!.availability = kind;
      this.world.master.tell({
        type: "worker-availability-changed",
        workerId: deviceId(worker.plan.name),
        availability:
          kind === "suspended" ? { kind, reason: "owner" } : { kind },
      });
    });
  }

  workerTick(worker: SimWorker): void {
    this.world.time.after(this.world.plan.tickMs, () =>
      this.workerTick(worker),
    );
    if (!worker.joined || worker.isOut) return;
    const heard = {
      type: "worker-heard",
      workerId: deviceId(worker.plan.name),
    } as const;
    this.world.ledger.workers.get(worker.plan.name)!.heardAtMs =
      this.world.time.nowMs;
    this.world.master.tell(heard);
    if (
      !this.world.healed &&
      this.world.random.chance(this.world.plan.replayShare / 2)
    )
      this.world.time.after(this.world.random.logBetween(1, 30_000), () => {
        // Nobody can tell a late sign of life from a fresh one.
        const entry = this.world.ledger.workers.get(worker.plan.name)!;
        if (entry.session) entry.heardAtMs = this.world.time.nowMs;
        this.world.master.tell(heard);
      });
    if (!this.world.jumps) this.world.ledger.checkLeases(this.world.time.nowMs);
    for (const attempt of [...worker.held]) {
      if (
        attempt.runningSinceMs === null ||
        attempt.runningSinceMs > this.world.time.nowMs ||
        attempt.over
      )
        continue;
      worker.count(attempt, this.world.time.nowMs);
      const framesFed = worker.fed(attempt, this.world.plan.windowFrames);
      const known = this.world.ledger.attempts.get(attempt.id);
      if (known !== undefined)
        known.fedReported = Math.max(known.fedReported, framesFed);
      this.world.master.report({
        type: "attempt-progressed",
        attemptId: attempt.id as AttemptId,
        framesDone: Math.floor(attempt.framesDone),
        framesFed,
      });
    }
    this.sample(worker);
  }

  sample(worker: SimWorker): void {
    if (
      worker !== this.world.workers[0] ||
      this.world.queue.jobs[0]!.state !== "running" ||
      !this.world.queue.jobs[0]!.known
    )
      return;
    const progress = this.world.core.jobProgress(
      this.world.master.state,
      jobIdOf(this.world.queue.jobs[0]!.plan.name),
      this.world.master.masterMs(),
    );
    if (progress !== null)
      this.world.samples.push({
        atMs: this.world.time.nowMs,
        etaMs: progress.etaMs,
        ratio: progress.progressRatio,
      });
  }
}
