/* eslint @typescript-eslint/switch-exhaustiveness-check: ["error", { "considerDefaultExhaustiveForUnions": true }] -- kinds of faults are handled in groups */
/** The faults of the plan, as they strike workers and their links. */
import type { FaultPlan } from "./plan.ts";
import type { SimWorker } from "./sim-worker.ts";
import type { World } from "./world.ts";

export class SimFaults {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  strike(fault: FaultPlan): void {
    const worker =
      this.world.workers[fault.worker % this.world.workers.length]!;
    const during = (begin: () => void, end: () => void): void => {
      begin();
      this.world.time.after(fault.forMs, end);
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
      case "clock-jump":
        this.world.master.clockOffsetMs += fault.byMs;
        return this.world.master.scheduleWake();
      default:
        return this.misbehave(fault, worker);
    }
  }

  /** Machines that run but do the wrong thing; all else befalls the queue. */
  private misbehave(fault: FaultPlan, worker: SimWorker): void {
    const during = (begin: () => void, end: () => void): void => {
      begin();
      this.world.time.after(fault.forMs, end);
    };
    switch (fault.kind) {
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
          () => this.world.encodes.masterDiskFull++,
          () => this.world.encodes.masterDiskFull--,
        );
      default:
        return this.world.queueFaults.strike(fault);
    }
  }

  private changeSpeed(worker: SimWorker, change: () => void): void {
    this.world.encodes.countAll(worker);
    change();
    this.world.encodes.replan(worker);
  }

  private setSuspended(worker: SimWorker, value: boolean): void {
    worker.suspended = value;
    if (worker.joined) this.world.network.announce(worker);
  }

  private setDraining(worker: SimWorker, value: boolean): void {
    worker.draining = value;
    if (worker.joined) this.world.network.announce(worker);
  }

  private outage(worker: SimWorker, fault: FaultPlan): void {
    this.world.encodes.countAll(worker);
    if (fault.kind === "crash") {
      worker.crashed = true;
      worker.session++;
      worker.outbox.length = 0;
      for (const attempt of [...worker.held]) {
        this.world.encodes.framesEncoded +=
          attempt.kind === "video" ? attempt.framesDone : 0;
        worker.drop(attempt);
      }
      this.world.time.after(
        Math.min(fault.forMs / 2, this.world.random.between(0, 2000)),
        () => this.world.network.leave(worker),
      );
    } else if (fault.kind === "cut") {
      worker.cut = true;
      if (fault.noticed) this.world.network.leave(worker);
    } else worker.frozen = true;
    this.world.encodes.replan(worker);
    this.world.time.after(fault.forMs, () => {
      this.world.encodes.countAll(worker);
      const reconnects =
        !worker.joined ||
        worker.disconnected ||
        worker.cut ||
        worker.crashed ||
        fault.forMs > 10_000;
      worker.cut = worker.crashed = worker.frozen = false;
      if (reconnects) return this.world.network.join(worker);
      for (const message of worker.outbox.splice(0)) message();
      this.world.encodes.replan(worker);
      this.world.encodes.fillSlots(worker);
    });
  }
}
