/**
 * A worker's guard against a hostile master. An order that passes holds nothing
 * but words from closed lists and bounded numbers, so that argument lists built
 * from it cannot name a file, an address or an option.
 */
import { z } from "zod";
import {
  chromaLocations,
  colourPrimaries,
  colourRanges,
  colourSpaces,
  colourTransfers,
  masterDisplayPattern,
  maxCllPattern,
} from "../core/colour-names.ts";
import { maxTimescale } from "../core/ffmpeg-arguments/carrier.ts";
import type { AudioOrder, Order, VideoOrder } from "../core/order.ts";
import { audioEncoders } from "../core/recipe.ts";
import {
  maxPictureSide,
  ratioOfFrames,
  videoEncodeSchema,
} from "./recipe-schema.ts";

/** Pixels of one picture: twice 8K. More would be an attempt to exhaust memory. */
const maxPixels = 2 ** 26;
/** Eleven days, more than MPEG-TS clocks and recordings need. */
const maxTimeUs = 1e12;
/** A day at 1000 frames per second. */
const maxFrames = 86_400_000;
/** Four tebibytes: a long lossless master. A worker's own disk limit is lower. */
const maxOutputBytes = 2 ** 42;
const maxThreads = 512;
const maxAudioTracks = 64;
const maxChannels = 8;
const maxSampleRateHz = 768_000;

const integer = (min: number, max: number) => z.int().min(min).max(max);
const timeUs = z.number().min(-maxTimeUs).max(maxTimeUs);
/** ffmpeg's own names of codecs and pixel formats: never starting with a dash. */
const word = z.string().regex(/^[a-z0-9][a-z0-9_]{0,31}$/);
const side = integer(1, maxPictureSide);

const colour = z.strictObject({
  range: z.enum(colourRanges).nullable(),
  primaries: z.enum(colourPrimaries).nullable(),
  transfer: z.enum(colourTransfers).nullable(),
  space: z.enum(colourSpaces).nullable(),
  chromaLocation: z.enum(chromaLocations).nullable(),
});

const hdr = z.strictObject({
  masterDisplay: z.string().regex(masterDisplayPattern).nullable(),
  maxCll: z.string().regex(maxCllPattern).nullable(),
  dynamic: z.enum(["none", "dolby-vision", "hdr10-plus"]),
});

const picture = z
  .strictObject({
    codec: word,
    width: side,
    height: side,
    pixelFormat: word,
    sampleAspect: z.strictObject({
      numerator: integer(1, 100_000),
      denominator: integer(1, 100_000),
    }),
    interlaced: z.boolean(),
    fieldOrder: z.enum(["tt", "bb", "progressive"]),
    colour,
    hdr,
    rotationDegrees: z.literal([0, 90, 180, 270]),
  })
  .refine(({ width, height }) => width * height <= maxPixels, {
    message: "has too many pixels",
  });

const grid = z
  .strictObject({
    rate: ratioOfFrames,
    originUs: timeUs,
    firstFrame: integer(0, maxFrames),
    endFrame: integer(1, maxFrames),
  })
  .refine(({ firstFrame, endFrame }) => firstFrame < endFrame, {
    message: "ends before it begins",
  });

/** One segment to encode. */
export const videoOrderSchema = z
  .strictObject({
    kind: z.literal("video"),
    feed: z.enum(["nut-copy", "nut-decoded"]),
    picture,
    encode: videoEncodeSchema,
    startUs: timeUs.nullable(),
    endUs: timeUs.nullable(),
    expectedFrames: integer(1, maxFrames).nullable(),
    grid: grid.nullable(),
    nominalRate: ratioOfFrames,
    timescale: integer(1, maxTimescale),
    threads: integer(1, maxThreads).nullable(),
    burnSubtitle: z.boolean(),
    maxOutputBytes: integer(1, maxOutputBytes),
  })
  .superRefine((order: VideoOrder, context) => {
    const reason = videoOrderProblem(order);
    if (reason !== null) context.addIssue({ code: "custom", message: reason });
  }) satisfies z.ZodType<VideoOrder>;

/** All re-encoded audio of a job. */
export const audioOrderSchema = z.strictObject({
  kind: z.literal("audio"),
  tracks: z
    .array(
      z.strictObject({
        channels: integer(1, maxChannels),
        sampleRateHz: integer(4000, maxSampleRateHz),
        encoder: z.enum(audioEncoders),
        kilobitsPerSecond: z.number().min(0).max(4096),
      }),
    )
    .min(1)
    .max(maxAudioTracks),
  maxOutputBytes: integer(1, maxOutputBytes),
}) satisfies z.ZodType<AudioOrder>;

/** Anything a master may ask of a worker. */
export const orderSchema = z.discriminatedUnion("kind", [
  videoOrderSchema,
  audioOrderSchema,
]) satisfies z.ZodType<Order>;

/** Contradictions between fields that are each within bounds. */
function videoOrderProblem(order: VideoOrder): string | null {
  const { startUs, endUs, picture: source, encode } = order;
  if (startUs !== null && endUs !== null && startUs >= endUs)
    return "the range ends before it begins";
  const { crop, burnSubtitle, frameRate } = encode.filters;
  if (
    crop !== null &&
    (crop.left + crop.right >= source.width ||
      crop.top + crop.bottom >= source.height)
  )
    return "the crop leaves no picture";
  if (order.burnSubtitle !== (burnSubtitle !== null))
    return "order and filters disagree about a burnt-in subtitle";
  if ((order.grid !== null) !== (frameRate.mode === "constant"))
    return "order and filters disagree about a constant frame rate";
  return null;
}
