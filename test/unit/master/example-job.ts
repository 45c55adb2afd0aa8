import type { JobId } from "../../../src-main/core/identifiers.ts";
import { planJob } from "../../../src-main/core/plan.ts";
import { Job, type JobRequest } from "../../../src-main/master/job.ts";
import { exampleFacts, exampleRecipe } from "../core/example-facts.ts";

export interface ExampleJobOptions extends Partial<
  Pick<JobRequest, "priority" | "allowedWorkers">
> {
  readonly phase?: Extract<
    Job["phase"]["kind"],
    "waiting" | "preparing" | "encoding" | "stitching" | "cancelled"
  >;
  readonly paused?: boolean;
  readonly durationS?: number;
  /** As after a restart: nothing is known of it but its record. */
  readonly unprobed?: boolean;
}

/** A job of the example source and recipe, in a folder that is not there. */
export function exampleJob(id: string, options: ExampleJobOptions = {}): Job {
  const facts = exampleFacts();
  const recipe = exampleRecipe();
  const job = new Job(
    {
      jobId: id as JobId,
      sourcePath: `/films/${id}.mkv`,
      outputPath: `/films/${id}.mp4`,
      presetName: "Example",
      recipe,
      overwrite: false,
      segmentS: null,
      priority: options.priority ?? 0,
      allowedWorkers: options.allowedWorkers ?? null,
      createdAtMs: 0,
    },
    { sizeBytes: 1, modifiedMs: 1, durationS: options.durationS ?? 100 },
    `/nowhere/${id}`,
  );
  if (options.unprobed !== true)
    job.media = { facts, plan: planJob(facts, recipe) };
  job.phase = { kind: options.phase ?? "waiting" };
  job.paused = options.paused ?? false;
  return job;
}
