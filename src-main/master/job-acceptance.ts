import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../core/errors.ts";
import { planJob } from "../core/plan.ts";
import type { Binaries } from "../media/binaries.ts";
import { probeSource } from "../media/probe.ts";
import { reserveOutput } from "../media/publish.ts";
import {
  Job,
  type JobMedia,
  type JobRequest,
  type SourceStamp,
} from "./job.ts";
import type { JobQueue } from "./job-queue.ts";

/**
 * Looks at what is asked for before it enters the queue: the source opens, the
 * recipe fits it, the output can be written and nobody else writes it.
 *
 * @throws Failure with the reason.
 */
export async function acceptJob(
  request: JobRequest,
  queue: JobQueue,
  options: { readonly binaries: Binaries; readonly workFolder: string },
): Promise<Job> {
  const media = await probeJob(request, options.binaries);
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
  const source = await stampOf(request.sourcePath, media.facts.durationS);
  const job = new Job(request, source, join(options.workFolder, request.jobId));
  job.media = media;
  return job;
}

/** Probes a job's source and plans it. @throws Failure with the reason. */
export async function probeJob(
  request: JobRequest,
  binaries: Binaries,
): Promise<JobMedia> {
  const facts = await probeSource(binaries, request.sourcePath);
  try {
    return { facts, plan: planJob(facts, request.recipe) };
  } catch (cause) {
    // The plan knows what the source is made of, not what it is called.
    if (cause instanceof Failure && /^no-(video|audio)$/.test(cause.code))
      throw new Failure(cause.code, request.sourcePath, { cause });
    throw cause;
  }
}

/** @throws Failure `source-missing` or `source-changed`. */
export async function checkSourceUnchanged(job: Job): Promise<void> {
  const { sourcePath } = job.request;
  const now = await stampOf(sourcePath, job.source.durationS);
  if (
    now.sizeBytes !== job.source.sizeBytes ||
    now.modifiedMs !== job.source.modifiedMs
  ) {
    throw new Failure("source-changed", sourcePath);
  }
}

/** @throws Failure `source-missing`. */
export async function stampOf(
  path: string,
  durationS: number | null,
): Promise<SourceStamp> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new Failure("source-missing", path);
  return { sizeBytes: found.size, modifiedMs: found.mtimeMs, durationS };
}
