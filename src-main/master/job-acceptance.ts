import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../core/errors.ts";
import { planJob } from "../core/plan.ts";
import { probeSource } from "../media/probe.ts";
import { reserveOutput } from "../media/publish.ts";
import { Job, type JobRequest } from "./job.ts";
import type { JobQueue } from "./job-queue.ts";
import type { MasterOptions } from "./master-options.ts";

/**
 * Looks at what is asked for before it enters the queue: the source opens, the
 * recipe fits it, the output can be written and nobody else writes it.
 *
 * @throws Failure with the reason.
 */
export async function acceptJob(
  request: JobRequest,
  queue: JobQueue,
  options: MasterOptions,
): Promise<Job> {
  const facts = await probeSource(options.binaries, request.sourcePath);
  const plan = planJob(facts, request.recipe);
  if (queue.writesTo(request.outputPath)) {
    throw new Failure(
      "output-exists",
      `${request.outputPath} (another job of the queue writes it)`,
    );
  }
  await reserveOutput(request.outputPath, {
    overwrite: request.overwrite,
    sourcePath: request.sourcePath,
  });
  const source = await stat(request.sourcePath);
  const job = new Job(
    request,
    {
      facts,
      plan,
      sourceSizeBytes: source.size,
      sourceModifiedMs: source.mtimeMs,
    },
    join(options.workFolder, request.jobId),
  );
  for (const note of plan.notes) job.note(note);
  return job;
}

/** @throws Failure `source-missing` or `source-changed`. */
export async function checkSourceUnchanged(job: Job): Promise<void> {
  const { sourcePath } = job.request;
  const now = await stat(sourcePath).catch(() => null);
  if (now === null) throw new Failure("source-missing", sourcePath);
  if (
    now.size !== job.media.sourceSizeBytes ||
    now.mtimeMs !== job.media.sourceModifiedMs
  ) {
    throw new Failure("source-changed", sourcePath);
  }
}
