/** What may be asked of a job in its state; the node decides in the end. Pure. */
import type {
  JobState,
  UiJob,
} from "../../../src-main/protocol/ui-contract.ts";

export const jobActions = [
  "pause",
  "resume",
  "cancel",
  "retry",
  "remove",
] as const;
export type JobAction = (typeof jobActions)[number];

const open: readonly JobState[] = [
  "waiting",
  "preparing",
  "encoding",
  "stitching",
];
const takes: Readonly<Record<JobAction, readonly JobState[]>> = {
  pause: open,
  resume: ["paused"],
  cancel: [...open, "paused"],
  retry: ["failed", "cancelled"],
  remove: [...open, "paused", "done", "failed", "cancelled"],
};

export function canBe(
  action: JobAction,
  { state }: Pick<UiJob, "state">,
): boolean {
  return takes[action].includes(state);
}

/** Those of the jobs the action means something for. */
export function jobsFor(
  action: JobAction,
  jobs: readonly UiJob[],
): readonly UiJob[] {
  return jobs.filter((job) => canBe(action, job));
}

export function hasEnded({ state }: Pick<UiJob, "state">): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}

/** Somebody works for it at this moment. */
export function isRunning({ state }: Pick<UiJob, "state">): boolean {
  return state === "preparing" || state === "encoding" || state === "stitching";
}
