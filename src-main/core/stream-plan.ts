/**
 * What becomes of every stream of a source. Nothing is lost silently: each drop
 * or conversion carries a note for the person who asked.
 */
import { containerHolds, containerLimits } from "./container-limits.ts";
import type { ContainerLimits } from "./container-limits.ts";
import { Failure } from "./errors.ts";
import { encoderCodec } from "./ffmpeg-arguments/carrier.ts";
import type { CarrierCodec } from "./ffmpeg-arguments/carrier.ts";
import type {
  AudioStreamFacts,
  MediaFacts,
  SubtitleStreamFacts,
} from "./media-facts.ts";
import type { AudioOrderTrack } from "./order.ts";
import { recipeProblem } from "./recipe-check.ts";
import type { AudioChoice, AudioEncoder, Container, Recipe } from "./recipe.ts";

export type PlannedVideo =
  | { readonly kind: "none" }
  | {
      readonly kind: "copy";
      readonly sourceIndex: number;
      readonly codec: string;
    }
  | {
      readonly kind: "encode";
      readonly sourceIndex: number;
      readonly codec: CarrierCodec;
    };

export interface PlannedAudio {
  /** Index among all streams of the source. */
  readonly sourceIndex: number;
  /** The codec in the output. */
  readonly codec: string;
  /** Null: copied from the source. */
  readonly encode: AudioOrderTrack | null;
  readonly language: string | null;
  readonly title: string | null;
  readonly isDefault: boolean;
}

export interface PlannedSubtitle {
  readonly sourceIndex: number;
  /** `copy`, or what it is converted to at the stitch. */
  readonly codec: "copy" | "mov_text" | "webvtt" | "srt" | "ass";
  readonly language: string | null;
  readonly title: string | null;
  readonly isDefault: boolean;
  readonly isForced: boolean;
}

export type StreamNoteCode =
  | "video-dropped"
  | "audio-dropped"
  | "audio-converted"
  | "subtitle-dropped"
  | "subtitle-converted"
  | "subtitle-burned"
  | "attachment-dropped"
  | "cover-dropped"
  | "chapters-dropped"
  | "data-dropped"
  | "hdr-dropped";

export interface StreamNote {
  readonly code: StreamNoteCode;
  /** Null: not about one stream. */
  readonly sourceIndex: number | null;
  /** A sentence for people. */
  readonly text: string;
}

export interface StreamPlan {
  readonly container: Container;
  readonly video: PlannedVideo;
  /** In the order of the output; encoded ones in this order also in the audio order. */
  readonly audio: readonly PlannedAudio[];
  readonly subtitles: readonly PlannedSubtitle[];
  readonly attachments: readonly {
    readonly sourceIndex: number;
    readonly fileName: string | null;
    readonly mimeType: string | null;
  }[];
  readonly covers: readonly {
    readonly sourceIndex: number;
    readonly codec: string;
  }[];
  readonly chapters: boolean;
  readonly metadata: boolean;
  readonly notes: readonly StreamNote[];
}

/** Kilobits per channel pair for tracks that must be converted although the recipe says copy. */
const fallbackKilobits = 192;

/** Opus knows only these rates; the encoder resamples to the highest. */
const opusRateHz = 48_000;

/** AAC tables end at 96 kHz, FLAC's muxers at 384 kHz. */
const maxRateHz: Readonly<Record<AudioEncoder, number>> = {
  aac: 96_000,
  opus: opusRateHz,
  flac: 384_000,
};

/** Text subtitles ffmpeg can decode to anything else. */
const asIsText = ["subrip", "srt", "ass", "ssa", "webvtt", "text"];

/**
 * The plan for one source. Throws `Failure`: `recipe-invalid` and
 * `container-cannot-hold` where the recipe is impossible in itself or for this
 * source, `no-video` and `no-audio` where the source lacks what it makes.
 */
export function planStreams(facts: MediaFacts, recipe: Recipe): StreamPlan {
  const problem = recipeProblem(recipe);
  if (problem !== null) throw new Failure(problem.code, problem.reason);
  const notes: StreamNote[] = [];
  const note = (
    code: StreamNoteCode,
    sourceIndex: number | null,
    text: string,
  ): void => {
    notes.push({ code, sourceIndex, text });
  };
  const video = planVideo(facts, recipe, note);
  const audio = planAudio(facts, recipe, note);
  if (video.kind === "none" && audio.length === 0)
    throw new Failure("no-audio", "The source");
  const attachments = planAttachments(facts, recipe, note);
  return {
    container: recipe.container,
    video,
    audio,
    subtitles: planSubtitles(facts, recipe, note),
    attachments,
    covers: planCovers(facts, recipe, note),
    chapters: planChapters(facts, recipe, note),
    metadata: recipe.metadata === "keep",
    notes: [...notes, ...dataNotes(facts, recipe)],
  };
}

