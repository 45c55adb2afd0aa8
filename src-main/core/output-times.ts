/** Whether the timestamps of a finished file are the planned ones. */
import { assert, unreachable } from "./assert.ts";
import { containerLimits } from "./container-limits.ts";
import type { MediaFacts } from "./media-facts.ts";
import { wireOffsetS } from "./order.ts";
import type { AudioOrderTrack } from "./order.ts";
import type { OutputStreams } from "./output-streams.ts";
import type { PlannedAudio, StreamPlan } from "./stream-plan.ts";

export interface ExpectedVideoTimes {
  readonly frames: number;
  /** Ticks per second. */
  readonly timescale: number;
  /** Of all frames in presentation order, source time. */
  readonly ptsTicks: Float64Array;
  readonly lastDurationTicks: number;
}

export interface TrackSpan {
  readonly packets: number;
  readonly startS: number;
  readonly endS: number;
}

/** Collects the packets of one file from ffprobe's lines, in file order. */
export class OutputTimes {
  readonly #timeBases: readonly number[];
  readonly #tracks: Track[];
  /** The first stream whose decode times do not rise. */
  unorderedStream: number | null = null;

  /** `timeBases`: seconds per tick of each stream. */
  constructor(timeBases: readonly number[]) {
    this.#timeBases = timeBases;
    this.#tracks = timeBases.map(() => new Track());
  }

  /** A line `stream,pts,dts,duration,flags`; lines of another form are not packets. */
  addLine(line: string): void {
    const [stream, pts, dts, duration, flags] = line.split(",");
    const track = this.#tracks[Number(stream)];
    if (track === undefined || stream === "" || flags === undefined) return;
    if (!track.add(Number(pts), Number(dts), Number(duration)))
      this.unorderedStream ??= Number(stream);
  }

  spans(): TrackSpan[] {
    return this.#tracks.map((_, index) => this.span(index));
  }

  span(index: number): TrackSpan {
    const track = this.#track(index);
    const tickS = this.#timeBases[index] ?? 0;
    return {
      packets: track.count,
      startS: track.minPts * tickS,
      endS: track.maxEnd * tickS,
    };
  }

  /** Presentation times of a stream in presentation order, seconds. */
  sortedPtsS(index: number): Float64Array {
    const tickS = this.#timeBases[index] ?? 0;
    return this.#track(index)
      .pts()
      .sort()
      .map((ticks) => ticks * tickS);
  }

  videoFrames({ streams }: OutputStreams): number {
    const video = streams.find(
      ({ kind, isCover }) => kind === "video" && !isCover,
    );
    return video === undefined ? 0 : this.#track(video.index).count;
  }

  #track(index: number): Track {
    const track = this.#tracks[index];
    assert(track !== undefined, `no stream ${String(index)}`);
    return track;
  }
}

class Track {
  count = 0;
  minPts = Infinity;
  maxEnd = -Infinity;
  #lastDts = -Infinity;
  #pts = new Float64Array(1024);

