/** Settles every choice a recipe leaves to the source, so that all workers of a job do the same. */
import { unsaidColourNote } from "./colour-limits.ts";
import {
  chromaLocations,
  colourPrimaries,
  colourRanges,
  colourSpaces,
  colourTransfers,
  masterDisplayPattern,
  maxCllPattern,
} from "./colour-names.ts";
import { encoderTraits, profilePixelFormats } from "./encoder-traits.ts";
import { Failure } from "./errors.ts";
import { outputColour } from "./ffmpeg-arguments/filters.ts";
import type {
  ColourFacts,
  MediaFacts,
  Ratio,
  VideoStreamFacts,
} from "./media-facts.ts";
import type { PictureFacts } from "./order.ts";
import { evenCrop, outputPicture, storedCrop } from "./output-picture.ts";
import type { OutputPicture } from "./output-picture.ts";
import {
  lossesBetween,
  nearestPixelFormat,
  pixelLayout,
} from "./pixel-format.ts";
import type { ConcretePixelFormat } from "./encoder-traits.ts";
import type { Container, VideoEncode, VideoFilters } from "./recipe.ts";
import { outputTimescale } from "./timescale.ts";

/** A recipe's video with nothing left open: no `source` pixel format, no impossible tune. */
export interface VideoPlan {
  readonly picture: PictureFacts;
  readonly encode: VideoEncode & { readonly pixelFormat: ConcretePixelFormat };
  readonly output: OutputPicture;
  /** Whether the output's pictures hold two fields. */
  readonly outputInterlaced: boolean;
  /** For rate control and keyframe distance, the same for all segments. */
  readonly nominalRate: Ratio;
  readonly timescale: number;
  /** Capability keys a worker must have. */
  readonly needs: readonly string[];
  /** Sentences for people about what is changed or lost. */
  readonly notes: readonly string[];
}

/** Smallest pictures, where the encoder has a limit worth telling before the start (DNxHR: SMPTE VC-3). */
const smallestPicture: Partial<
  Record<VideoEncode["encoder"], { width: number; height: number }>
> = {
  dnxhr: { width: 256, height: 120 },
  "svt-av1": { width: 64, height: 64 },
};

/** @throws Failure recipe-invalid when the source cannot be made into what is asked for. */
export function planVideo(
  facts: MediaFacts,
  video: VideoStreamFacts,
  encode: VideoEncode,
  container: Container,
): VideoPlan {
  const notes: string[] = [];
  const picture = pictureFacts(video);
  const isHdr = isHdrTransfer(picture.colour.transfer);
  const pixelFormat = resolvedPixelFormat(picture, encode, notes);
  const turned = withRotation(encode.filters, picture, container, notes);
  const filters = resolvedFilters(turned, picture, {
    encoder: encode.encoder,
    isHdr,
    pixelFormat,
    notes,
  });
  checkBurnIn(facts, filters);
  const output = outputPicture(picture, filters);
  checkSmallest(encode, output);
  if (filters.tonemap === "off") noteHdr(picture, isHdr, pixelFormat, notes);
  const unsaid = unsaidColourNote(
    outputColour({ picture, encode: { ...encode, filters } }),
    encoderTraits[encode.encoder].codec,
    container,
  );
  if (unsaid !== null) notes.push(unsaid);
  const { frameRate } = filters;
  const constantRate: Ratio | null =
    frameRate.mode === "constant" ? frameRate : null;
  return {
    picture,
    encode: {
      ...encode,
      tune: resolvedTune(encode, notes),
      pixelFormat,
      filters,
    },
    output,
    outputInterlaced:
      picture.interlaced &&
      filters.deinterlace === "off" &&
      encoderTraits[encode.encoder].interlaced,
    nominalRate:
      constantRate === null
        ? nominalRate(video.averageFrameRate)
        : {
            numerator: constantRate.numerator,
            denominator: constantRate.denominator,
          },
    timescale: outputTimescale(video.timeBase, constantRate),
    needs: capabilityNeeds(encode, filters),
    notes,
  };
}

/** Averages of variable rates are awkward fractions; thousandths are near enough where no timestamp depends on them. */
function nominalRate(average: Ratio | null): Ratio {
  const limit = 1_000_000;
  if (average === null) return { numerator: 25, denominator: 1 };
  const { numerator, denominator } = average;
  const perSecond = Math.min(1000, Math.max(1, numerator / denominator));
  const isPlain =
    perSecond === numerator / denominator &&
    numerator <= limit &&
    denominator <= limit;
  return isPlain
    ? { numerator, denominator }
    : { numerator: Math.round(perSecond * 1000) || 25_000, denominator: 1000 };
}

