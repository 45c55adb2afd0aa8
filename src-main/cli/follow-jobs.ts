import type { UiJob, UiSnapshot } from "../protocol/ui-contract.ts";
import type { FarmView } from "./farm-view.ts";

/** Whether nothing more happens to a job by itself. */
export function hasEnded(job: UiJob): boolean {
  return (
    job.state === "done" || job.state === "failed" || job.state === "cancelled"
  );
}

/**
 * Waits until all the jobs have ended and gives them back in the order asked
 * for; tells of them on the way. A job taken off the list counts as ended.
 *
 * @throws what the view tells when the node is lost.
 */
export function followJobs(
  view: FarmView,
  jobIds: readonly string[],
  onState: (jobs: readonly UiJob[], state: UiSnapshot) => void,
): Promise<readonly UiJob[]> {
  return new Promise((resolve, reject) => {
    let stop: (() => void) | null = null;
    let isOver = false;
    const finish = (act: () => void): void => {
      if (isOver) return;
      isOver = true;
      stop?.();
      act();
    };
    stop = view.watch(
      (state) => {
        if (isOver) return;
        const byId = new Map(state.jobs.map((job) => [job.jobId, job]));
        const jobs = jobIds.flatMap((id) => byId.get(id) ?? []);
        onState(jobs, state);
        if (jobs.every(hasEnded)) finish(() => resolve(jobs));
      },
      (reason) => finish(() => reject(reason)),
    );
    // It may have been over with the first look, before there was a way to stop.
    if (isOver as boolean) stop();
  });
}

/** Who is at work, for the line of progress: jobs that have begun first, else the first that waits. */
export function jobInView(jobs: readonly UiJob[]): UiJob | null {
  const open = jobs.filter((job) => !hasEnded(job));
  return open.find((job) => job.state !== "waiting") ?? open[0] ?? null;
}
