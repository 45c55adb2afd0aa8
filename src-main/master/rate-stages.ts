/**
 * The passes of one job over its source. With constant quality there is one:
 *
 * encode     the segments of the output.
 *
 * With a bitrate or a size asked for there are more before it
 * (core/size-control.ts):
 *
 * analysis   the whole source at a cheap effort: where the bytes go.
 * samples    a few stretches at the real effort, once to three times.
 */
import { assert, unreachable } from "../core/assert.ts";
import { encoderTraits } from "../core/encoder-traits.ts";
import type { AttemptId } from "../core/identifiers.ts";
import {
  keepSizeControl,
  takeUpSizeControl,
} from "../core/kept-size-control.ts";
import type { JobPlan } from "../core/plan.ts";
import type { VideoEncode } from "../core/recipe.ts";
import type { FrameRange } from "../core/scheduler/events.ts";
import {
  analysisEncode,
  analysisSegmentS,
  beginSizeControl,
  isSettled,
  nextQuality,
  sampleQuality,
  sampleRanges,
  sampleSegmentS,
  startingQuality,
  withEnded,
  withFinished,
  withRunning,
  withSamples,
  type SizeControl,
} from "../core/size-control.ts";
import { estimatedAudioBytes, targetVideoBytes } from "../core/size-target.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { KeptRates } from "../protocol/kept-rates.ts";

/**
 * What the carrier adds to a segment. Each frame has its size, duration and,
 * where pictures are reordered, its offset in 32 bits each (trun); measured
 * with ffmpeg 5.1 and 7.0.
 */
const carrierHeadBytes = 920;
const carrierBytesPerFrame = { reordered: 12, inOrder: 8 };

/** What a job's size control must know once its source is indexed. */
export interface RateFacts {
  readonly plan: JobPlan;
  readonly frames: number;
  readonly framesPerSecond: number;
  /** All tracks beside the video; null while they are not known. */
  readonly otherBytes: number | null;
  readonly facts: MediaFacts;
  readonly splittable: boolean;
}

export type StageKind = "analysis" | "samples" | "encode";

export interface FinishedRange extends FrameRange {
  readonly sizeBytes: number;
}

/** Share of the whole work each kind is, for the progress bar. */
const stageShare: Readonly<
  Record<StageKind, readonly [start: number, end: number]>
> = {
  analysis: [0, 0.25],
  samples: [0.25, 0.35],
  encode: [0.35, 1],
};

export class RateStages {
  readonly isControlled: boolean;
  stage = 1;
  kind: StageKind;
  /** What the bitrate or size asked for was turned into; null until it is known. */
  control: SizeControl | null = null;
  /** Whether the job's record has where the passes stand. */
  isKept = true;
  private analysisQuality: number | null = null;
  private readonly frameOverheadBytes: number;

  /** `kept`: where they stood in an earlier life of the master. */
  constructor(plan: JobPlan, kept: KeptRates | null = null) {
    this.isControlled = plan.needsAnalysis;
    this.frameOverheadBytes = frameOverheadBytes(plan);
    this.kind = plan.needsAnalysis ? "analysis" : "encode";
    if (!plan.needsAnalysis || plan.encode === null || kept === null) return;
    this.stage = kept.stage;
    this.kind = kept.kind;
    this.analysisQuality = kept.analysisQuality;
    if (kept.control !== null)
      this.control = takeUpSizeControl(plan.encode.encoder, kept.control);
  }

  /** What the job's record must have; null: the passes follow from the plan. */
  keep(): KeptRates | null {
    if (!this.isControlled) return null;
    const { stage, kind, analysisQuality, control } = this;
    return {
      stage,
      kind,
      analysisQuality,
      control: control === null ? null : keepSizeControl(control),
    };
  }

  /** Whether parts of this pass that are found on disk can be used. */
  get canUseParts(): boolean {
    return (
      this.kind !== "analysis" ||
      !this.isControlled ||
      this.analysisQuality !== null
    );
  }

  /** What this pass covers of a source of so many frames. */
  ranges(frames: number, splittable: boolean): readonly FrameRange[] {
    if (frames === 0) return [];
    if (this.kind === "samples" && splittable && this.control !== null)
      return sampleRanges(this.control);
    return [{ startFrame: 0, endFrame: frames }];
  }

  /** A part of the encode found on disk, and the quality it was made with. */
  found(range: FinishedRange, quality: number | null): void {
    if (this.control === null || this.kind !== "encode" || quality === null)
      return;
    const { startFrame, endFrame, sizeBytes } = range;
    this.control = withFinished(this.control, {
      startFrame,
      endFrame,
      quality,
      bytes: this.payloadBytes(range, sizeBytes),
    });
  }

  /** Nothing of this pass is finished any more. */
  forgetParts(): void {
    if (this.control !== null)
      this.control = { ...this.control, finished: [], running: new Map() };
  }

  /** The quality an attempt of the encode has been given; null: of the plan, or of its whole pass. */
  qualityOf(id: AttemptId): number | null {
    return this.control?.running.get(id)?.quality ?? null;
  }

