/** The master's restarts, and the end of all faults. */
import type { AttemptId, TaskId } from "../../src-main/core/identifiers.ts";
import { judgeInheritance } from "./ledger-inherit.ts";
import { deviceId, jobIdOf } from "./names.ts";
import { Random } from "./random.ts";
import type { SimJob } from "./sim-queue.ts";
import type { SimAttempt } from "./sim-worker.ts";
import type { World } from "./world.ts";

export class SimRestarts {
  private readonly world: World;
  private readonly random: Random;

  constructor(world: World) {
    this.world = world;
    this.random = new Random(world.plan.seed ^ 0x11fe);
  }

  /** Everything the scheduler knew is gone but what was written down; workers still run attempts of the old life. */
  restart(): void {
    const old = this.world.master.restart();
    this.world.ledger.forgetLives();
    for (const worker of this.world.workers) {
      this.world.ledger.workers.get(worker.plan.name)!.session = false;
      if (worker.joined) {
        worker.joined = false;
        this.world.time.after(this.world.random.between(100, 3000), () =>
          this.world.network.join(worker),
        );
      }
    }
    for (const job of [...this.world.queue.jobs]) {
      if (!job.known) continue;
      const snapshot = this.world.core.exportJob(old, jobIdOf(job.plan.name));
      job.known = false;
      if (snapshot === null || job.state === "done") continue;
      job.restored = snapshot.segments;
      job.restoredWhole = snapshot.wholeTasks.map((task) => task.taskId);
      if (job.state !== "running") continue;
      this.prepare(job);
      this.world.queue.addJob(job);
    }
    if (this.world.ledger.queuePaused)
      this.world.master.tell({ type: "queue-paused" });
  }

  /** A job whose source is read again is added paused, unless it is anyway. */
  private prepare(job: SimJob): void {
    const { plan, master, time } = this.world;
    if (job.preparing) job.ledger.paused = false;
    job.preparing = false;
    if (plan.inheritShare === 0 || job.ledger.paused) return;
    if (!this.random.chance(0.7)) return;
    job.ledger.paused = job.preparing = true;
    const { life } = master;
    time.after(this.random.logBetween(100, 20_000), () => {
      if (life !== master.life || job.state === "done") return;
      job.ledger.paused = job.preparing = false;
      master.tell({ type: "job-resumed", jobId: jobIdOf(job.plan.name) });
    });
  }

  /** Whether the master still has what it wrote down of an attempt of an earlier life. */
  remembers(attempt: SimAttempt): boolean {
    return (
      attempt.life !== this.world.master.life &&
      this.random.chance(this.world.plan.inheritShare)
    );
  }

  /** The master finds an attempt of an earlier life alive on a worker that has just joined; whether it is wanted. */
  inherit(attempt: SimAttempt): boolean {
    const { master, ledger, queue } = this.world;
    const { worker, startFrame, endFrame } = attempt;
    const job = queue.jobNamed(attempt.job);
    const entry = ledger.attempts.get(attempt.id)!;
    entry.endFrame = attempt.kind === "audio" ? 0 : endFrame;
    const isStopped = job.state !== "running" || ledger.wasHeld(attempt.job);
    const verdict = judgeInheritance(ledger, entry, isStopped);
    ledger.inherit(entry);
    const effects = master.tell({
      type: "attempt-inherited",
      attempt: {
        attemptId: attempt.id as AttemptId,
        jobId: jobIdOf(attempt.job),
        stage: attempt.stage,
        taskId: attempt.taskId as TaskId,
        workerId: deviceId(worker.plan.name),
        range: attempt.kind === "audio" ? null : { startFrame, endFrame },
        isLast: attempt.kind === "video" && endFrame === job.plan.frames,
      },
    });
    const refused = effects.some(
      (effect) =>
        effect.type === "cancel" &&
        effect.attemptId === attempt.id &&
        effect.reason === "unknown",
    );
    if (refused && verdict.mustRefuse === null && !verdict.mayRefuse)
      ledger.complain(`${attempt.id} was sent away without a reason`);
    if (!refused && verdict.mustRefuse !== null)
      ledger.complain(`${attempt.id} goes on, but ${verdict.mustRefuse}`);
    if (!refused) attempt.life = master.life;
    return !refused;
  }

  /** No more faults; people forgive, resume and retry. */
  heal(): void {
    this.world.healed = true;

    for (const worker of this.world.workers) {
      this.world.ledger.workers.get(worker.plan.name)!.blocks.clear();
      this.world.master.tell({
        type: "worker-forgiven",
        workerId: deviceId(worker.plan.name),
      });
    }
    for (const job of this.world.queue.jobs) {
      if (job.state !== "failed" || job.ledger.poison) continue;
      job.state = "running";
      this.world.ledger.forgetFailures(job.plan.name);
      if (job.known)
        this.world.master.tell({
          type: "job-retried",
          jobId: jobIdOf(job.plan.name),
        });
      else this.world.queue.addJob(job);
    }
  }
}