  /** Whether its decode time is later than the one before. */
  add(pts: number, dts: number, duration: number): boolean {
    if (this.count === this.#pts.length) {
      const grown = new Float64Array(this.#pts.length * 2);
      grown.set(this.#pts);
      this.#pts = grown;
    }
    this.#pts[this.count] = pts;
    this.count += 1;
    if (pts < this.minPts) this.minPts = pts;
    const end = pts + (Number.isFinite(duration) ? duration : 0);
    if (end > this.maxEnd) this.maxEnd = end;
    if (!Number.isFinite(dts)) return true;
    const isLater = dts > this.#lastDts;
    this.#lastDts = dts;
    return isLater;
  }

  pts(): Float64Array {
    return this.#pts.slice(0, this.count);
  }
}

export interface PlannedTimes {
  readonly facts: MediaFacts;
  readonly plan: StreamPlan;
  readonly video: ExpectedVideoTimes | null;
  readonly streams: OutputStreams;
  /** Tracks of the audio task's result, wire time; null when nothing was encoded. */
  readonly carried: readonly TrackSpan[] | null;
  /** When the first packet of a copied sound track has its place in the source, seconds, by its index there. */
  readonly sourceStartsS: ReadonlyMap<number, number>;
}

/** Rounding of doubles; far below any tick. */
const roundingS = 1e-6;
/** Rounding of starts to the ticks of the source, the wire and the output, one after the other. */
const startRoundingS = 0.001;
/**
 * What Opus has before its first sample (libopus: 312 samples of 48,000 a
 * second). MP4 has it in the edit list, Matroska in the track's own delay, so
 * that the first packets lie differently though the same is heard.
 */
const opusPreSkipS = 0.0065;
/** A copied picture's start is known only as the source's header gives it: with an edit list, that of the first frame shown. */
const copiedPictureS = 0.06;

/** The last packet of an encoded track may be cut to its real end, by at most one packet. */
function audioPacketS({ encoder, sampleRateHz }: AudioOrderTrack): number {
  switch (encoder) {
    case "aac":
      return 1024 / sampleRateHz;
    case "opus":
      return 0.02;
    case "flac":
      // ffmpeg's blocks are at most this long; the carrier knows the last one's length only as the others'.
      return 0.105;
    default:
      return unreachable(encoder);
  }
}

/** What differs, as a clause for people; null when all is as planned. */
export function timesProblem(
  times: OutputTimes,
  planned: PlannedTimes,
): string | null {
  const { plan, streams, video } = planned;
  const isOrdered = containerLimits[plan.container].timeStepS === null;
  // Matroska stores no decode times; what ffprobe then says is its own guess.
  if (isOrdered && plan.video.kind !== "copy" && times.unorderedStream !== null)
    return `decode times of stream ${String(times.unorderedStream)} do not rise`;
  const videoStream = streams.streams.find(
    ({ kind, isCover }) => kind === "video" && !isCover,
  );
  if (video !== null && videoStream !== undefined) {
    const problem = videoProblem(times, videoStream.index, video, plan);
    if (problem !== null) return problem;
  }
  return audioProblem(times, planned, videoStream?.index ?? null);
}

function videoProblem(
  times: OutputTimes,
  index: number,
  video: ExpectedVideoTimes,
  plan: StreamPlan,
): string | null {
  const is = times.sortedPtsS(index);
  if (is.length !== video.frames)
    return `${String(is.length)} frames instead of ${String(video.frames)}`;
  const tolerance =
    (containerLimits[plan.container].timeStepS ?? 0) + roundingS;
  const firstIs = is[0] ?? 0;
  const firstShould = video.ptsTicks[0] ?? 0;
  for (let n = 0; n < is.length; n += 1) {
    const isS = (is[n] ?? 0) - firstIs;
    const shouldS = ((video.ptsTicks[n] ?? 0) - firstShould) / video.timescale;
    if (!(Math.abs(isS - shouldS) <= tolerance))
      return `frame ${String(n)} is shown at ${isS.toFixed(6)} s instead of ${shouldS.toFixed(6)} s`;
  }
  const last = video.ptsTicks.at(-1) ?? 0;
  const shouldS =
    (last + video.lastDurationTicks - firstShould) / video.timescale;
  const isS = times.span(index).endS - firstIs;
  if (Math.abs(isS - shouldS) > frameS(video) + tolerance)
    return `the video lasts ${isS.toFixed(3)} s instead of ${shouldS.toFixed(3)} s`;
  return null;
}

/** Reordered frames carry each other's durations: the longest of the last few is "one frame". */
function frameS(video: ExpectedVideoTimes): number {
  let longest = video.lastDurationTicks;
  const { ptsTicks, timescale } = video;
  for (let n = Math.max(1, ptsTicks.length - 17); n < ptsTicks.length; n += 1)
    longest = Math.max(longest, (ptsTicks[n] ?? 0) - (ptsTicks[n - 1] ?? 0));
  return longest / timescale;
}

function audioProblem(
  times: OutputTimes,
  planned: PlannedTimes,
  videoIndex: number | null,
): string | null {
  const { plan, streams, carried } = planned;
  const audio = streams.streams.filter(({ kind }) => kind === "audio");
  let encoded = 0;
  for (const [place, track] of plan.audio.entries()) {
    const stream = audio[place];
    if (stream === undefined)
      return `audio track ${String(place + 1)} is missing`;
    const span = times.span(stream.index);
    const name = `audio track ${String(place + 1)}`;
    if (track.encode !== null) {
      const source = carried?.[encoded];
      encoded += 1;
      if (source === undefined) return `${name} was not encoded`;
      const stepS = containerLimits[plan.container].timeStepS ?? 0;
      const toleranceS = audioPacketS(track.encode) + startRoundingS + stepS;
      const problem = carriedProblem(name, span, source, toleranceS);
      if (problem !== null) return problem;
    }
    const shift = offsetProblem(name, span, track, planned, {
      videoIndex,
      times,
      carried: track.encode === null ? null : (carried?.[encoded - 1] ?? null),
    });
    if (shift !== null) return shift;
  }
  return null;
}

/** Every packet of the audio task's result, and as long. */
function carriedProblem(
  name: string,
  span: TrackSpan,
  source: TrackSpan,
  toleranceS: number,
): string | null {
  if (span.packets !== source.packets)
    return `${name} has ${String(span.packets)} packets instead of ${String(source.packets)}`;
  const isS = span.endS - span.startS;
  const shouldS = source.endS - source.startS;
  if (Math.abs(isS - shouldS) > toleranceS)
    return `${name} lasts ${isS.toFixed(3)} s instead of ${shouldS.toFixed(3)} s`;
  return null;
}

/** The distance between the starts of sound and picture must be what it was. */
function offsetProblem(
  name: string,
  span: TrackSpan,
  track: PlannedAudio,
  planned: PlannedTimes,
  at: {
    readonly videoIndex: number | null;
    readonly times: OutputTimes;
    readonly carried: TrackSpan | null;
  },
): string | null {
  const { facts, plan, video, sourceStartsS } = planned;
  if (at.videoIndex === null || span.packets === 0) return null;
  const isS = span.startS - at.times.span(at.videoIndex).startS;
  const videoStartS =
    video === null
      ? (facts.video?.startS ?? null)
      : (video.ptsTicks[0] ?? 0) / video.timescale;
  const audioStartS =
    at.carried === null
      ? (sourceStartsS.get(track.sourceIndex) ?? null)
      : at.carried.startS - wireOffsetS;
  if (videoStartS === null || audioStartS === null) return null;
  const shouldS = audioStartS - videoStartS;
  const toleranceS =
    startRoundingS +
    (containerLimits[plan.container].timeStepS ?? 0) +
    (track.encode?.encoder === "opus" ? opusPreSkipS : 0) +
    (video === null ? copiedPictureS : 0);
  if (Math.abs(isS - shouldS) > toleranceS)
    return `${name} starts ${isS.toFixed(3)} s after the picture instead of ${shouldS.toFixed(3)} s`;
  return null;
}