  /**
   * Segments of first passes are short and alike: they are the pieces of the
   * model. `wishedS`: the length a person asked for. Null: as the job says.
   */
  segmentS(wishedS: number | null): number | null {
    switch (this.kind) {
      case "analysis":
        return analysisSegmentS(wishedS);
      case "samples":
        return sampleSegmentS(wishedS);
      case "encode":
        return null;
      default:
        return unreachable(this.kind);
    }
  }

  /** Where in the whole work this stage lies, 0 to 1. */
  overallRatio(ratio: number): number {
    if (!this.isControlled) return ratio;
    const [start, end] = stageShare[this.kind];
    return start + (end - start) * ratio;
  }

  /**
   * The settings of one attempt. Must be told its end (`ended`). `given`: the
   * quality it was given in an earlier life of the master.
   */
  encodeFor(
    id: AttemptId,
    range: FrameRange,
    facts: RateFacts,
    given: number | null = null,
  ): VideoEncode {
    const { plan } = facts;
    assert(plan.encode !== null, "only encodes have stages");
    if (!this.isControlled) return plan.encode;
    if (this.kind === "analysis") {
      if (this.analysisQuality === null) {
        this.analysisQuality = this.guess(facts);
        this.isKept = false;
      }
      return analysisEncode(plan.encode, this.analysisQuality);
    }
    assert(this.control !== null, "size control begins after the analysis");
    const quality =
      this.kind === "samples"
        ? sampleQuality(this.control)
        : (given ?? nextQuality(this.control, range));
    if (this.kind === "encode") {
      this.control = withRunning(this.control, id, { ...range, quality });
    }
    return { ...plan.encode, rate: { mode: "quality", quality } };
  }

  /** An attempt is over; null: without a result. */
  ended(id: AttemptId, sizeBytes: number | null): void {
    if (this.control !== null && this.kind === "encode") {
      const piece = this.control.running.get(id);
      const bytes =
        sizeBytes === null || piece === undefined
          ? null
          : this.payloadBytes(piece, sizeBytes);
      this.control = withEnded(this.control, id, bytes);
    }
  }

  /** A stage is complete: the ranges of the next one, or null when the output can be put together. */
  next(
    finished: readonly FinishedRange[],
    facts: RateFacts,
  ): readonly FrameRange[] | null {
    if (this.kind === "encode") return null;
    const pieces = finished.map(({ startFrame, endFrame, sizeBytes }) => ({
      startFrame,
      endFrame,
      bytes: this.payloadBytes({ startFrame, endFrame }, sizeBytes),
    }));
    if (this.kind === "analysis") this.control = this.begin(pieces, facts);
    else this.takeSamples(pieces);
    assert(this.control !== null, "size control has begun");
    this.stage += 1;
    this.isKept = false;
    this.kind = isSettled(this.control) ? "encode" : "samples";
    return this.ranges(facts.frames, facts.splittable);
  }

  /** Of a segment's file: what of it will be in the output. */
  private payloadBytes(
    { startFrame, endFrame }: FrameRange,
    sizeBytes: number,
  ): number {
    const frames = endFrame - startFrame;
    const overhead = frames * this.frameOverheadBytes + carrierHeadBytes;
    return Math.max(1, sizeBytes - overhead);
  }

  private takeSamples(
    pieces: readonly (FrameRange & { bytes: number })[],
  ): void {
    assert(this.control !== null, "samples come after the analysis");
    const quality = sampleQuality(this.control);
    this.control = withSamples(
      this.control,
      pieces.map((piece) => ({ ...piece, quality })),
    );
  }

  private begin(
    analysed: readonly (FrameRange & { bytes: number })[],
    facts: RateFacts,
  ): SizeControl {
    assert(
      facts.plan.encode !== null && this.analysisQuality !== null,
      "the analysis has run",
    );
    return beginSizeControl({
      encoder: facts.plan.encode.encoder,
      targetBytes: videoBytes(facts),
      framesPerSecond: facts.framesPerSecond,
      analysisQuality: this.analysisQuality,
      analysed,
    });
  }

  private guess(facts: RateFacts): number {
    const { encode, output } = facts.plan;
    assert(encode !== null && output !== null, "only encodes have stages");
    return startingQuality(
      encode.encoder,
      output,
      facts.frames,
      videoBytes(facts),
    );
  }
}

/** Encoders of H.264 and HEVC reorder pictures; AV1 and VP9 hide what is not shown in the next frame. */
function frameOverheadBytes(plan: JobPlan): number {
  if (plan.encode === null) return 0;
  const { codec } = encoderTraits[plan.encode.encoder];
  return codec === "h264" || codec === "hevc"
    ? carrierBytesPerFrame.reordered
    : carrierBytesPerFrame.inOrder;
}

function videoBytes(around: RateFacts): number {
  const { plan, facts, frames, framesPerSecond, otherBytes } = around;
  const rate = plan.encode?.rate;
  assert(
    rate?.mode === "bitrate" || rate?.mode === "size",
    "size control is for bitrates and sizes",
  );
  return targetVideoBytes(rate, {
    container: plan.recipe.container,
    durationS: frames / framesPerSecond,
    videoFrames: frames,
    audioTracks: plan.streams.audio.length,
    audioBytes: otherBytes ?? estimatedAudioBytes(facts, plan),
  });
}
