import {
  type FeedChoice,
  chooseFeed,
  wholeReasonText,
  type WholeReason,
} from "../core/feed-plan.ts";
import { FrameIndex } from "../core/frame-index.ts";
import { taskId } from "../core/identifiers.ts";
import type {
  JobSpec,
  SchedulerEvent,
  StageSpec,
} from "../core/scheduler/events.ts";
import type { Binaries } from "../media/binaries.ts";
import { tryFeed } from "../media/feed-trial.ts";
import { readPacketIndex } from "../media/packet-index.ts";
import type { Job } from "./job.ts";

/** The scheduler hears of a growing timeline at most this often. */
const advanceEveryMs = 100;
/** Audio encodes so much faster than video that its task weighs little. */
const audioCostRatio = 0.03;
/** Where a file does not tell how long it is. */
const unknownAudioS = 60;

export interface PreparationPorts {
  readonly binaries: Binaries;
  readonly dispatch: (event: SchedulerEvent) => void;
  readonly nowMs: () => number;
  /** Takes up attempts of an earlier life, once the job is known; null: there are none. */
  readonly heirs: (() => void) | null;
}

/**
 * Hands a job to the scheduler and reads its index meanwhile: the first
 * segments are at work while the rest is still being read. Resolves when the
 * index is complete.
 *
 * @throws Failure when the source cannot be read to its end.
 */
export async function prepareJob(
  job: Job,
  ports: PreparationPorts,
): Promise<void> {
  const { facts, plan } = job.media;
  if (plan.encode === null || facts.video === null) {
    ports.dispatch({
      type: "job-added",
      job: jobSpec(job, true),
    });
    return;
  }
  const index = new FrameIndex(facts.video.timeBase);
  job.index = index;
  const early = job.settledChoice ?? chooseFeed(facts, index);
  // What is finished already can only be placed among all frames.
  if (
    early.kind === "ranges" &&
    job.finished.size === 0 &&
    job.rates.stage === 1 &&
    ports.heirs === null
  )
    await indexWhileEncoding(job, index, ports);
  else await indexThenEncode(job, index, ports);
}

async function indexWhileEncoding(
  job: Job,
  index: FrameIndex,
  ports: PreparationPorts,
): Promise<void> {
  const { facts } = job.media;
  job.choice = { kind: "ranges" };
  ports.dispatch({
    type: "job-added",
    job: jobSpec(job, false),
  });
  let toldMs = 0;
  let toldCuts = 0;
  let toldFrames = 0;
  const tell = (): void => {
    const cuts = index.cutPoints(toldCuts);
    const knownFrames = index.knownFrames;
    if (knownFrames === toldFrames && !index.complete) return;
    toldFrames = knownFrames;
    toldCuts = (cuts.at(-1) ?? toldCuts - 1) + 1;
    ports.dispatch({
      type: "timeline-extended",
      jobId: job.id,
      knownFrames,
      newCutPoints: cuts,
      complete: index.complete,
      framesPerSecond: index.framesPerSecond(),
    });
  };
  const trial = new FeedTrial(job, index, ports);
  await readPacketIndex(ports.binaries, job.request.sourcePath, facts, index, {
    signal: job.stop.signal,
    onAdvance: () => {
      const now = ports.nowMs();
      // A bound lies between two frames.
      if (index.knownFrames < 2 || index.hazards().length > 0) return;
      if (!trial.passed(tell) || now - toldMs < advanceEveryMs) return;
      toldMs = now;
      tell();
    },
  });
  const choice = await trial.outcome(chooseFeed(facts, index));
  if (choice.kind === "ranges") {
    tell();
    return;
  }
  // Held meanwhile, so that nothing is cut of what is about to be made whole.
  ports.dispatch({ type: "job-paused", jobId: job.id });
  tell();
  makeWhole(job, choice, ports);
  if (!job.paused) ports.dispatch({ type: "job-resumed", jobId: job.id });
}

/** Whether a copy of the source can be carried at all: tried once, before anything is handed out. */
class FeedTrial {
  private readonly job: Job;
  private readonly index: FrameIndex;
  private readonly ports: PreparationPorts;
  private running: Promise<FeedChoice> | null = null;
  private result: FeedChoice | null = null;

  constructor(job: Job, index: FrameIndex, ports: PreparationPorts) {
    this.job = job;
    this.index = index;
    this.ports = ports;
  }

  /** Begins the trial where it has not begun; calls back once if it passes while the index is still read. */
  passed(onPassed: () => void): boolean {
    if (this.running === null) {
      this.running = this.run({ kind: "ranges" });
      this.running.then(
        (choice) => {
          this.result = choice;
          if (choice.kind === "ranges" && !this.index.complete) onPassed();
        },
        () => undefined,
      );
    }
    return this.result?.kind === "ranges";
  }

