/** The master's restarts, and the end of all faults. */
import { deviceId, jobIdOf } from "./names.ts";
import type { World } from "./world.ts";

export class SimRestarts {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
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
      if (job.state === "running") this.world.queue.addJob(job);
    }
    if (this.world.ledger.queuePaused)
      this.world.master.tell({ type: "queue-paused" });
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
