/** The master's state in the words of the UI contract: read-only, made anew when asked. */
import { basename } from "node:path";
import { explain, type Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import type { Assignment } from "../core/scheduler/effects.ts";
import {
  because,
  describeExplanation,
  explainAbsence,
  explainJob,
  explainWorker,
  namedExplanation,
  type Explanation,
  type ExplanationWords,
} from "../core/scheduler/explain.ts";
import {
  jobProgress,
  workerFramesPerSecond,
  type SegmentView,
} from "../core/scheduler/progress.ts";
import type {
  JobState,
  UiFailure,
  UiJob,
  UiJobDetail,
  UiJobFigures,
  UiWorker,
} from "../protocol/ui-contract.ts";
import type { ConnectedWorker } from "./connected-worker.ts";
import type { Job } from "./job.ts";
import type { Master } from "./master.ts";
import { partsMade } from "./parts-made.ts";
import { streamViews } from "./stream-view.ts";

export function failureView(failure: Failure): UiFailure {
  const { code, detail } = failure;
  return { code, detail, ...explain(code, detail) };
}

export function jobView(master: Master, job: Job, nowMs: number): UiJob {
  const { request, source, counters } = job;
  const progress = job.isActive
    ? jobProgress(master.loop.state, job.id, nowMs)
    : null;
  const framesPerSecond = progress?.framesPerSecond ?? 0;
  const sourceRate = job.framesPerSecond;
  const waits = waitingFor(master, job, nowMs);
  return {
    jobId: job.id,
    name: basename(request.sourcePath),
    sourcePath: request.sourcePath,
    outputPath: request.outputPath,
    presetName: request.presetName,
    state: stateOf(job),
    priority: request.priority,
    progressRatio:
      job.phase.kind === "done"
        ? 1
        : progress === null
          ? 0
          : job.rates.overallRatio(
              // Between two passes the scheduler still has the one that is over.
              progress.stage === job.rates.stage ? progress.progressRatio : 0,
            ),
    framesPerSecond,
    speedRatio: sourceRate > 0 ? framesPerSecond / sourceRate : 0,
    etaS:
      progress === null || progress.etaMs === null
        ? null
        : progress.etaMs / 1000,
    sourceBytes: source.sizeBytes,
    outputBytes: job.phase.kind === "done" ? job.phase.outputBytes : null,
    durationS: source.durationS,
    createdAtMs: request.createdAtMs,
    startedAtMs: counters.startedAtMs,
    endedAtMs: counters.endedAtMs,
    failure:
      job.phase.kind === "failed" ? failureView(job.phase.failure) : null,
    waitingFor:
      waits === null ? null : describeExplanation(waits, wordsOf(master)),
    ...(waits === null
      ? {}
      : { waitingBecause: namedExplanation(waits, wordsOf(master)) }),
    notes: job.notes,
    allowedWorkers: request.allowedWorkers,
  };
}

export function jobDetailView(
  master: Master,
  job: Job,
  nowMs: number,
): UiJobDetail {
  const progress = job.isActive
    ? jobProgress(master.loop.state, job.id, nowMs)
    : null;
  return {
    job: jobView(master, job, nowMs),
    segments:
      progress !== null
        ? withMakers(job, progress.segments)
        : job.phase.kind === "done"
          ? job.phase.parts
          : partsMade(job),
    streams: job.isProbed
      ? streamViews(job.media.facts, job.media.plan.streams)
      : [],
    recipe: job.request.recipe,
    log: job.log,
    figures: job.phase.kind === "done" ? job.phase.figures : null,
  };
}

/** The scheduler does not know who made what an earlier life of the master had verified. */
function withMakers(
  job: Job,
  segments: readonly SegmentView[],
): readonly SegmentView[] {
  const makers = new Map(
    [...job.finished.values()].map((part) => [part.startFrame, part.workerId]),
  );
  return segments.map((segment) => {
    const { kind, state, startFrame, workerIds } = segment;
    const maker = makers.get(startFrame) ?? null;
    return kind === "audio" ||
      state !== "verified" ||
      workerIds.length > 0 ||
      maker === null
      ? segment
      : { ...segment, workerIds: [maker] };
  });
}

export function workerView(
  master: Master,
  worker: ConnectedWorker,
  nowMs: number,
): UiWorker {
  const held = master.desk.attemptsOf(worker.id);
  const explanation = explainWorker(master.loop.state, worker.id, nowMs);
  return {
    workerId: worker.id,
    name: worker.name,
    state: stateOfWorker(worker),
    platform: worker.machine?.platform ?? "",
    cpuModel: worker.machine?.cpuModel ?? "",
    cpuCount: worker.machine?.cpuCount ?? 0,
    ffmpegVersion: worker.machine?.ffmpegVersion ?? "",
    capabilities: worker.capabilities,
    slots: worker.slots,
    framesPerSecond: workerFramesPerSecond(master.loop.state, worker.id),
    cpuRatio: worker.cpuRatio,
    roundTripMs: worker.link.roundTripMs(),
    work: held
      .filter((attempt) => attempt.started)
      .map((attempt) => {
        const { assignment } = attempt;
        const job = master.queue.find(assignment.jobId);
        return job === undefined ? "?" : workText(job, assignment);
      }),
    idleReason:
      explanation === null
        ? null
        : describeExplanation(explanation, wordsOf(master)),
    ...(explanation === null
      ? {}
      : { idleBecause: namedExplanation(explanation, wordsOf(master)) }),
  };
}

/** `Film.mkv, 1:20–1:45`; the sound is one piece. */
function workText(job: Job, assignment: Assignment): string {
  const name = basename(job.request.sourcePath);
  if (assignment.kind === "audio") return `${name}, audio`;
  const { startFrame, endFrame } = assignment.range;
  const at = (frame: number): string => clockText(frame / job.framesPerSecond);
  return `${name}, ${at(startFrame)}–${at(endFrame)}`;
}

function clockText(atS: number): string {
  const whole = Math.floor(atS);
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0
    ? `${String(hours)}:${two(minutes)}:${two(whole % 60)}`
    : `${String(minutes)}:${two(whole % 60)}`;
}

/** The summary of a job that has just ended well. */
export function jobFigures(
  job: Job,
  nowMs: number,
  nameOf: (id: DeviceId) => string,
): UiJobFigures {
  const { counters } = job;
  const startedAtMs = counters.startedAtMs ?? nowMs;
  const segments = [...job.finished.values()];
  return {
    wallS: (nowMs - startedAtMs) / 1000,
    firstSegmentS:
      counters.firstSegmentAtMs === null
        ? null
        : (counters.firstSegmentAtMs - startedAtMs) / 1000,
    frames: segments.reduce((sum, segment) => sum + segment.frames, 0),
    segmentCount: segments.length + (job.audioFile === null ? 0 : 1),
    attemptCount: counters.attemptCount,
    wastedFrames: counters.wastedFrames,
    bytesSent: counters.bytesSent,
    bytesReceived: counters.bytesReceived,
    workers: [...counters.framesByWorker].map(([id, frames]) => ({
      name: nameOf(id),
      frames,
    })),
  };
}

function stateOfWorker(worker: ConnectedWorker): UiWorker["state"] {
  if (worker.drained) return "draining";
  const { kind } = worker.availability;
  return kind === "ready" ? "connected" : kind;
}

function stateOf(job: Job): JobState {
  if (job.hasEnded) return job.phase.kind;
  return job.paused ? "paused" : job.phase.kind;
}

function waitingFor(
  master: Master,
  job: Job,
  nowMs: number,
): Explanation | null {
  const { state } = master.loop;
  if (job.hasEnded) return null;
  if (job.phase.kind === "waiting") {
    if (job.paused) return because("job-paused");
    if (master.queuePaused) return because("queue-paused");
    const absence = explainAbsence(state, job.request.allowedWorkers);
    if (absence !== null) return absence;
    const [first] = state.order;
    return first === undefined
      ? because("job-next")
      : because("job-behind", { jobId: first.jobId });
  }
  if (!state.jobs.has(job.id)) return because("job-probing");
  return explainJob(state, job.id, nowMs);
}

function wordsOf(master: Master): ExplanationWords {
  return {
    job: (id) => {
      const job = master.queue.find(id);
      return job === undefined
        ? "another job"
        : basename(job.request.sourcePath);
    },
    time: (atMs) => {
      const at = new Date(atMs);
      const two = (value: number): string => String(value).padStart(2, "0");
      return `${two(at.getHours())}:${two(at.getMinutes())}`;
    },
  };
}
