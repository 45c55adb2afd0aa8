/** What the checker beside the world writes down of jobs, workers and attempts. */
import type { Assignment } from "../../src-main/core/scheduler/effects.ts";

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

export interface LedgerAttempt {
  readonly assignment: Assignment;
  readonly startFrame: number;
  endFrame: number;
  fedReported: number;
  state: "live" | "lost" | "ended";
  /** The world verified its result, honestly. */
  good: boolean;
  readonly assignedAtMs: number;
}
