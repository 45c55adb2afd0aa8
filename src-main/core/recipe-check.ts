/** Whether a recipe makes sense in itself, before any source is known. */
import { containerHolds, containerLimits } from "./container-limits.ts";
import { encoderTraits, profilePixelFormats } from "./encoder-traits.ts";
import type { ErrorCode } from "./errors.ts";
import type { RateControl, Recipe, VideoEncode } from "./recipe.ts";

export interface RecipeProblem {
  readonly code: ErrorCode & ("recipe-invalid" | "container-cannot-hold");
  /** Where in the recipe, as a path with dots. */
  readonly field: string;
  /** A clause for people. */
  readonly reason: string;
}

/** The first contradiction in a recipe, or null when there is none. */
export function recipeProblem(recipe: Recipe): RecipeProblem | null {
  const { container, video, audio } = recipe;
  if (video.kind === "none" && audio.kind === "none")
    return invalid("video", "neither video nor audio is to be kept");
  if (video.kind !== "none" && containerLimits[container].video.length === 0)
    return cannotHold("container", `${container} files have no video`);
  if (video.kind === "encode") {
    const { codec } = encoderTraits[video.encoder];
    if (!containerHolds(container, "video", codec))
      return cannotHold("container", `${codec} video in ${container} files`);
    const problem = encodeProblem(video);
    if (problem !== null) return problem;
  }
  if (
    audio.kind === "encode" &&
    !containerHolds(container, "audio", audio.encoder)
  )
    return cannotHold(
      "container",
      `${audio.encoder} audio in ${container} files`,
    );
  return null;
}

/** The first contradiction in the settings of a video encode, or null. */
export function encodeProblem(video: VideoEncode): RecipeProblem | null {
  const rate = rateProblem(video);
  if (rate !== null) return rate;
  const formats =
    video.rate.mode === "profile"
      ? profilePixelFormats(video.rate.profile, video.encoder)
      : encoderTraits[video.encoder].pixelFormats;
  if (video.pixelFormat !== "source" && !formats.includes(video.pixelFormat))
    return invalid(
      "video.pixelFormat",
      `${video.encoder} does not take ${video.pixelFormat}`,
    );
  return null;
}

function rateProblem({ encoder, rate }: VideoEncode): RecipeProblem | null {
  const traits = encoderTraits[encoder];
  const wants = (modes: string) =>
    invalid("video.rate.mode", `${encoder} needs ${modes}, not ${rate.mode}`);
  if (traits.profiles.length > 0) {
    if (rate.mode !== "profile") return wants("a profile");
    if (!traits.profiles.includes(rate.profile))
      return invalid(
        "video.rate.profile",
        `${encoder} has no profile ${rate.profile}`,
      );
    return null;
  }
  if (rate.mode === "profile") return wants("a quality or a bitrate");
  if (traits.quality === null)
    return rate.mode === "lossless" ? null : wants("the mode lossless");
  return scaleProblem(rate, encoder);
}

function scaleProblem(
  rate: RateControl,
  encoder: VideoEncode["encoder"],
): RecipeProblem | null {
  const { quality, lossless } = encoderTraits[encoder];
  if (rate.mode === "lossless" && !lossless)
    return invalid("video.rate.mode", `${encoder} cannot encode losslessly`);
  if (rate.mode !== "quality" || quality === null) return null;
  if (rate.quality < quality.min || rate.quality > quality.max)
    return invalid(
      "video.rate.quality",
      `${encoder} takes ${quality.min} to ${quality.max}, not ${rate.quality}`,
    );
  return null;
}

const invalid = (field: string, reason: string): RecipeProblem => ({
  code: "recipe-invalid",
  field,
  reason,
});

const cannotHold = (field: string, reason: string): RecipeProblem => ({
  code: "container-cannot-hold",
  field,
  reason,
});