  /** What holds for the whole source, given what its index says. */
  async outcome(byIndex: FeedChoice): Promise<FeedChoice> {
    if (this.index.knownFrames === 0) return byIndex;
    const tried = await (this.running ?? this.run(byIndex));
    return tried.kind === "whole" ? tried : byIndex;
  }

  private run(choice: FeedChoice): Promise<FeedChoice> {
    const { job, index, ports } = this;
    return tryFeed(
      ports.binaries,
      job.request.sourcePath,
      job.media.facts,
      index,
      choice,
      job.stop.signal,
    );
  }
}

async function indexThenEncode(
  job: Job,
  index: FrameIndex,
  ports: PreparationPorts,
): Promise<void> {
  await readPacketIndex(
    ports.binaries,
    job.request.sourcePath,
    job.media.facts,
    index,
    {
      signal: job.stop.signal,
    },
  );
  const trial = new FeedTrial(job, index, ports);
  const choice =
    job.settledChoice ??
    (await trial.outcome(chooseFeed(job.media.facts, index)));
  job.choice = choice;
  if (choice.kind === "whole") {
    noteWhole(job, choice.reason);
    forgetPieces(job, index.knownFrames);
  }
  const spec = jobSpec(job, true);
  if (ports.heirs === null) {
    ports.dispatch({ type: "job-added", job: spec });
    return;
  }
  // Held until everybody has what is theirs already.
  ports.dispatch({ type: "job-added", job: { ...spec, paused: true } });
  ports.heirs();
  if (!job.paused) ports.dispatch({ type: "job-resumed", jobId: job.id });
}

/**
 * Drops the segments of a job and does it again as one piece on one worker:
 * never wrong, at worst slow. The index must be complete.
 */
export function makeWhole(
  job: Job,
  choice: Extract<NonNullable<Job["choice"]>, { kind: "whole" }>,
  ports: Pick<PreparationPorts, "dispatch">,
): void {
  job.choice = choice;
  noteWhole(job, choice.reason);
  // Sound was fed by the clock as it stood.
  if (choice.reason === "clock-jumps-back") job.audioFile = null;
  job.restartRates();
  job.finished.clear();
  ports.dispatch({
    type: "job-made-whole",
    jobId: job.id,
    stage: presentStage(job),
  });
}

/** As one piece, only the whole counts. */
function forgetPieces(job: Job, frames: number): void {
  for (const [id, part] of job.finished)
    if (part.startFrame > 0 || part.endFrame < frames) job.finished.delete(id);
}

function noteWhole(job: Job, reason: WholeReason): void {
  job.wholeReason = reason;
  job.note(`Encoded as one piece on one worker: ${wholeReasonText(reason)}.`);
}

function jobSpec(job: Job, timelineComplete: boolean): JobSpec {
  return {
    jobId: job.id,
    priority: job.request.priority,
    needs: job.media.plan.needs,
    framesPerSecond: job.framesPerSecond,
    splittable: job.choice?.kind !== "whole",
    fixedSegmentS: job.request.segmentS,
    allowedWorkers: job.request.allowedWorkers,
    knownFrames: timelineComplete ? frameCount(job) : 0,
    timelineComplete,
    cutPoints: timelineComplete ? (job.index?.cutPoints() ?? []) : [],
    firstStage: presentStage(job),
    paused: job.paused,
  };
}

/** The stage of a job as it stands: all its frames, less what is finished. */
export function presentStage(job: Job): StageSpec {
  const { plan, facts } = job.media;
  const frames = frameCount(job);
  const audioTask = taskId(`${job.id}-audio`);
  const audioS = facts.durationS ?? unknownAudioS;
  const costFrames = Math.max(
    1,
    Math.round(audioS * job.framesPerSecond * audioCostRatio),
  );
  const segmentS = job.rates.segmentS(job.request.segmentS);
  return {
    ...(segmentS === null ? {} : { fixedSegmentS: segmentS }),
    stage: job.rates.stage,
    ranges: job.rates.ranges(frames, job.choice?.kind !== "whole"),
    restored: [...job.finished.values()].map(
      ({ taskId: id, startFrame, endFrame }) => ({
        taskId: id,
        startFrame,
        endFrame,
      }),
    ),
    restoredWholeTasks: job.audioFile === null ? [] : [audioTask],
    wholeTasks:
      plan.audioOrder === null
        ? []
        : [
            {
              taskId: audioTask,
              kind: "audio",
              costFrames,
              needs: plan.audioNeeds,
            },
          ],
  };
}

function frameCount(job: Job): number {
  return job.media.plan.encode === null ? 0 : (job.index?.knownFrames ?? 0);
}
