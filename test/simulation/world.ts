/**
 * A whole farm in virtual time: a master around the scheduler, workers, links
 * between them, and the faults of the plan. Everything random comes from the seed.
 */
import type { SchedulerConfig } from "../../src-main/core/scheduler/config.ts";
import type { Core } from "./core.ts";
import { deadlineMsOf } from "./deadline.ts";
import { Ledger } from "./ledger.ts";
import type { WorldPlan } from "./plan.ts";
import { Random } from "./random.ts";
import { SimEncodes } from "./sim-encodes.ts";
import { SimFaults } from "./sim-faults.ts";
import { SimMaster } from "./sim-master.ts";
import { SimNetwork } from "./sim-network.ts";
import { SimQueueFaults } from "./sim-queue-faults.ts";
import { SimQueue } from "./sim-queue.ts";
import { SimRestarts } from "./sim-restarts.ts";
import { SimWorker } from "./sim-worker.ts";
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

export class World {
  readonly core: Core;
  readonly plan: WorldPlan;
  readonly random: Random;
  readonly time = new VirtualTime();
  readonly ledger = new Ledger();
  readonly workers: SimWorker[];
  readonly master: SimMaster;
  readonly queue: SimQueue;
  readonly encodes: SimEncodes;
  readonly network: SimNetwork;
  readonly faults: SimFaults;
  readonly queueFaults: SimQueueFaults;
  readonly restarts: SimRestarts;
  readonly samples: { atMs: number; etaMs: number | null; ratio: number }[] =
    [];
  /** No more faults from now on. */
  healed = false;
  /** The master's clock jumps in this world: people's times say nothing of leases. */
  readonly jumps: boolean;
  trace: ((line: string) => void) | null = null;

  constructor(
    core: Core,
    plan: WorldPlan,
    config: Partial<SchedulerConfig> = {},
  ) {
    this.core = core;
    this.plan = plan;
    this.random = new Random(plan.seed ^ 0x5eed);
    this.workers = plan.workers.map((worker) => new SimWorker(worker));
    this.master = new SimMaster(this, {
      smallJobShare: plan.smallJobShare,
      ...config,
    });
    this.queue = new SimQueue(this);
    this.encodes = new SimEncodes(this);
    this.network = new SimNetwork(this);
    this.faults = new SimFaults(this);
    this.queueFaults = new SimQueueFaults(this);
    this.restarts = new SimRestarts(this);
    for (const worker of this.workers) this.enter(worker);
    for (const job of plan.jobs) this.queue.planJob(job);
    for (const fault of plan.faults)
      this.time.at(fault.atMs, () => this.faults.strike(fault));
    this.time.at(plan.healsAtMs, () => this.restarts.heal());
    this.jumps = plan.faults.some((fault) => fault.kind === "clock-jump");
    this.ledger.clockJumps = this.jumps;
  }

  private enter(worker: SimWorker): void {
    const { name, slots, capabilities, joinsAtMs } = worker.plan;
    this.ledger.workers.set(name, {
      name,
      slots,
      capabilities,
      session: false,
      availability: "ready",
      heardAtMs: 0,
      blocks: new Map(),
    });
    this.time.at(joinsAtMs, () => this.network.join(worker));
    this.time.after(this.plan.tickMs * this.random.next(), () =>
      this.network.workerTick(worker),
    );
  }

  /** Runs to the end of all jobs, or to the first sign that it will not come. */
  run(): RunReport {
    const deadlineMs = deadlineMsOf(this.plan);
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
        const names = this.queue.jobs
          .filter((job) => job.state !== "done")
          .map((job) => `${job.plan.name}:${job.state}`);
        this.ledger.complain(
          `not finished at ${Math.round(this.time.nowMs / 1000)} s of ${Math.round(deadlineMs / 1000)}: ${names.join(" ")}`,
        );
      }
    }
    return {
      violations: this.ledger.violations,
      makespanMs: this.queue.endedAtMs,
      framesEncoded: this.encodes.framesEncoded,
      framesNeeded: this.plan.jobs.reduce(
        (sum, job) => sum + job.frames * job.stages,
        0,
      ),
      steps: this.master.steps,
      samples: this.samples,
    };
  }

  private unfinished(): boolean {
    return !this.healed || this.queue.jobs.some((job) => job.state !== "done");
  }
}
