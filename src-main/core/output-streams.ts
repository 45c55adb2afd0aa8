/** Whether a finished file says of itself what the plan promised. */
import type { DisplayTags } from "./display-tags.ts";
import type { MediaFacts } from "./media-facts.ts";
import type { PlannedSubtitle, StreamPlan } from "./stream-plan.ts";

export interface OutputStream {
  readonly index: number;
  readonly kind: string;
  readonly codec: string;
  readonly isCover: boolean;
  readonly width: number;
  readonly height: number;
  /** Width over height of a sample. */
  readonly sampleAspect: number;
  /** Clockwise. */
  readonly rotationDegrees: number;
  readonly colour: {
    readonly range: string | null;
    readonly primaries: string | null;
    readonly transfer: string | null;
    readonly space: string | null;
  };
  readonly hasMasteringDisplay: boolean;
  readonly hasContentLight: boolean;
  readonly language: string | null;
}

export interface OutputStreams {
  readonly streams: OutputStream[];
  /** Seconds per tick, by stream index. */
  readonly timeBases: readonly number[];
  readonly chapters: number;
  readonly durationS: number | null;
}

export interface PlannedStreams {
  readonly facts: MediaFacts;
  readonly plan: StreamPlan;
  /** Of encoded video; null otherwise. */
  readonly display: DisplayTags | null;
  readonly size: { readonly width: number; readonly height: number } | null;
}

/** Matroska keeps the shape of the whole picture in whole pixels, not that of a sample. */
const aspectTolerance = 0.01;

/** What differs, as a clause for people; null when all is as planned. */
export function streamProblem(
  found: OutputStreams,
  planned: PlannedStreams,
): string | null {
  const { plan, facts } = planned;
  const ofKind = (kind: string): OutputStream[] =>
    found.streams.filter((stream) => stream.kind === kind && !stream.isCover);
  const codecs = (kind: string): string =>
    ofKind(kind)
      .map(({ codec }) => codec)
      .join(", ");
  const pairs: [string, string, string][] = [
    [
      "video",
      codecs("video"),
      plan.video.kind === "none" ? "" : plan.video.codec,
    ],
    ["audio", codecs("audio"), plan.audio.map(({ codec }) => codec).join(", ")],
    [
      "subtitles",
      codecs("subtitle"),
      plan.subtitles.map((track) => subtitleCodec(track, facts)).join(", "),
    ],
    [
      "attachments",
      String(ofKind("attachment").length),
      String(plan.attachments.length),
    ],
    [
      "cover pictures",
      String(found.streams.filter(({ isCover }) => isCover).length),
      String(plan.covers.length),
    ],
    [
      "chapters",
      String(plan.chapters ? found.chapters : 0),
      String(plan.chapters ? facts.chapters.length : 0),
    ],
  ];
  for (const [what, is, should] of pairs)
    if (is !== should)
      return `${what}: ${is === "" ? "none" : is} instead of ${should === "" ? "none" : should}`;
  const [video] = ofKind("video");
  return video === undefined ? null : pictureProblem(video, planned);
}

function subtitleCodec(track: PlannedSubtitle, facts: MediaFacts): string {
  if (track.codec === "srt") return "subrip";
  if (track.codec !== "copy") return track.codec;
  const source = facts.subtitles.find(
    ({ index }) => index === track.sourceIndex,
  );
  // Matroska knows one kind for both.
  return source?.codec === "ssa" ? "ass" : (source?.codec ?? "unknown");
}

function pictureProblem(
  video: OutputStream,
  { display, size, plan }: PlannedStreams,
): string | null {
  if (
    size !== null &&
    (video.width !== size.width || video.height !== size.height)
  )
    return `the picture is ${String(video.width)}x${String(video.height)} instead of ${String(size.width)}x${String(size.height)}`;
  if (display === null) return null;
  const { numerator, denominator } = display.sampleAspect;
  const aspect = numerator > 0 && denominator > 0 ? numerator / denominator : 1;
  if (Math.abs(video.sampleAspect / aspect - 1) > aspectTolerance)
    return `the sample aspect is ${video.sampleAspect.toFixed(4)} instead of ${aspect.toFixed(4)}`;
  if (video.rotationDegrees !== display.rotationDegrees)
    return `the rotation is ${String(video.rotationDegrees)} instead of ${String(display.rotationDegrees)} degrees`;
  for (const name of ["primaries", "transfer", "space"] as const) {
    const should = display.colour[name];
    if (should !== null && video.colour[name] !== should)
      return `the colour ${name} is ${video.colour[name] ?? "not said"} instead of ${should}`;
  }
  // The editing codecs have one range each, whatever a tag says.
  const hasRange =
    plan.video.kind === "encode" &&
    ["h264", "hevc", "av1", "vp9"].includes(plan.video.codec);
  const { range } = display.colour;
  // Where nothing is said it is "tv" (ITU-T H.264 E.2.1); x264 leaves out what goes without saying.
  const isRange = video.colour.range ?? "tv";
  if (hasRange && range !== null && isRange !== range)
    return `the colour range is ${video.colour.range ?? "not said"} instead of ${range}`;
  if (display.hdr.masterDisplay !== null && !video.hasMasteringDisplay)
    return "the mastering display is not said";
  if (display.hdr.maxCll !== null && !video.hasContentLight)
    return "the content light level is not said";
  return null;
}
