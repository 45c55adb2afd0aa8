/* eslint @typescript-eslint/switch-exhaustiveness-check: ["error", { "considerDefaultExhaustiveForUnions": true }] -- kinds of faults are handled in groups */
/** What people do to the queue, and when: paused, shuffled, cancelled. */
import { deviceId, jobIdOf } from "./names.ts";
import type { FaultPlan } from "./plan.ts";
import type { SimJob } from "./sim-queue.ts";
import type { World } from "./world.ts";

export class SimQueueFaults {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  strike(fault: FaultPlan): void {
    const job = this.world.random.pick(this.world.queue.jobs);
    const id = jobIdOf(job.plan.name);
    const alive = job.known && job.state === "running";
    switch (fault.kind) {
      case "pause-job":
        if (!alive || job.ledger.paused) return;
        job.ledger.paused = true;
        this.world.master.tell({ type: "job-paused", jobId: id });
        this.world.time.after(fault.forMs, () => {
          job.ledger.paused = false;
          this.world.master.tell({ type: "job-resumed", jobId: id });
        });
        return;
      case "pause-queue":
        this.world.ledger.queuePaused = true;
        this.world.master.tell({ type: "queue-paused" });
        this.world.time.after(fault.forMs, () => {
          this.world.ledger.queuePaused = false;
          this.world.master.tell({ type: "queue-resumed" });
        });
        return;
      case "cancel-job":
        if (alive && this.world.queue.jobs.length > 1)
          this.world.queue.endJob(job, "job-cancelled");
        return;
      case "shuffle-queue":
        this.world.master.tell({
          type: "job-prioritised",
          jobId: id,
          priority: this.world.random.whole(-1, 1),
        });
        this.world.master.tell({
          type: "job-moved",
          jobId: jobIdOf(
            this.world.random.pick(this.world.queue.jobs).plan.name,
          ),
          beforeJobId: this.world.random.chance(0.5) ? null : id,
        });
        return;
      case "choose-workers":
        return this.chooseWorkers(job, fault.forMs);
      case "master-restart":
        return this.world.restarts.restart();
      default:
        return;
    }
  }

  private chooseWorkers(job: SimJob, forMs: number): void {
    if (!job.known || job.state !== "running") return;
    const id = jobIdOf(job.plan.name);
    const chosen = this.world.workers
      .filter(() => this.world.random.chance(0.5))
      .map((worker) => worker.plan.name);
    job.ledger.allowed = new Set(chosen);
    this.world.master.tell({
      type: "job-workers-chosen",
      jobId: id,
      allowedWorkers: chosen.map(deviceId),
    });
    this.world.time.after(forMs, () => {
      job.ledger.allowed = null;
      this.world.master.tell({
        type: "job-workers-chosen",
        jobId: id,
        allowedWorkers: null,
      });
    });
  }
}
