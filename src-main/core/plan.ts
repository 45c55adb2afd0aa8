/**
 * The plan of a job: media facts and a recipe give everything that is decided
 * before the index is read, and the orders for each range after it.
 */
import { assert } from "./assert.ts";
import { Failure } from "./errors.ts";
import type { FeedPlan } from "./feed-plan.ts";
import type { MediaFacts, Ratio } from "./media-facts.ts";
import type {
  AudioOrder,
  AudioOrderTrack,
  PictureFacts,
  VideoOrder,
} from "./order.ts";
import { gridOfRange, gridTimesUs, orderedGrid } from "./output-grid.ts";
import type { FrameTimes } from "./output-grid.ts";
import type { OutputPicture } from "./output-picture.ts";
import { pixelLayout } from "./pixel-format.ts";
import { recipeProblem } from "./recipe-check.ts";
import type { RateControl, Recipe, VideoEncode } from "./recipe.ts";
import type { FrameRange } from "./scheduler/events.ts";
import { planStreams } from "./stream-plan.ts";
import type { StreamPlan } from "./stream-plan.ts";
import { planVideo } from "./video-plan.ts";

export interface JobPlan {
  readonly recipe: Recipe;
  /** Settled settings of the video encode; null: video is copied or left out. */
  readonly encode: VideoEncode | null;
  /** With `encode`: what the source's pictures are, and what comes out. */
  readonly picture: PictureFacts | null;
  readonly output: OutputPicture | null;
  readonly outputInterlaced: boolean;
  readonly nominalRate: Ratio;
  /** Ticks per second of the encoded video. */
  readonly timescale: number;
  /** Capability keys for the video. */
  readonly needs: readonly string[];
  /** Index among all streams of the subtitle to draw in; null: none. */
  readonly burnStreamIndex: number | null;
  /** The size or bitrate asked for needs a first pass over the whole source (size-control.ts). */
  readonly needsAnalysis: boolean;
  /** Null: no audio is encoded. */
  readonly audioOrder: AudioOrder | null;
  /** Streams of the audio feed, in the order of `audioOrder.tracks`. */
  readonly audioStreamIndexes: readonly number[];
  readonly audioNeeds: readonly string[];
  readonly streams: StreamPlan;
  /** Sentences for people about all that is changed, converted or lost. */
  readonly notes: readonly string[];
}

/** A recording of this length is assumed where a file does not tell. */
const unknownDurationS = 24 * 3600;
/** Headers and indexes of an output, far above what they are. */
const overheadBytes = 4 * 2 ** 20;

/**
 * @throws Failure recipe-invalid, container-cannot-hold, no-video, no-audio
 */
export function planJob(facts: MediaFacts, recipe: Recipe): JobPlan {
  const problem = recipeProblem(recipe);
  if (problem !== null)
    throw new Failure(
      problem.code,
      problem.code === "recipe-invalid"
        ? `${problem.field}: ${problem.reason}`
        : problem.reason,
    );
  const streams = planStreams(facts, recipe);
  const encoded = streams.audio.flatMap(({ sourceIndex, encode }) =>
    encode === null ? [] : [{ sourceIndex, encode }],
  );
  const video =
    recipe.video.kind === "encode" && facts.video !== null
      ? planVideo(facts, facts.video, recipe.video, recipe.container)
      : null;
  const burn = video?.encode.filters.burnSubtitle ?? null;
  const mode = video?.encode.rate.mode;
  return {
    recipe,
    encode: video?.encode ?? null,
    picture: video?.picture ?? null,
    output: video?.output ?? null,
    outputInterlaced: video?.outputInterlaced ?? false,
    nominalRate: video?.nominalRate ?? { numerator: 25, denominator: 1 },
    timescale: video?.timescale ?? 90_000,
    needs: video?.needs ?? [],
    burnStreamIndex:
      burn === null ? null : (facts.subtitles[burn]?.index ?? null),
    needsAnalysis: mode === "bitrate" || mode === "size",
    audioOrder: audioOrder(
      facts,
      encoded.map(({ encode }) => encode),
    ),
    audioStreamIndexes: encoded.map(({ sourceIndex }) => sourceIndex),
    audioNeeds: [
      ...new Set(encoded.map(({ encode }) => `audio:${encode.encoder}`)),
    ],
    streams,
    notes: [...(video?.notes ?? []), ...streams.notes.map(({ text }) => text)],
  };
}

/**
 * The order for one range. `rate` replaces the recipe's rate control: size
 * control gives a constant quality in place of a bitrate or size.
 */