/** Whether a transfer function is one of HDR's: PQ or HLG. */
export function isHdrTransfer(transfer: string | null): boolean {
  return transfer === "smpte2084" || transfer === "arib-std-b67";
}

/** What a worker must know of the source's pictures. Words that no list knows are left out. */
export function pictureFacts(video: VideoStreamFacts): PictureFacts {
  const { colour, hdr, fieldOrder } = video;
  const interlaced = fieldOrder !== "progressive" && fieldOrder !== "unknown";
  return {
    codec: video.codec,
    width: video.width,
    height: video.height,
    pixelFormat: video.pixelFormat,
    sampleAspect: boundedRatio(video.sampleAspect),
    interlaced,
    fieldOrder: shownFieldOrder(fieldOrder),
    colour: yuvColours(knownColours(colour), video.pixelFormat),
    hdr: {
      masterDisplay: matching(hdr.masterDisplay, masterDisplayPattern),
      maxCll: matching(hdr.maxCll, maxCllPattern),
      dynamic: hdr.dynamic,
    },
    rotationDegrees: video.rotationDegrees,
  };
}

/** `tb` and `bt` are coded in one order and shown in the other; what is shown counts. */
function shownFieldOrder(
  order: VideoStreamFacts["fieldOrder"],
): PictureFacts["fieldOrder"] {
  switch (order) {
    case "tt":
    case "bt":
      return "tt";
    case "bb":
    case "tb":
      return "bb";
    case "progressive":
    case "unknown":
      return "progressive";
  }
}

function knownColours(colour: ColourFacts): ColourFacts {
  const known = (word: string | null, list: readonly string[]) =>
    word !== null && list.includes(word) ? word : null;
  return {
    range: known(colour.range, colourRanges),
    primaries: known(colour.primaries, colourPrimaries),
    transfer: known(colour.transfer, colourTransfers),
    space: known(colour.space, colourSpaces),
    chromaLocation: known(colour.chromaLocation, chromaLocations),
  };
}

/** All outputs are YUV: what a source's RGB says of its matrix and range is not theirs. */
function yuvColours(colour: ColourFacts, pixelFormat: string): ColourFacts {
  if (pixelLayout(pixelFormat).rgb)
    return { ...colour, range: null, space: null, chromaLocation: null };
  return colour.space === "gbr" ? { ...colour, space: null } : colour;
}

const matching = (text: string | null, pattern: RegExp) =>
  text !== null && pattern.test(text) ? text : null;

/** A sample aspect outside of anything sensible is a broken header: square. */
function boundedRatio({ numerator, denominator }: Ratio): Ratio {
  const limit = 100_000;
  const isSane =
    Number.isInteger(numerator) &&
    Number.isInteger(denominator) &&
    numerator >= 1 &&
    denominator >= 1 &&
    numerator <= limit &&
    denominator <= limit;
  return isSane ? { numerator, denominator } : { numerator: 1, denominator: 1 };
}

function resolvedPixelFormat(
  picture: PictureFacts,
  encode: VideoEncode,
  notes: string[],
): ConcretePixelFormat {
  const { encoder, rate, pixelFormat: asked } = encode;
  const supported =
    rate.mode === "profile"
      ? profilePixelFormats(rate.profile, encoder)
      : encoderTraits[encoder].pixelFormats;
  const { pixelFormat, losses } =
    asked === "source"
      ? nearestPixelFormat(picture.pixelFormat, supported)
      : {
          pixelFormat: asked,
          // Colour resolution is what a person chose; depth is easily overlooked.
          losses: lossesBetween(picture.pixelFormat, asked).filter((loss) =>
            /bit|transparency/.test(loss),
          ),
        };
  if (rate.mode === "lossless" && asked === "source" && losses.length > 0)
    throw new Failure(
      "recipe-invalid",
      `${picture.pixelFormat} cannot be kept without loss by ${encoder}: ${losses.join(", ")}`,
    );
  if (losses.length > 0)
    notes.push(
      `${encoder} makes ${pixelFormat} of the source's ${picture.pixelFormat}: ${losses.join(", ")}.`,
    );
  return pixelFormat;
}

/** Matroska got a rotation tag late and few players read it; there the picture itself is turned. */
function withRotation(
  filters: VideoFilters,
  picture: PictureFacts,
  container: Container,
  notes: string[],
): VideoFilters {
  const carriesTag = container === "mp4" || container === "mov";
  if (picture.rotationDegrees === 0 || carriesTag || filters.applyRotation)
    return filters;
  notes.push(
    `The picture is turned by ${picture.rotationDegrees}°, because ${container} files cannot carry that as a tag.`,
  );
  return { ...filters, applyRotation: true };
}

interface Circumstances {
  readonly encoder: VideoEncode["encoder"];
  readonly isHdr: boolean;
  readonly pixelFormat: ConcretePixelFormat;
  readonly notes: string[];
}

