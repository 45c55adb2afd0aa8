/** What encoding brought, in bytes. Pure. */
import type { UiJob } from "../../../src-main/protocol/ui-contract.ts";

type Sizes = Pick<UiJob, "sourceBytes" | "outputBytes">;

export interface SavedSpace {
  /** Negative: the output is larger. */
  readonly savedBytes: number;
  /** Of the source's size; null: the source is empty or its size unknown. */
  readonly savedRatio: number | null;
}

/** Null while there is no output. */
export function savedSpace({
  sourceBytes,
  outputBytes,
}: Sizes): SavedSpace | null {
  if (outputBytes === null) return null;
  const savedBytes = sourceBytes - outputBytes;
  return {
    savedBytes,
    savedRatio: sourceBytes > 0 ? savedBytes / sourceBytes : null,
  };
}

export interface SavedTotals extends SavedSpace {
  readonly doneCount: number;
}

/** Over all jobs that have an output. */
export function savedTotals(jobs: readonly Sizes[]): SavedTotals {
  let doneCount = 0;
  let sourceBytes = 0;
  let outputBytes = 0;
  for (const job of jobs) {
    if (job.outputBytes === null) continue;
    doneCount += 1;
    sourceBytes += job.sourceBytes;
    outputBytes += job.outputBytes;
  }
  const savedBytes = sourceBytes - outputBytes;
  return {
    doneCount,
    savedBytes,
    savedRatio: sourceBytes > 0 ? savedBytes / sourceBytes : null,
  };
}
