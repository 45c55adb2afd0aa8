/** Waiting for jobs, and telling how they ended: for `encode` and `add --wait`. */
import { Failure } from "../core/errors.ts";
import type { UiRefused } from "../protocol/ui-contract.ts";
import type { CommandContext } from "./command-context.ts";
import { exitCodes, failureOf, renderFailure } from "./failure-report.ts";
import type { FarmView } from "./farm-view.ts";
import { followJobs } from "./follow-jobs.ts";
import { JobProgress } from "./job-progress.ts";
import { renderSummary, summaryJson, type EndedJob } from "./job-summary.ts";
import { printable } from "./text-width.ts";

export interface Outcome {
  readonly jobs: readonly EndedJob[];
  readonly refused: readonly UiRefused[];
}

/** Shows the progress of jobs until all have ended. */
export async function awaitJobs(
  context: CommandContext,
  view: FarmView,
  jobIds: readonly string[],
): Promise<readonly EndedJob[]> {
  const progress = new JobProgress(context.terminal, context.nowMs);
  const jobs = await followJobs(view, jobIds, (now) => progress.show(now));
  progress.end();
  const ended: EndedJob[] = [];
  for (const { jobId } of jobs) {
    const { job, figures } = await view.ask({ type: "job-detail", jobId });
    ended.push({ job, figures });
  }
  return ended;
}

/** Tells of every file; the exit code says whether all of them were done. */
export function reportOutcome(
  context: CommandContext,
  { jobs, refused }: Outcome,
  options: { readonly json?: boolean },
): number {
  const { terminal } = context;
  const failed = jobs.filter(({ job }) => job.state !== "done");
  if (options.json)
    terminal.printJson({ jobs: jobs.map(summaryJson), refused });
  else {
    for (const one of jobs)
      if (one.job.state === "done")
        for (const line of renderSummary(one)) terminal.print(line);
    reportRefused(context, [
      ...refused,
      ...failed.flatMap(({ job }) => {
        const failure = job.failure ?? failureOf(new Failure("cancelled"));
        return failure ? [{ source: job.sourcePath, failure }] : [];
      }),
    ]);
  }
  return failed.length + refused.length > 0 ? exitCodes.failed : exitCodes.ok;
}

/** What could not be done, each with its reason; the file is named where the reason does not. */
export function reportRefused(
  { terminal }: CommandContext,
  refused: readonly UiRefused[],
): void {
  for (const { source, failure } of refused) {
    if (!failure.text.includes(source)) terminal.note(printable(source));
    for (const line of renderFailure(failure)) terminal.note(line);
  }
}