type AddNote = (
  code: StreamNoteCode,
  sourceIndex: number | null,
  text: string,
) => void;

function limitsOf(recipe: Recipe): ContainerLimits {
  return containerLimits[recipe.container];
}

function planVideo(
  facts: MediaFacts,
  recipe: Recipe,
  note: AddNote,
): PlannedVideo {
  const { container, video } = recipe;
  if (video.kind === "none") {
    if (facts.video !== null)
      note(
        "video-dropped",
        facts.video.index,
        "The video is left out, as the preset says.",
      );
    return { kind: "none" };
  }
  const codec =
    video.kind === "encode" ? encoderCodec(video.encoder) : facts.video?.codec;
  if (codec !== undefined && !containerHolds(container, "video", codec))
    throw new Failure("container-cannot-hold", `${codec} in ${container}`);
  if (facts.video === null || codec === undefined)
    throw new Failure("no-video", "The source");
  if (facts.otherVideoCount > 0)
    note(
      "video-dropped",
      null,
      `Only the first video track is kept; ${String(facts.otherVideoCount)} more are left out.`,
    );
  const sourceIndex = facts.video.index;
  return video.kind === "encode"
    ? { kind: "encode", sourceIndex, codec: encoderCodec(video.encoder) }
    : { kind: "copy", sourceIndex, codec };
}

function planAudio(
  facts: MediaFacts,
  recipe: Recipe,
  note: AddNote,
): PlannedAudio[] {
  const choice = recipe.audio;
  if (choice.kind === "none") {
    for (const track of facts.audio)
      note(
        "audio-dropped",
        track.index,
        `${audioName(facts, track)} is left out, as the preset says.`,
      );
    return [];
  }
  const most =
    recipe.audioTracks === "first" ? 1 : limitsOf(recipe).maxAudioTracks;
  for (const track of facts.audio.slice(most))
    note(
      "audio-dropped",
      track.index,
      recipe.audioTracks === "first"
        ? `${audioName(facts, track)} is left out: the preset keeps only the first.`
        : `${audioName(facts, track)} is left out: ${recipe.container} files hold only one.`,
    );
  return facts.audio
    .slice(0, most)
    .map((track) => plannedAudio(facts, track, choice, recipe, note));
}

function plannedAudio(
  facts: MediaFacts,
  track: AudioStreamFacts,
  choice: Exclude<AudioChoice, { kind: "none" }>,
  recipe: Recipe,
  note: AddNote,
): PlannedAudio {
  const { container } = recipe;
  const fits = containerHolds(container, "audio", track.codec);
  const common = {
    sourceIndex: track.index,
    language: track.language,
    title: track.title,
    isDefault: track.isDefault,
  };
  if (fits && (choice.kind === "copy" || choice.copyWhenPossible))
    return { ...common, codec: track.codec, encode: null };
  const encoder =
    choice.kind === "encode" ? choice.encoder : limitsOf(recipe).fallbackAudio;
  if (choice.kind === "copy")
    note(
      "audio-converted",
      track.index,
      `${audioName(facts, track)} is converted to ${encoder}: ${container} files cannot hold ${track.codec}.`,
    );
  const channels = outputChannels(track, choice);
  const perPair =
    choice.kind === "encode" ? choice.kilobitsPerSecond : fallbackKilobits;
  const encode: AudioOrderTrack = {
    channels,
    sampleRateHz: outputRateHz(track, encoder),
    encoder,
    // A single channel needs more than half of what a pair does.
    kilobitsPerSecond: Math.round(perPair * Math.max(0.6, channels / 2)),
  };
  return { ...common, codec: encoder, encode };
}

function outputChannels(track: AudioStreamFacts, choice: AudioChoice): number {
  // What all three encoders can lay out.
  const most = Math.min(Math.max(track.channels, 1), 8);
  if (choice.kind !== "encode" || choice.channels === "source") return most;
  return Math.min(most, choice.channels === "mono" ? 1 : 2);
}

function outputRateHz(track: AudioStreamFacts, encoder: AudioEncoder): number {
  if (encoder === "opus") return opusRateHz;
  return Math.min(track.sampleRateHz, maxRateHz[encoder]);
}

function audioName(facts: MediaFacts, track: AudioStreamFacts): string {
  const place = String(facts.audio.indexOf(track) + 1);
  return `Audio track ${place}${named(track)}`;
}

function named(track: {
  readonly language: string | null;
  readonly title: string | null;
}): string {
  const words = [track.language, track.title].filter((word) => word !== null);
  return words.length === 0 ? "" : ` (${words.join(", ")})`;
}

