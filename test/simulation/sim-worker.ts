/** A worker of the virtual farm: encodes at its speed what it was given, and reports. */
import type { WorkerPlan } from "./plan.ts";

/** What the worker and the master's feed have of one attempt. */
export interface SimAttempt {
  readonly id: string;
  readonly job: string;
  readonly stage: number;
  readonly taskId: string;
  readonly kind: "video" | "audio";
  readonly worker: SimWorker;
  readonly startFrame: number;
  endFrame: number;
  readonly cost: number;
  /** Fails when the encode reaches this frame of its own. */
  readonly failsAt: number | null;
  readonly orderedAtMs: number;
  /** The master's life that knows it. */
  life: number;
  /** The order is on the worker. */
  arrived: boolean;
  runningSinceMs: number | null;
  framesDone: number;
  countedAtMs: number;
  /** Outdates earlier planned ends. */
  version: number;
  encoded: boolean;
  /** Its result was sent, or it was dropped. */
  over: boolean;
}

export class SimWorker {
  readonly plan: WorkerPlan;
  readonly held: SimAttempt[] = [];
  factor = 1;
  frozen = false;
  cut = false;
  crashed = false;
  stuck = false;
  suspended = false;
  draining = false;
  corruptShare = 0;
  lying = false;
  blackHole = false;
  diskFull = false;
  joined = false;
  /** The master closed the link. */
  disconnected = false;
  /** Counts sessions: what was on the way in an older one is lost. */
  session = 0;
  readonly outbox: (() => void)[] = [];

  constructor(plan: WorkerPlan) {
    this.plan = plan;
  }

  get isOut(): boolean {
    return this.frozen || this.cut || this.crashed;
  }

  /** Frames per millisecond of one running attempt now. */
  rate(attempt: SimAttempt): number {
    if (this.frozen || this.crashed || this.stuck || this.suspended) return 0;
    return (
      Math.min(
        (this.plan.speed * this.factor) / attempt.cost,
        this.plan.linkFps,
      ) / 1000
    );
  }

  /** Brings an attempt's frames up to date. */
  count(attempt: SimAttempt, nowMs: number): void {
    if (attempt.runningSinceMs !== null && !attempt.encoded)
      attempt.framesDone = Math.min(
        attempt.endFrame - attempt.startFrame,
        attempt.framesDone +
          this.rate(attempt) * Math.max(0, nowMs - attempt.countedAtMs),
      );
    attempt.countedAtMs = Math.max(nowMs, attempt.countedAtMs);
  }

  /** Frames of input that have left the master. */
  fed(attempt: SimAttempt, windowFrames: number): number {
    if (!attempt.arrived) return 0;
    return Math.min(
      attempt.endFrame - attempt.startFrame,
      Math.ceil(attempt.framesDone) + windowFrames,
    );
  }

  drop(attempt: SimAttempt): void {
    attempt.over = true;
    attempt.version++;
    const at = this.held.indexOf(attempt);
    if (at >= 0) this.held.splice(at, 1);
  }
}
