/** The same film with other settings. */
import { RequestRefused } from "../../connection/connection.ts";
import type { Farm } from "../../state/farm.svelte.ts";
import type { UiJob } from "../../../src-main/protocol/ui-contract.ts";
import { fileNameOf, folderOf } from "./add-draft.ts";

type Asked = Pick<Farm, "ask" | "jobs">;

/** A job beside this one; its output carries the preset's name. Rejects with RequestRefused. */
export async function jobAgain(
  farm: Asked,
  job: UiJob,
  presetName: string,
): Promise<void> {
  await add(farm, job, presetName, "{name} {preset}");
}

/**
 * A job instead of one that waits, where it stood and with its name. Where the
 * new one is refused the old one is put back. Rejects with RequestRefused.
 */
export async function jobInPlace(
  farm: Asked,
  job: UiJob,
  presetName: string,
): Promise<void> {
  const { jobs } = farm;
  const at = jobs.findIndex((one) => one.jobId === job.jobId);
  const beforeJobId = jobs[at + 1]?.jobId ?? null;
  // First, so that the output's name is free.
  await farm.ask({ type: "remove-job", jobId: job.jobId });
  try {
    const jobId = await add(farm, job, presetName, templateFor(job));
    if (beforeJobId !== null)
      await farm.ask({ type: "move-job", jobId, beforeJobId });
    if (job.state === "paused") await farm.ask({ type: "pause-job", jobId });
  } catch (error) {
    await farm.ask({ type: "restore-job", jobId: job.jobId });
    throw error;
  }
}

async function add(
  farm: Asked,
  job: UiJob,
  presetName: string,
  nameTemplate: string,
): Promise<string> {
  const { jobIds, refused } = await farm.ask({
    type: "add-job",
    sources: [job.sourcePath],
    presetName,
    output: folderOf(job.outputPath),
    nameTemplate,
    allowedWorkers:
      job.allowedWorkers === null ? null : [...job.allowedWorkers],
    overwrite: false,
    segmentS: null,
    priority: job.priority,
  });
  const [jobId] = jobIds;
  const [refusal] = refused;
  if (refusal !== undefined) throw new RequestRefused(refusal.failure);
  if (jobId === undefined) throw new Error(job.sourcePath);
  return jobId;
}

/** The output's own name, but for the ending; braces mean something in templates. */
function templateFor({ outputPath }: UiJob): string {
  const name = fileNameOf(outputPath);
  const dot = name.lastIndexOf(".");
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return /[{}]/.test(stem) ? "{name}" : stem;
}
