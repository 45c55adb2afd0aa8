import type { UiJob } from "../../../../src-main/protocol/ui-contract.ts";

/** A row of the queue that waits, but for what is said. */
export function uiJob(jobId: string, some: Partial<UiJob>): UiJob {
  const name = some.name ?? `film-${jobId}.mkv`;
  return {
    jobId,
    name,
    sourcePath: `/films/${name}`,
    outputPath: `/films/${name}.mp4`,
    presetName: "Fast 1080p",
    state: "waiting",
    priority: 0,
    progressRatio: 0,
    framesPerSecond: 0,
    speedRatio: 0,
    etaS: null,
    sourceBytes: 0,
    outputBytes: null,
    durationS: 60,
    createdAtMs: 0,
    startedAtMs: null,
    endedAtMs: null,
    failure: null,
    waitingFor: null,
    notes: [],
    allowedWorkers: null,
    ...some,
  };
}
