/**
 * One job while the node runs: what was asked for, what is known of it, and
 * where it stands. Only the master changes it.
 *
 * waiting     in the queue, nothing read yet. Left by its turn, pause, cancel.
 * preparing   its index has begun to be read, no segment at work yet.
 * encoding    its first attempt has been handed out.
 * stitching   every task is verified; the output is put together and verified.
 * done        the output is published under its name.
 * failed      with a code; a retry goes back to waiting and keeps what is finished.
 * cancelled   by a person; a retry goes back to waiting.
 * Pause is beside these: a paused job keeps its phase.
 */
import { assert } from "../core/assert.ts";
import type { Failure } from "../core/errors.ts";
import type { FeedChoice } from "../core/feed-plan.ts";
import type { FrameIndex } from "../core/frame-index.ts";
import type { DeviceId, JobId, TaskId } from "../core/identifiers.ts";
import { KeyframeTrust } from "../core/keyframe-trust.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { JobPlan } from "../core/plan.ts";
import type { Recipe } from "../core/recipe.ts";
import type { FrameRange } from "../core/scheduler/events.ts";
import type { KeptRates } from "../protocol/kept-rates.ts";
import type {
  UiJobFigures,
  UiLogLine,
  UiSegment,
} from "../protocol/ui-contract.ts";
import { RateStages, type RateFacts } from "./rate-stages.ts";

export interface JobRequest {
  readonly jobId: JobId;
  readonly sourcePath: string;
  readonly outputPath: string;
  readonly presetName: string;
  readonly recipe: Recipe;
  readonly overwrite: boolean;
  /** Every segment this long instead of guided sizes. */
  readonly segmentS: number | null;
  readonly priority: number;
  readonly allowedWorkers: readonly DeviceId[] | null;
  readonly createdAtMs: number;
}

export type JobPhase =
  | { readonly kind: "waiting" }
  | { readonly kind: "preparing" }
  | { readonly kind: "encoding" }
  | { readonly kind: "stitching" }
  | {
      readonly kind: "done";
      readonly figures: UiJobFigures;
      readonly outputBytes: number;
      /** Who made which part; empty for a job that was done before the node started. */
      readonly parts: readonly UiSegment[];
    }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "cancelled" };

/** A verified piece on the master's disk. */
export interface FinishedSegment extends FrameRange {
  readonly taskId: TaskId;
  /** Under which the store knows it: the id of its attempt. */
  readonly recordId: TaskId;
  /** Who made it; null where that is no longer known. */
  readonly workerId: DeviceId | null;
  readonly file: string;
  readonly sizeBytes: number;
  readonly frames: number;
}

/** What probing and planning gave; a job taken up after a restart is probed again when its turn comes. */
export interface JobMedia {
  readonly facts: MediaFacts;
  readonly plan: JobPlan;
}

/** The source as it was when the job was accepted. */
export interface SourceStamp {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly durationS: number | null;
}

/** Counters for the summary. */
export interface JobCounters {
  startedAtMs: number | null;
  firstSegmentAtMs: number | null;
  endedAtMs: number | null;
  attemptCount: number;
  wastedFrames: number;
  bytesSent: number;
  bytesReceived: number;
  readonly framesByWorker: Map<DeviceId, number>;
}

/** Log lines kept per job. */
const maxLogLines = 500;

