/** The master around the scheduler: its clock, its timer, and what it carries out. */
import type { SchedulerConfig } from "../../src-main/core/scheduler/config.ts";
import type { SchedulerEffect } from "../../src-main/core/scheduler/effects.ts";
import type { SchedulerEvent } from "../../src-main/core/scheduler/events.ts";
import type { AttemptId } from "../../src-main/core/identifiers.ts";
import type { SchedulerState } from "../../src-main/core/scheduler/state.ts";
import type { World } from "./world.ts";

export class SimMaster {
  /** Restarts so far; what was begun in an earlier life is not ended in this one. */
  life = 0;
  state: SchedulerState;
  steps = 0;
  /** Its clock jumps when this changes. */
  clockOffsetMs = 1_000_000;
  private wakeVersion = 0;
  private readonly world: World;
  private readonly config: Partial<SchedulerConfig>;

  constructor(world: World, config: Partial<SchedulerConfig>) {
    this.world = world;
    this.config = config;
    this.state = world.core.createScheduler({ ...config, idPrefix: "m0-" });
  }

  /** Everything the scheduler knew is gone; returns it for what was written down of it. */
  restart(): SchedulerState {
    const old = this.state;
    this.life++;
    this.state = this.world.core.createScheduler({
      ...this.config,
      idPrefix: `m${this.life}-`,
    });
    return old;
  }

  masterMs(): number {
    return this.world.time.nowMs + this.clockOffsetMs;
  }

  tell(event: SchedulerEvent): SchedulerEffect[] {
    this.steps++;
    const { state, effects } = this.world.core.step(
      this.state,
      event,
      this.masterMs(),
    );
    this.state = state;
    if (
      this.world.trace !== null &&
      event.type !== "worker-heard" &&
      event.type !== "attempt-progressed" &&
      event.type !== "ticked"
    )
      this.world.trace(
        `${(this.world.time.nowMs / 1000).toFixed(3)} ${JSON.stringify(event)}`,
      );
    if (this.steps % 16 === 0 || this.world.plan.workers.length < 8)
      for (const broken of this.world.core.checkInvariants(state))
        this.world.ledger.complain(`after ${event.type}: ${broken}`);
    for (const effect of effects) {
      if (this.world.trace !== null)
        this.world.trace(
          `${(this.world.time.nowMs / 1000).toFixed(3)}   -> ${JSON.stringify(effect)}`,
        );
      this.world.ledger.see(effect, this.masterMs());
    }
    for (const effect of effects) this.carryOut(effect);
    this.scheduleWake();
    return effects;
  }

  scheduleWake(): void {
    const wakeMs = this.world.core.nextWakeMs(this.state, this.masterMs());
    const version = ++this.wakeVersion;
    if (wakeMs === null) return;
    this.world.time.after(Math.max(1, wakeMs - this.masterMs()), () => {
      if (version === this.wakeVersion) this.tell({ type: "ticked" });
    });
  }

  /** An attempt's news reaches the scheduler, perhaps more than once. */
  report(event: SchedulerEvent & { attemptId: AttemptId }): void {
    if (
      this.world.random.chance(this.world.plan.replayShare) &&
      !this.world.healed
    ) {
      this.world.time.after(this.world.random.logBetween(1, 60_000), () =>
        this.tell(event),
      );
    }
    this.tell(event);
  }

  carryOut(effect: SchedulerEffect): void {
    switch (effect.type) {
      case "assign":
        return this.world.encodes.order(effect.assignment);
      case "shorten":
        return this.world.encodes.shorten(effect.attemptId, effect.endFrame);
      case "cancel":
        return this.world.encodes.cancel(effect.attemptId, effect.reason);
      case "complete-stage":
        return this.world.queue.completeStage(effect.jobId, effect.stage);
      case "fail-job":
        return this.world.queue.jobFailed(effect.jobId);
      case "make-whole":
        return this.world.queue.makeWhole(effect.jobId);
      case "disconnect-worker":
        return this.world.network.disconnect(effect.workerId);
      case "block-worker":
        return;
    }
  }
}