function resolvedFilters(
  filters: VideoFilters,
  picture: PictureFacts,
  { encoder, isHdr, pixelFormat, notes }: Circumstances,
): VideoFilters {
  const asked =
    filters.crop === null
      ? null
      : storedCrop(filters.crop, picture.rotationDegrees);
  const isScaled =
    outputPicture(picture, { ...filters, crop: asked }).scaledTo !== null;
  const deinterlace = resolvedDeinterlace(filters, picture, {
    isScaled,
    encoder,
    notes,
  });
  const keepsFields = picture.interlaced && deinterlace === "off";
  const crop = isScaled
    ? asked
    : evenCrop(picture, asked, ...sizeSteps(encoder, pixelFormat, keepsFields));
  if (crop !== asked)
    notes.push(
      `The picture is cropped by a line, because ${encoder} needs even sizes.`,
    );
  return {
    ...filters,
    deinterlace,
    crop,
    tonemap: isHdr ? filters.tonemap : "off",
  };
}

function resolvedDeinterlace(
  filters: VideoFilters,
  picture: PictureFacts,
  around: { isScaled: boolean; encoder: string; notes: string[] },
): VideoFilters["deinterlace"] {
  if (filters.deinterlace === "on") return "on";
  if (!picture.interlaced) return "off";
  if (filters.deinterlace === "auto") return "auto";
  if (around.isScaled || filters.applyRotation) {
    around.notes.push(
      "The source is interlaced and is deinterlaced, because scaling or turning would mix its fields.",
    );
    return "on";
  }
  if (!encoderTraits[around.encoder as VideoEncode["encoder"]].interlaced)
    around.notes.push(
      `The source is interlaced and stays so, but ${around.encoder} cannot mark it; players will show combs.`,
    );
  return "off";
}

/** By how much width and height must divide. Fields of subsampled pictures need twice the rows. */
function sizeSteps(
  encoder: VideoEncode["encoder"],
  pixelFormat: ConcretePixelFormat,
  keepsFields: boolean,
): [width: number, height: number] {
  const { oddSizes, interlaced } = encoderTraits[encoder];
  if (oddSizes) return [1, 1];
  const { chroma } = pixelLayout(pixelFormat);
  const width = chroma === "444" ? 1 : 2;
  const height = chroma === "420" ? 2 : 1;
  return [width, keepsFields && interlaced ? 2 * height : height];
}

function resolvedTune(
  { encoder, tune }: VideoEncode,
  notes: string[],
): VideoEncode["tune"] {
  if (encoderTraits[encoder].tunes.includes(tune)) return tune;
  notes.push(`${encoder} has no tuning for ${tune}; it is left out.`);
  return "none";
}

/** @throws Failure recipe-invalid */
function checkBurnIn(facts: MediaFacts, { burnSubtitle }: VideoFilters): void {
  if (burnSubtitle === null) return;
  const track = facts.subtitles[burnSubtitle];
  if (track === undefined)
    throw new Failure(
      "recipe-invalid",
      `there is no subtitle track ${burnSubtitle + 1} to draw into the picture`,
    );
  if (track.form !== "text")
    throw new Failure(
      "recipe-invalid",
      `subtitle track ${burnSubtitle + 1} is made of pictures; only text can be drawn in`,
    );
}

/** @throws Failure recipe-invalid */
function checkSmallest({ encoder }: VideoEncode, output: OutputPicture): void {
  const least = smallestPicture[encoder];
  if (least === undefined) return;
  if (output.width < least.width || output.height < least.height)
    throw new Failure(
      "recipe-invalid",
      `${encoder} needs pictures of at least ${least.width}x${least.height}, and these are ${output.width}x${output.height}`,
    );
}

function noteHdr(
  { hdr }: PictureFacts,
  isHdr: boolean,
  pixelFormat: ConcretePixelFormat,
  notes: string[],
): void {
  if (hdr.dynamic !== "none")
    notes.push(
      `${hdr.dynamic === "dolby-vision" ? "Dolby Vision" : "HDR10+"} metadata cannot be kept by a re-encode${isHdr ? "; the HDR picture under it is" : ""}.`,
    );
  if (isHdr && pixelLayout(pixelFormat).bitDepth < 10)
    notes.push(
      "HDR in 8 bit shows bands: choose a 10-bit format, or have it mapped to SDR.",
    );
}

function capabilityNeeds(
  { encoder }: VideoEncode,
  filters: VideoFilters,
): string[] {
  return [
    `encoder:${encoder}`,
    ...(filters.tonemap === "off" ? [] : ["filter:zscale"]),
    ...(filters.burnSubtitle === null ? [] : ["filter:subtitles"]),
  ];
}