export function videoOrder(
  plan: JobPlan,
  feedPlan: Pick<FeedPlan, "feed" | "startUs" | "endUs" | "expectedFrames">,
  index: FrameTimes,
  range: FrameRange,
  rate?: RateControl,
): VideoOrder {
  const { picture, output } = plan;
  assert(
    plan.encode !== null && picture !== null && output !== null,
    "only encodes have video orders",
  );
  const encode = rate === undefined ? plan.encode : { ...plan.encode, rate };
  const { frameRate } = encode.filters;
  const grid =
    frameRate.mode === "constant"
      ? orderedGrid(
          {
            numerator: frameRate.numerator,
            denominator: frameRate.denominator,
          },
          index,
          range,
        )
      : null;
  const isCounted = feedPlan.expectedFrames !== null;
  const frames =
    grid === null
      ? (feedPlan.expectedFrames ?? range.endFrame - range.startFrame)
      : grid.endFrame - grid.firstFrame;
  return {
    kind: "video",
    feed: feedPlan.feed,
    picture,
    encode,
    startUs: feedPlan.startUs,
    endUs: feedPlan.endUs,
    expectedFrames: isCounted ? frames : null,
    grid,
    nominalRate: plan.nominalRate,
    timescale: plan.timescale,
    threads: null,
    burnSubtitle: plan.burnStreamIndex !== null,
    maxOutputBytes: maxVideoBytes(
      output,
      encode,
      isCounted ? frames : 2 * frames,
    ),
  };
}

/** When the frames ordered of a range are shown, microseconds of source time, ascending. */
export function expectedPtsUs(
  plan: JobPlan,
  index: FrameTimes,
  range: FrameRange,
): Float64Array {
  const rate = plan.encode?.filters.frameRate;
  if (rate?.mode !== "constant")
    return Float64Array.from(
      { length: range.endFrame - range.startFrame },
      (_, i) => index.ptsUs(range.startFrame + i),
    );
  const { numerator, denominator } = rate;
  return gridTimesUs(orderedGrid({ numerator, denominator }, index, range));
}

/** Whether a range has a frame of the output; at a low constant rate it may have none. */
export function makesFrames(
  plan: JobPlan,
  index: FrameTimes,
  range: FrameRange,
): boolean {
  const rate = plan.encode?.filters.frameRate;
  if (rate?.mode !== "constant") return true;
  const { numerator, denominator } = rate;
  const grid = gridOfRange({ numerator, denominator }, index, range);
  return grid.endFrame > grid.firstFrame;
}

/**
 * The output's file name for a source's path or name: its own name with the
 * container's ending, and told apart where that is the source itself.
 */
export function defaultOutputName(source: string, recipe: Recipe): string {
  const name = source.split(/[\\/]/).at(-1) ?? source;
  const dot = name.lastIndexOf(".");
  const stem = dot > 0 ? name.slice(0, dot) : name;
  // Every container is named like its files end.
  const output = `${stem}.${recipe.container}`;
  return output.toLowerCase() === name.toLowerCase()
    ? `${stem} (reelfarm).${recipe.container}`
    : output;
}

/** No encoder exceeds uncompressed pictures by more than its headers; a hostile one is stopped there. */
function maxVideoBytes(
  { width, height }: OutputPicture,
  { pixelFormat }: VideoEncode,
  frames: number,
): number {
  const { bitDepth, chroma } = pixelLayout(pixelFormat);
  const samples = chroma === "444" ? 3 : chroma === "422" ? 2 : 1.5;
  const pictureBytes = width * height * samples * (bitDepth > 8 ? 2 : 1);
  return Math.ceil(overheadBytes + frames * (1.1 * pictureBytes + 4096));
}

function audioOrder(
  facts: MediaFacts,
  tracks: readonly AudioOrderTrack[],
): AudioOrder | null {
  if (tracks.length === 0) return null;
  const durationS = facts.durationS ?? unknownDurationS;
  const bytesPerS = tracks.reduce((sum, track) => sum + mostAudio(track), 0);
  return {
    kind: "audio",
    tracks,
    maxOutputBytes: Math.ceil(overheadBytes + 1.2 * durationS * bytesPerS),
  };
}

/** A coder that is given a bitrate keeps to it; a lossless one never exceeds its samples. Bytes per second. */
function mostAudio(track: AudioOrderTrack): number {
  const { channels, sampleRateHz, encoder, kilobitsPerSecond } = track;
  const sampleBytes = channels * sampleRateHz * 4;
  if (encoder === "flac") return sampleBytes;
  return Math.min(sampleBytes, 4 * (kilobitsPerSecond / 8) * 1000);
}
