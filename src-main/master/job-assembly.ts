import { assert } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import { outputDisplay, outputFrameCount } from "../core/output-display.ts";
import { makesFrames } from "../core/plan.ts";
import {
  discardOutput,
  publishOutput,
  removeLeftovers,
  reserveOutput,
  temporaryOutput,
} from "../media/publish.ts";
import { stitch, type StitchReport } from "../media/stitch.ts";
import { verifyOutput } from "../media/verify-output.ts";
import { checkSourceUnchanged } from "./job-acceptance.ts";
import type { FinishedSegment, Job } from "./job.ts";
import type { MasterOptions } from "./master-options.ts";

export interface AssemblyOptions {
  readonly binaries: MasterOptions["binaries"];
  /** Which finished pieces make the output, in presentation order. */
  readonly segments: readonly FinishedSegment[];
  /** From 0 to 1, never falling. */
  readonly onProgress: (ratio: number) => void;
}

/**
 * Joins a job's finished parts under a hidden name beside the output, verifies
 * the file, and only then gives it its name. Gives back its size in bytes.
 *
 * @throws Failure `source-changed`, `stitch-failed`, `output-wrong`,
 * `output-exists`, `disk-full`; nothing is left then but the finished parts.
 */
export async function assembleJob(
  job: Job,
  options: AssemblyOptions,
): Promise<number> {
  const { request } = job;
  const signal = job.stop.signal;
  await checkSourceUnchanged(job);
  await removeLeftovers(request.outputPath);
  await reserveOutput(request.outputPath, {
    overwrite: request.overwrite,
    sourcePath: request.sourcePath,
  });
  const outputFile = temporaryOutput(request.outputPath);
  try {
    const report = await join(job, outputFile, options);
    checkFrameCount(job, report);
    noteDamage(job);
    const verified = await verify(job, outputFile, report, options);
    await checkSourceUnchanged(job);
    signal.throwIfAborted();
    await publishOutput(outputFile, request.outputPath, {
      overwrite: request.overwrite,
    });
    return verified;
  } catch (error) {
    await discardOutput(outputFile);
    throw error;
  }
}

/** What decodes of a damaged source is encoded; people are told what they do not get. */
function noteDamage(job: Job): void {
  const { index, media } = job;
  if (index === null || index.knownFrames === 0) return;
  const startS = media.facts.startS ?? 0;
  const endS = index.ptsUs(index.knownFrames - 1) / 1e6 - startS;
  const { durationS } = media.facts;
  if (index.isCutOff) {
    const promised =
      durationS !== null && durationS > endS + 1
        ? ` of ${durationS.toFixed(1)} s; ${(durationS - endS).toFixed(1)} s are missing`
        : "";
    job.note(
      `The source is cut off: its pictures end at ${endS.toFixed(1)} s${promised}.`,
    );
  } else if (index.hasHazard("corrupt-packets"))
    job.note(
      "The source is damaged: what could be decoded of it was encoded; pictures there may be missing or broken.",
    );
}

function join(
  job: Job,
  outputFile: string,
  options: AssemblyOptions,
): Promise<StitchReport> {
  const { request, media } = job;
  return stitch(
    options.binaries,
    {
      sourceFile: request.sourcePath,
      facts: media.facts,
      plan: media.plan.streams,
      segmentFiles: shownSegments(job, options.segments).map(
        (segment) => segment.file,
      ),
      display: outputDisplay(media.plan),
      audioFile: job.audioFile,
      fastStart: request.recipe.fastStart,
      outputFile,
      workFolder: job.folder,
    },
    { signal: job.stop.signal, onProgress: options.onProgress },
  );
}

/** Without the parts that hold only the frame a worker shows its work by. */
function shownSegments(
  { index, media }: Job,
  segments: readonly FinishedSegment[],
): readonly FinishedSegment[] {
  if (index === null) return segments;
  return segments.filter((segment) => makesFrames(media.plan, index, segment));
}

/** Each segment was counted when it came in; together they must be all frames of the source's index. */
function checkFrameCount(job: Job, report: StitchReport): void {
  if (report.video === null || job.choice?.kind !== "ranges") return;
  assert(job.index !== null, "a job with encoded video has an index");
  const planned = outputFrameCount(job.media.plan, job.index);
  if (report.video.frames !== planned) {
    throw new Failure(
      "output-wrong",
      `${report.video.frames} frames instead of ${planned}`,
    );
  }
}

async function verify(
  job: Job,
  outputFile: string,
  report: StitchReport,
  options: AssemblyOptions,
): Promise<number> {
  const { plan, facts } = job.media;
  const checked = await verifyOutput(
    options.binaries,
    outputFile,
    {
      sourceFile: job.request.sourcePath,
      facts,
      plan: plan.streams,
      video: report.video,
      display: outputDisplay(plan),
      size: plan.output,
      audioFile: job.audioFile,
    },
    job.stop.signal,
  );
  return checked.sizeBytes;
}
