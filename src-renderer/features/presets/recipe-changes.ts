/** Changes to a recipe that keep it free of contradictions: what no longer fits becomes the nearest that does. */
import {
  containerHolds,
  containerLimits,
} from "../../../src-main/core/container-limits.ts";
import {
  encoderTraits,
  profilePixelFormats,
} from "../../../src-main/core/encoder-traits.ts";
import { onScale } from "../../../src-main/core/quality-scale.ts";
import {
  noFilters,
  videoEncoders,
  type AudioChoice,
  type AudioEncoder,
  type Container,
  type PixelFormat,
  type RateControl,
  type Recipe,
  type VideoEncode,
  type VideoEncoder,
} from "../../../src-main/core/recipe.ts";

const usualAudioKilobits = 160;

/** What a recipe begins with when its picture is to be encoded. */
const plainVideo: VideoEncode = {
  kind: "encode",
  encoder: "x264",
  rate: { mode: "quality", quality: 22 },
  effort: "medium",
  tune: "none",
  pixelFormat: "yuv420p",
  keyframeIntervalS: 10,
  filters: { ...noFilters, deinterlace: "auto" },
};

/** What a preset of one's own begins with. */
export const plainRecipe: Recipe = {
  container: "mp4",
  video: plainVideo,
  audio: audioEncode("aac"),
  audioTracks: "all",
  subtitles: "keep",
  chapters: "keep",
  attachments: "none",
  metadata: "keep",
  fastStart: true,
};

export function withContainer(recipe: Recipe, container: Container): Recipe {
  const next = { ...recipe, container, fastStart: hasFastStart(container) };
  return withFittingAudio(withFittingVideo(next, recipe.container));
}

export function withEncoder(
  video: VideoEncode,
  encoder: VideoEncoder,
): VideoEncode {
  const traits = encoderTraits[encoder];
  return withFittingPixels({
    ...video,
    encoder,
    rate: fittingRate(video, encoder),
    tune: traits.tunes.includes(video.tune) ? video.tune : "none",
  });
}

/** The nearest setting of the way of choosing size and quality. */
export function withRateMode(
  video: VideoEncode,
  mode: RateControl["mode"],
): VideoEncode {
  const traits = encoderTraits[video.encoder];
  const profile = traits.profiles[0];
  if (mode === video.rate.mode) return video;
  if (mode === "bitrate")
    return { ...video, rate: { mode, kilobitsPerSecond: 5000 } };
  if (mode === "size") return { ...video, rate: { mode, megabytes: 1000 } };
  if (mode === "lossless") return { ...video, rate: { mode } };
  if (mode === "profile" && profile !== undefined)
    return withFittingPixels({ ...video, rate: { mode, profile } });
  return {
    ...video,
    rate: fittingRate({ ...video, rate: unset }, video.encoder),
  };
}

/** The ways of choosing size and quality an encoder knows. */
export function rateModes(
  encoder: VideoEncoder,
): readonly RateControl["mode"][] {
  const { profiles, quality, lossless } = encoderTraits[encoder];
  if (profiles.length > 0) return ["profile"];
  if (quality === null) return ["lossless"];
  return [
    "quality",
    "bitrate",
    "size",
    ...(lossless ? (["lossless"] as const) : []),
  ];
}

/** Encoders whose codec a container holds, the processor's first. */
export function encodersFor(container: Container): readonly VideoEncoder[] {
  return videoEncoders.filter((encoder) =>
    containerHolds(container, "video", encoderTraits[encoder].codec),
  );
}

export function holdsVideo(container: Container): boolean {
  return containerLimits[container].video.length > 0;
}

export function hasFastStart(container: Container): boolean {
  return container === "mp4" || container === "mov";
}

/** The picture encoded, as it was or with plain settings; for the container. */
export function videoEncode(recipe: Recipe): VideoEncode {
  if (recipe.video.kind === "encode") return recipe.video;
  const encoder = encodersFor(recipe.container)[0] ?? plainVideo.encoder;
  return withEncoder(plainVideo, encoder);
}

/** Sound encoded by it, with a usual bitrate. */
export function audioEncode(
  encoder: AudioEncoder,
): Extract<AudioChoice, { kind: "encode" }> {
  return {
    kind: "encode",
    encoder,
    kilobitsPerSecond: encoder === "flac" ? 0 : usualAudioKilobits,
    channels: "source",
    copyWhenPossible: true,
  };
}

/** Another encoder; the bitrate stays where it means something. */
export function withAudioEncoder(
  audio: AudioChoice,
  encoder: AudioEncoder,
): AudioChoice {
  const fresh = audioEncode(encoder);
  if (audio.kind !== "encode") return fresh;
  const keeps = encoder !== "flac" && audio.kilobitsPerSecond >= 16;
  return {
    ...audio,
    encoder,
    kilobitsPerSecond: keeps
      ? audio.kilobitsPerSecond
      : fresh.kilobitsPerSecond,
  };
}

function withFittingVideo(recipe: Recipe, before: Container): Recipe {
  const { container, video } = recipe;
  if (!holdsVideo(container)) return { ...recipe, video: { kind: "none" } };
  if (video.kind === "none" && !holdsVideo(before))
    return { ...recipe, video: videoEncode(recipe) };
  if (video.kind !== "encode") return recipe;
  const fitting = encodersFor(container);
  const first = fitting[0];
  return fitting.includes(video.encoder) || first === undefined
    ? recipe
    : { ...recipe, video: withEncoder(video, first) };
}

function withFittingAudio(recipe: Recipe): Recipe {
  const { audio, container } = recipe;
  if (audio.kind !== "encode") return recipe;
  if (containerHolds(container, "audio", audio.encoder)) return recipe;
  const { fallbackAudio } = containerLimits[container];
  return { ...recipe, audio: withAudioEncoder(audio, fallbackAudio) };
}

/** Stands for “whatever is usual”. */
const unset: RateControl = { mode: "lossless" };

function fittingRate(video: VideoEncode, encoder: VideoEncoder): RateControl {
  const { rate } = video;
  const before = encoderTraits[video.encoder].quality;
  const { profiles, quality, lossless } = encoderTraits[encoder];
  const profile = profiles[0];
  if (profile !== undefined)
    return rate.mode === "profile" && profiles.includes(rate.profile)
      ? rate
      : { mode: "profile", profile };
  if (quality === null) return { mode: "lossless" };
  if (rate.mode === "bitrate" || rate.mode === "size") return rate;
  if (rate.mode === "lossless" && lossless && rate !== unset) return rate;
  if (rate.mode !== "quality" || before === null)
    return { mode: "quality", quality: quality.usual };
  const halvings = (rate.quality - before.usual) / before.halvingStep;
  return {
    mode: "quality",
    quality: onScale(quality, quality.usual + halvings * quality.halvingStep),
  };
}

/** The same depth where the encoder takes it. */
export function withFittingPixels(video: VideoEncode): VideoEncode {
  const formats = pixelFormatsFor(video);
  if (formats.includes(video.pixelFormat)) return video;
  const isDeep = video.pixelFormat.endsWith("10le");
  const concrete = formats.filter((one) => one !== "source");
  const same = concrete.find((one) => one.endsWith("10le") === isDeep);
  return { ...video, pixelFormat: same ?? concrete[0] ?? "source" };
}

export function pixelFormatsFor({
  encoder,
  rate,
}: VideoEncode): readonly PixelFormat[] {
  const formats =
    rate.mode === "profile"
      ? profilePixelFormats(rate.profile, encoder)
      : encoderTraits[encoder].pixelFormats;
  return ["source", ...formats];
}
