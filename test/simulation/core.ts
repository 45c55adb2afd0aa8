/** The scheduler as the simulator sees it: whole, or one of its mutants. */
import { checkInvariants } from "../../src-main/core/scheduler/invariants.ts";
import { jobProgress } from "../../src-main/core/scheduler/progress.ts";
import { exportJob } from "../../src-main/core/scheduler/snapshot.ts";
import { createScheduler } from "../../src-main/core/scheduler/state.ts";
import { nextWakeMs, step } from "../../src-main/core/scheduler/step.ts";

export const core = {
  createScheduler,
  step,
  nextWakeMs,
  checkInvariants,
  exportJob,
  jobProgress,
};
export type Core = typeof core;
