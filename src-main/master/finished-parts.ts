import { taskId } from "../core/identifiers.ts";
import type { StoredSegment } from "../protocol/stored-job.ts";
import { openJobFolder, type JobFolder } from "../store/job-folder.ts";
import type { NodeStore } from "../store/node-store.ts";
import type { Job } from "./job.ts";

/**
 * Finds the job's finished parts on disk, as they were recorded: same size,
 * same hash. What does not hold, or is of an earlier pass, is forgotten and
 * made again where it is needed.
 */
export async function restoreParts(
  job: Job,
  store: NodeStore,
  dataFolder: string,
): Promise<void> {
  const { segments } = await store.jobDetails(job.id);
  if (segments.length === 0) return;
  const folder = await openJobFolder(dataFolder, job.id);
  for (const segment of segments)
    if (segment.range === null && (await folder.holds(segment)))
      job.audioFile = folder.pathOf(segment.fileName);
  if (job.rates.canUseParts) await restorePictures(job, segments, folder);
  const used = new Set([...job.finished.values()].map((part) => part.recordId));
  const unused = segments.filter(
    (segment) => segment.range !== null && !used.has(segment.taskId),
  );
  if (unused.length === 0) return;
  await store.dropSegments(job.id, {
    taskIds: unused.map((segment) => segment.taskId),
  });
  for (const segment of unused) await folder.remove(segment.fileName);
}

/** Of this pass, in presentation order, without overlaps. */
async function restorePictures(
  job: Job,
  segments: readonly StoredSegment[],
  folder: JobFolder,
): Promise<void> {
  const ordered = segments
    .filter(({ stage }) => stage === job.rates.stage)
    .sort((a, b) => (a.range?.startFrame ?? 0) - (b.range?.startFrame ?? 0));
  let coveredTo = 0;
  for (const segment of ordered) {
    const { range, sizeBytes, quality, workerId } = segment;
    if (range === null || range.startFrame < coveredTo) continue;
    if (!(await folder.holds(segment))) continue;
    coveredTo = range.endFrame;
    const id = taskId(segment.taskId);
    job.rates.found({ ...range, sizeBytes }, quality ?? null);
    job.finished.set(id, {
      taskId: id,
      recordId: id,
      workerId,
      ...range,
      file: folder.pathOf(segment.fileName),
      sizeBytes,
      frames: range.endFrame - range.startFrame,
    });
  }
}
