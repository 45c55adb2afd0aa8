import { rm, stat } from "node:fs/promises";
import { assert } from "../core/assert.ts";
import type { SchedulerEffect } from "../core/scheduler/effects.ts";
import type { SchedulerEvent } from "../core/scheduler/events.ts";
import type { Binaries } from "../media/binaries.ts";
import { sumStreamBytes } from "../media/stream-sizes.ts";
import type { NodeStore } from "../store/node-store.ts";
import { assembleJob } from "./job-assembly.ts";
import { presentStage } from "./job-preparation.ts";
import type { JobRecords } from "./job-records.ts";
import type { FinishedSegment, Job } from "./job.ts";

export interface CompletionPorts {
  readonly binaries: Binaries;
  readonly dispatch: (event: SchedulerEvent) => void;
  readonly records: JobRecords;
  readonly store: NodeStore;
  readonly onProgress: (ratio: number) => void;
}

type CompleteStage = Extract<SchedulerEffect, { type: "complete-stage" }>;

/**
 * Every task of a stage is verified: begins the next pass, or puts the output
 * together. Gives back the output's size in bytes; null when a pass has begun.
 *
 * @throws Failure as `assembleJob`.
 */
export async function completeStage(
  job: Job,
  effect: CompleteStage,
  ports: CompletionPorts,
): Promise<number | null> {
  const segments = effect.segments.map((one) => {
    const segment = job.finished.get(one.taskId);
    assert(segment !== undefined, "the scheduler counts only what was kept");
    return segment;
  });
  if (job.rates.kind !== "encode") {
    await beginNextStage(job, segments, ports);
    return null;
  }
  job.phase = { kind: "stitching" };
  return assembleJob(job, {
    binaries: ports.binaries,
    segments,
    onProgress: ports.onProgress,
  });
}

async function beginNextStage(
  job: Job,
  segments: readonly FinishedSegment[],
  ports: CompletionPorts,
): Promise<void> {
  await job.indexed;
  if (job.media.plan.encode?.rate.mode === "size" && job.copiedBytes === 0) {
    job.copiedBytes = await copiedTrackBytes(job, ports.binaries);
  }
  const audioBytes =
    job.audioFile === null ? 0 : (await stat(job.audioFile)).size;
  const over = job.rates.stage;
  const ranges = job.rates.next(segments, job.rateFacts(audioBytes));
  assert(ranges !== null, "the encode is the last pass");
  job.finished.clear();
  // First what the pass has shown, then its parts can go: a crash in between loses neither.
  await ports.records.save(job);
  await ports.store.dropSegments(job.id, {
    stage: over,
    taskIds: segments.map((segment) => segment.recordId),
  });
  for (const segment of segments) await rm(segment.file, { force: true });
  if (job.hasEnded) return;
  ports.dispatch({
    type: "stage-begun",
    jobId: job.id,
    stage: presentStage(job),
  });
}

function copiedTrackBytes(job: Job, binaries: Binaries): Promise<number> {
  const { streams } = job.media.plan;
  const copied = [
    ...streams.audio.filter((track) => track.encode === null),
    ...streams.subtitles,
    ...streams.covers,
  ].map((track) => track.sourceIndex);
  return sumStreamBytes(
    binaries,
    job.request.sourcePath,
    copied,
    job.stop.signal,
  );
}
