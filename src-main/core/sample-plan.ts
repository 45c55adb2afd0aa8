/** A few seconds of a job's encode, without reading the source's index. */
import { assert } from "./assert.ts";
import type { FeedPlan } from "./feed-plan.ts";
import type { MediaFacts } from "./media-facts.ts";
import type { VideoOrder } from "./order.ts";
import { videoOrder, type JobPlan } from "./plan.ts";
import { startingQuality } from "./quality-scale.ts";
import type { RateControl } from "./recipe.ts";
import { estimatedAudioBytes, targetVideoBytes } from "./size-target.ts";

export interface SampleStretch {
  /** Seconds after the first picture. */
  readonly atS: number;
  readonly durationS: number;
}

export interface SamplePlan {
  readonly feed: FeedPlan;
  readonly order: VideoOrder;
  readonly stretch: SampleStretch;
  /** What the job would do otherwise, for people. */
  readonly notes: readonly string[];
}

/** A bound lies this much before a frame, so that rounded times do not lose it. */
const boundUs = 500;
/** Read this much earlier where the demuxer finds keyframes by an index; it lands on one at or before. */
const indexedLeadS = 1;
/** Others search the file, and begin with the next keyframe after what they find. */
const searchedLeadS = 12;
/** Packets shown before the end may come this much after it. */
const tailS = 2;
const indexedFormats = /^(mov|matroska|avi|flv|asf)\b/;

/** The stretch as it is in the film: it ends with it, and is never empty. */
export function fittingStretch(
  { video, durationS }: MediaFacts,
  { atS, durationS: wantedS }: SampleStretch,
): SampleStretch {
  const filmS = video?.durationS ?? durationS;
  if (filmS === null) return { atS, durationS: wantedS };
  const length = Math.min(wantedS, filmS);
  return { atS: Math.min(atS, filmS - length), durationS: length };
}

/**
 * What is fed and ordered for a sample: as for a segment of the job, but for
 * the count of frames, which only the index knows.
 */
export function planSample(
  facts: MediaFacts,
  plan: JobPlan,
  wanted: SampleStretch,
  feed: FeedPlan["feed"],
): SamplePlan {
  assert(facts.video !== null && plan.encode !== null, "samples are of video");
  const stretch = fittingStretch(facts, wanted);
  const rate = plan.nominalRate.numerator / plan.nominalRate.denominator;
  const sourceRate = facts.video.averageFrameRate;
  const perS = sourceRate
    ? sourceRate.numerator / sourceRate.denominator
    : rate;
  const originUs = (facts.video.startS ?? facts.startS ?? 0) * 1e6;
  const startFrame = Math.ceil(stretch.atS * perS);
  const range = {
    startFrame,
    endFrame: startFrame + Math.max(1, Math.ceil(stretch.durationS * perS)),
  };
  const isGrid = plan.encode.filters.frameRate.mode === "constant";
  // The picture held at the beginning of a grid may be one from before.
  const earlierUs = boundUs + (isGrid ? 2e6 / perS : 0);
  const startUs = originUs + stretch.atS * 1e6 - earlierUs;
  const endUs = originUs + (stretch.atS + stretch.durationS) * 1e6 - boundUs;
  const leadS = indexedFormats.test(facts.format)
    ? indexedLeadS
    : searchedLeadS;
  const feedPlan: FeedPlan = {
    feed,
    range,
    isLast: false,
    startUs: stretch.atS === 0 ? null : Math.round(startUs),
    endUs: Math.round(endUs),
    seekS:
      feed === "nut-decoded" || stretch.atS <= leadS
        ? null
        : startUs / 1e6 - leadS,
    ...{ own: null, preRollPtsUs: null, lastPacket: null },
    stopS: endUs / 1e6 + tailS,
    expectedFrames: null,
    clock: "kept",
  };
  const times = {
    knownFrames: range.endFrame + 1,
    complete: false,
    ptsUs: (frame: number) => originUs + (frame * 1e6) / perS,
  };
  const settled = settledRate(facts, plan, perS);
  return {
    feed: feedPlan,
    order: videoOrder(plan, feedPlan, times, range, settled ?? undefined),
    stretch,
    notes:
      settled === null
        ? []
        : [
            "The job finds the quality for its size or bitrate by a first pass over the whole film; this sample has a first guess of it.",
          ],
  };
}

/** Bytes of the whole output, from what a sample weighs; null where the film's length is not known. */
export function expectedOutputBytes(
  facts: MediaFacts,
  plan: JobPlan,
  sample: { readonly sizeBytes: number; readonly durationS: number },
): number | null {
  const { durationS } = facts;
  if (durationS === null || plan.encode === null) return null;
  const audioBytes = estimatedAudioBytes(facts, plan);
  const { rate } = plan.encode;
  if (rate.mode === "size") return rate.megabytes * 1e6;
  const videoBytes =
    rate.mode === "bitrate"
      ? (rate.kilobitsPerSecond * 1000 * durationS) / 8
      : (sample.sizeBytes / sample.durationS) * durationS;
  return Math.round(videoBytes + audioBytes);
}

/** A constant quality in place of a size or bitrate; null: the recipe's own. */
function settledRate(
  facts: MediaFacts,
  plan: JobPlan,
  framesPerSecond: number,
): RateControl | null {
  const { encode, output } = plan;
  assert(encode !== null && output !== null, "samples are of encodes");
  const { rate } = encode;
  if (rate.mode !== "bitrate" && rate.mode !== "size") return null;
  const durationS = facts.durationS ?? 60;
  const frames = Math.max(1, Math.round(durationS * framesPerSecond));
  const bytes = targetVideoBytes(rate, {
    container: plan.recipe.container,
    durationS,
    videoFrames: frames,
    audioTracks: plan.streams.audio.length,
    audioBytes: estimatedAudioBytes(facts, plan),
  });
  const quality = startingQuality(encode.encoder, output, frames, bytes);
  return { mode: "quality", quality };
}
