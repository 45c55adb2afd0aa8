/**
 * Recipes and presets as they come from files and from other machines. Strict:
 * unknown fields, unknown words and numbers out of bounds are refused.
 */
import { z } from "zod";
import { Failure } from "../core/errors.ts";
import {
  audioEncoders,
  containers,
  dnxhrProfiles,
  efforts,
  pixelFormats,
  proresProfiles,
  tunes,
  videoEncoders,
} from "../core/recipe.ts";
import type {
  AudioChoice,
  Preset,
  Recipe,
  VideoEncode,
} from "../core/recipe.ts";
import { encodeProblem, recipeProblem } from "../core/recipe-check.ts";

/** Larger than any picture a consumer encoder takes. */
export const maxPictureSide = 16_384;
/** A preset file is a page of text; anything larger is something else. */
export const maxPresetFileCharacters = 65_536;
/** Outside of these a frame rate is a mistake. */
const minFrameRate = 1;
const maxFrameRate = 1000;

const integer = (min: number, max: number) => z.int().min(min).max(max);
const number = (min: number, max: number) => z.number().min(min).max(max);

/** Text for people: no control characters, which could forge lines in logs and terminals. */
const line = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine((text) => !/\p{Cc}/u.test(text), "has control characters");

const rate = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("quality"), quality: number(0, 255) }),
  z.strictObject({
    mode: z.literal("bitrate"),
    kilobitsPerSecond: number(10, 1_000_000),
  }),
  z.strictObject({
    mode: z.literal("size"),
    megabytes: number(0.1, 10_000_000),
  }),
  z.strictObject({ mode: z.literal("lossless") }),
  z.strictObject({
    mode: z.literal("profile"),
    profile: z.enum([...proresProfiles, ...dnxhrProfiles]),
  }),
]);

/** A rate as a fraction, in bounds that make sense for pictures. */
export const ratioOfFrames = z
  .strictObject({
    numerator: integer(1, 1_000_000),
    denominator: integer(1, 1_000_000),
  })
  .refine(
    ({ numerator, denominator }) =>
      numerator / denominator >= minFrameRate &&
      numerator / denominator <= maxFrameRate,
    `must be ${minFrameRate} to ${maxFrameRate} frames per second`,
  );

const frameRate = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("source") }),
  z
    .strictObject({
      mode: z.literal("constant"),
      numerator: ratioOfFrames.shape.numerator,
      denominator: ratioOfFrames.shape.denominator,
    })
    .refine(
      ({ numerator, denominator }) =>
        ratioOfFrames.safeParse({ numerator, denominator }).success,
      `must be ${minFrameRate} to ${maxFrameRate} frames per second`,
    ),
]);

const cropSide = integer(0, maxPictureSide);
const fitSide = integer(16, maxPictureSide);

const filters = z.strictObject({
  deinterlace: z.enum(["off", "auto", "on"]),
  crop: z
    .strictObject({
      top: cropSide,
      bottom: cropSide,
      left: cropSide,
      right: cropSide,
    })
    .nullable(),
  fit: z.strictObject({ maxWidth: fitSide, maxHeight: fitSide }).nullable(),
  tonemap: z.enum(["off", "hdr-to-sdr"]),
  denoise: z.enum(["off", "light", "medium", "strong"]),
  frameRate,
  applyRotation: z.boolean(),
  burnSubtitle: integer(0, 999).nullable(),
});

const plainVideoEncode = z.strictObject({
  kind: z.literal("encode"),
  encoder: z.enum(videoEncoders),
  rate,
  effort: z.enum(efforts),
  tune: z.enum(tunes),
  pixelFormat: z.enum(pixelFormats),
  keyframeIntervalS: number(0.1, 20),
  filters,
});

/** The settings of one video encode, free of contradictions. */
export const videoEncodeSchema = plainVideoEncode.superRefine(
  (video: VideoEncode, context) => {
    const problem = encodeProblem(video);
    if (problem !== null)
      context.addIssue({
        code: "custom",
        message: problem.reason,
        path: problem.field.split(".").slice(1),
      });
  },
) satisfies z.ZodType<VideoEncode>;

/** Bounds per channel pair; flac ignores the value. */
const audio = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({ kind: z.literal("copy") }),
  z
    .strictObject({
      kind: z.literal("encode"),
      encoder: z.enum(audioEncoders),
      kilobitsPerSecond: number(0, 512),
      channels: z.enum(["source", "stereo", "mono"]),
      copyWhenPossible: z.boolean(),
    })
    .refine(
      ({ encoder, kilobitsPerSecond }) =>
        encoder === "flac" || kilobitsPerSecond >= 16,
      { message: "must be at least 16", path: ["kilobitsPerSecond"] },
    ),
]) satisfies z.ZodType<AudioChoice>;

/** A whole recipe, free of contradictions. */
export const recipeSchema = z
  .strictObject({
    container: z.enum(containers),
    video: z.discriminatedUnion("kind", [
      plainVideoEncode,
      z.strictObject({ kind: z.literal("copy") }),
      z.strictObject({ kind: z.literal("none") }),
    ]),
    audio,
    audioTracks: z.enum(["all", "first"]),
    subtitles: z.enum(["keep", "none"]),
    chapters: z.enum(["keep", "none"]),
    attachments: z.enum(["keep", "none"]),
    metadata: z.enum(["keep", "none"]),
    fastStart: z.boolean(),
  })
  .superRefine((recipe: Recipe, context) => {
    const problem = recipeProblem(recipe);
    if (problem !== null)
      context.addIssue({
        code: "custom",
        message: problem.reason,
        path: problem.field.split("."),
      });
  }) satisfies z.ZodType<Recipe>;

/** A preset as it crosses the UI contract. */
export const presetSchema = z.strictObject({
  name: line(1, 80),
  description: line(0, 400),
  origin: z.enum(["built-in", "user", "handbrake"]),
  recipe: recipeSchema,
}) satisfies z.ZodType<Preset>;

const presetFileSchema = z.strictObject({
  reelfarm: z.literal("preset"),
  version: z.literal(1),
  name: presetSchema.shape.name,
  description: presetSchema.shape.description,
  recipe: recipeSchema,
});

/**
 * Reads a user's preset file. `fileName` is only for the message.
 * @throws Failure preset-invalid, naming file, field and reason.
 */
export function parsePresetFile(text: string, fileName: string): Preset {
  const refuse = (reason: string, cause?: unknown) =>
    new Failure("preset-invalid", `${fileName}: ${reason}`, { cause });
  if (text.length > maxPresetFileCharacters)
    throw refuse("it is too large to be a preset");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse("it is not JSON", error);
  }
  const parsed = presetFileSchema.safeParse(value);
  if (!parsed.success) throw refuse(firstIssue(parsed.error), parsed.error);
  const { name, description, recipe } = parsed.data;
  return { name, description, origin: "user", recipe };
}

/** A preset in the form `parsePresetFile` reads. */
export function presetFileText(preset: Preset): string {
  const { name, description, recipe } = preset;
  const file: z.input<typeof presetFileSchema> = {
    reelfarm: "preset",
    version: 1,
    name,
    description,
    recipe,
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** `recipe.video.rate.quality: too big`, of the first thing wrong. */
export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return "unknown problem";
  const field = issue.path.map(String).join(".");
  return field === "" ? issue.message : `${field}: ${issue.message}`;
}