function planSubtitles(
  facts: MediaFacts,
  recipe: Recipe,
  note: AddNote,
): PlannedSubtitle[] {
  const burned =
    recipe.video.kind === "encode" ? recipe.video.filters.burnSubtitle : null;
  return facts.subtitles.flatMap((track, place) => {
    const name = `Subtitle track ${String(place + 1)}${named(track)}`;
    if (place === burned) {
      note(
        "subtitle-burned",
        track.index,
        `${name} is drawn into the picture and not kept as a track.`,
      );
      return [];
    }
    if (recipe.subtitles === "none") {
      note(
        "subtitle-dropped",
        track.index,
        `${name} is left out, as the preset says.`,
      );
      return [];
    }
    return plannedSubtitle(track, name, recipe, note);
  });
}

function plannedSubtitle(
  track: SubtitleStreamFacts,
  name: string,
  recipe: Recipe,
  note: AddNote,
): PlannedSubtitle[] {
  const codec = subtitleCodec(track, limitsOf(recipe));
  if (codec === null) {
    note(
      "subtitle-dropped",
      track.index,
      `${name} is left out: ${recipe.container} files cannot hold ${track.codec}.`,
    );
    return [];
  }
  if (codec !== "copy")
    note(
      "subtitle-converted",
      track.index,
      `${name} is converted from ${track.codec} to ${codec}.`,
    );
  const { index, language, title, isDefault, isForced } = track;
  return [{ sourceIndex: index, codec, language, title, isDefault, isForced }];
}

function subtitleCodec(
  track: SubtitleStreamFacts,
  limits: ContainerLimits,
): PlannedSubtitle["codec"] | null {
  if (track.form === "picture")
    return limits.pictureSubtitles.includes(track.codec) ? "copy" : null;
  if (limits.textSubtitles === null || !isDecodable(track.codec)) return null;
  if (limits.textSubtitles === "as-is") {
    if (asIsText.includes(track.codec)) return "copy";
    return track.codec === "mov_text" ? "srt" : "ass";
  }
  return limits.textSubtitles === track.codec ? "copy" : limits.textSubtitles;
}

/** Teletext needs a library that few builds have; timed metadata is no text. */
function isDecodable(codec: string): boolean {
  return !["dvb_teletext", "arib_caption", "ttml", "unknown", "none"].includes(
    codec,
  );
}

function planAttachments(
  facts: MediaFacts,
  recipe: Recipe,
  note: AddNote,
): StreamPlan["attachments"] {
  const fits = limitsOf(recipe).attachments;
  if (fits && recipe.attachments === "keep")
    return facts.attachments.map(({ index, fileName, mimeType }) => ({
      sourceIndex: index,
      fileName,
      mimeType,
    }));
  for (const { index, fileName } of facts.attachments)
    note(
      "attachment-dropped",
      index,
      `The attachment ${fileName ?? String(index)} is left out${fits ? ", as the preset says" : `: ${recipe.container} files have no attachments`}.`,
    );
  return [];
}

function planCovers(
  facts: MediaFacts,
  recipe: Recipe,
  note: AddNote,
): StreamPlan["covers"] {
  const { cover } = limitsOf(recipe);
  return facts.covers.flatMap(({ index, codec }) => {
    const fits =
      cover === "attachment"
        ? ["mjpeg", "png"].includes(codec)
        : cover !== null && ["mjpeg", "png", "bmp"].includes(codec);
    if (fits) return [{ sourceIndex: index, codec }];
    note(
      "cover-dropped",
      index,
      `The cover picture is left out: ${recipe.container} files cannot hold it.`,
    );
    return [];
  });
}

function planChapters(
  facts: MediaFacts,
  recipe: Recipe,
  note: AddNote,
): boolean {
  if (facts.chapters.length === 0) return false;
  const fits = limitsOf(recipe).chapters;
  if (fits && recipe.chapters === "keep") return true;
  note(
    "chapters-dropped",
    null,
    `The chapters are left out${fits ? ", as the preset says" : `: ${recipe.container} files have none`}.`,
  );
  return false;
}

function dataNotes(facts: MediaFacts, recipe: Recipe): StreamNote[] {
  const keepsTimecode = limitsOf(recipe).timecode && recipe.metadata === "keep";
  return facts.dataStreams
    .filter(({ codec }) => !(codec === "tmcd" && keepsTimecode))
    .filter(({ codec }) => codec !== "bin_data" || facts.chapters.length === 0)
    .map(({ index, codec }) => ({
      code: "data-dropped",
      sourceIndex: index,
      text: `The data stream ${String(index)} (${codec}) is left out: nothing but its own camera can read it.`,
    }));
}