export class Job {
  request: JobRequest;
  source: SourceStamp;
  /** Segments, audio and everything else the job needs on disk until it is done. */
  readonly folder: string;
  phase: JobPhase = { kind: "waiting" };
  paused = false;
  /** How often damaged parts were made again. */
  repairs = 0;
  /** Results that were larger than was allowed them. */
  oversizedResults = 0;
  /** Who handed in damaged parts of it. */
  readonly keptAway = new Set<DeviceId>();
  /** How far the stitch is, 0 to 1. */
  stitchRatio = 0;
  private knownMedia: JobMedia | null = null;
  private stages: RateStages | null = null;
  /** Where its passes stood in an earlier life of the master. */
  keptRates: KeptRates | null = null;
  /** Bytes of copied tracks; measured only where a file size is asked for. */
  copiedBytes = 0;
  index: FrameIndex | null = null;
  choice: FeedChoice | null = null;
  /** Which parts may be fed from their own keyframe on. */
  keyframes = new KeyframeTrust();
  /** Found out by encoding: kept over restarts. */
  settledChoice: Extract<FeedChoice, { kind: "whole" }> | null = null;
  subtitleFile: string | null = null;
  /** Why it is encoded as one piece; null while it is cut. */
  wholeReason: string | null = null;
  readonly finished = new Map<TaskId, FinishedSegment>();
  audioFile: string | null = null;
  notes: string[] = [];
  log: UiLogLine[] = [];
  /** Settles when its index is complete or cannot be. */
  indexed: Promise<void> = Promise.resolve();
  stop = new AbortController();
  readonly counters: JobCounters = {
    startedAtMs: null,
    firstSegmentAtMs: null,
    endedAtMs: null,
    attemptCount: 0,
    wastedFrames: 0,
    bytesSent: 0,
    bytesReceived: 0,
    framesByWorker: new Map(),
  };

  constructor(request: JobRequest, source: SourceStamp, folder: string) {
    this.request = request;
    this.source = source;
    this.folder = folder;
  }

  /** Whether it has been probed since the node started. */
  get isProbed(): boolean {
    return this.knownMedia !== null;
  }

  get media(): JobMedia {
    assert(this.knownMedia !== null, "a job is probed before it is worked on");
    return this.knownMedia;
  }

  set media(media: JobMedia) {
    this.knownMedia = media;
    this.stages = new RateStages(media.plan, this.keptRates);
    this.keptRates = null;
    this.notes = [...media.plan.notes];
  }

  /** Its passes over the source. */
  get rates(): RateStages {
    assert(this.stages !== null, "a job is probed before it is worked on");
    return this.stages;
  }

  get id(): JobId {
    return this.request.jobId;
  }

  /** Whether it has been handed to the scheduler and not yet ended. */
  get isActive(): boolean {
    return (
      this.phase.kind === "preparing" ||
      this.phase.kind === "encoding" ||
      this.phase.kind === "stitching"
    );
  }

  get hasEnded(): boolean {
    return (
      this.phase.kind === "done" ||
      this.phase.kind === "failed" ||
      this.phase.kind === "cancelled"
    );
  }

  /** Frames per second of the source: exact once it is indexed, nominal before. */
  get framesPerSecond(): number {
    if (this.index !== null && this.index.knownFrames > 1)
      return this.index.framesPerSecond();
    const rate = this.knownMedia?.facts.video?.averageFrameRate;
    return rate ? rate.numerator / rate.denominator : 25;
  }

  /** What size control knows of the job now. */
  rateFacts(audioBytes: number | null): RateFacts {
    const known = this.index?.knownFrames ?? 0;
    const guessed = Math.round(
      (this.media.facts.durationS ?? 60) * this.framesPerSecond,
    );
    return {
      plan: this.media.plan,
      frames:
        this.index?.complete === true ? known : Math.max(1, known, guessed),
      framesPerSecond: this.framesPerSecond,
      otherBytes: audioBytes === null ? null : audioBytes + this.copiedBytes,
      facts: this.media.facts,
      splittable: this.choice?.kind !== "whole",
    };
  }

  /** Back to the first pass. */
  restartRates(): void {
    this.stages = new RateStages(this.media.plan);
    this.stages.isKept = false;
  }

  /** Nothing of it is finished any more. */
  forgetParts(): void {
    this.finished.clear();
    this.audioFile = null;
    this.stages?.forgetParts();
  }

  /** The source is another one now: everything known of it is void. */
  replaceSource(source: SourceStamp): void {
    this.source = source;
    this.knownMedia = null;
    this.stages = null;
    this.keptRates = null;
    this.index = null;
    this.choice = null;
    this.keyframes = new KeyframeTrust();
    this.settledChoice = null;
    this.wholeReason = null;
    this.copiedBytes = 0;
    this.finished.clear();
    this.audioFile = null;
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  record(atMs: number, text: string, level?: UiLogLine["level"]): void {
    this.log.push({ atMs, text, ...(level === undefined ? {} : { level }) });
    if (this.log.length > maxLogLines) this.log.shift();
  }
}
