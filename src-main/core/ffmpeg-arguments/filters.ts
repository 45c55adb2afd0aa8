/**
 * The filter graph of a video segment. Frames arrive in wire time (shifted by
 * `wireOffsetS`) with some before and after the range. Filters that look at
 * neighbouring frames see those too; then the range is cut out exactly; what
 * works on one frame alone comes after. Times leave as they came, in wire time.
 */
import {
  chromaLocations,
  colourPrimaries,
  colourRanges,
  colourSpaces,
  colourTransfers,
} from "../colour-names.ts";
import type { ColourFacts } from "../media-facts.ts";
import {
  wireOffsetS,
  type OutputGrid,
  type PictureFacts,
  type VideoOrder,
} from "../order.ts";
import { tieBreakUs } from "../output-grid.ts";
import { outputPicture } from "../output-picture.ts";
import { nearestPixelFormat, pixelLayout } from "../pixel-format.ts";
import { encoderTraits } from "../encoder-traits.ts";
import {
  pixelFormats,
  type PixelFormat,
  type VideoEncode,
  type VideoFilters,
} from "../recipe.ts";
import {
  boundedInteger,
  decimal,
  ratio,
  refused,
  word,
} from "./argument-values.ts";
import { hardwareFamily, isHardwareEncoder } from "./hardware-encoder.ts";

type ConcreteFormat = Exclude<PixelFormat, "source">;

/** The whole graph, for `-filter_complex`, from stream 0:v:0 to the label `out`. */
export function filterGraph(
  order: VideoOrder,
  subtitleFile: string | null,
): string {
  const chain = pictureChain(order, subtitleFile);
  const last = finishingFilters(order);
  if (order.grid === null)
    return `[0:v:0]${[...chain, ...last].join(",")}[out]`;
  return gridGraph(order, order.grid, chain, last);
}

function pictureChain(
  order: VideoOrder,
  subtitleFile: string | null,
): string[] {
  const { encode, picture } = order;
  const { filters } = encode;
  const crop = cropFilters(filters);
  const tonemap = tonemapFilters(order);
  const denoise = denoiseFilters(filters);
  const trim = trimFilters(order);
  // Cutting commutes with all filters that look at single frames.
  const cropped =
    denoise.length === 0
      ? [...trim, ...crop, ...tonemap]
      : [...crop, ...tonemap, ...denoise, ...trim];
  return [
    ...deinterlaceFilters(filters, picture),
    ...cropped,
    ...scaleFilters(order),
    ...rotationFilters(filters, picture),
    ...burnInFilters(order, subtitleFile),
  ];
}

function deinterlaceFilters(
  { deinterlace }: VideoFilters,
  { fieldOrder }: PictureFacts,
): string[] {
  if (deinterlace === "off") return [];
  const parity =
    fieldOrder === "progressive" ? "auto" : fieldOrder === "tt" ? "tff" : "bff";
  const frames = deinterlace === "auto" ? "interlaced" : "all";
  return [`bwdif=mode=send_frame:parity=${parity}:deint=${frames}`];
}

/** In seconds of wire time; bounds lie midway between frames, so a microsecond's rounding moves none. */
function trimFilters({ startUs, endUs }: VideoOrder): string[] {
  const bounds = [
    ...(startUs === null ? [] : [`start=${wireSeconds(startUs)}`]),
    ...(endUs === null ? [] : [`end=${wireSeconds(endUs)}`]),
  ];
  return bounds.length === 0 ? [] : [`trim=${bounds.join(":")}`];
}

function wireSeconds(timeUs: number): string {
  return decimal(timeUs / 1e6 + wireOffsetS);
}

function cropFilters({ crop }: VideoFilters): string[] {
  if (crop === null) return [];
  const [left, right, top, bottom] = [
    crop.left,
    crop.right,
    crop.top,
    crop.bottom,
  ].map((lines) => boundedInteger(lines, 0, 65_535));
  // `exact`: an odd offset is kept also with subsampled chroma.
  return [
    `crop=iw-${left!}-${right!}:ih-${top!}-${bottom!}:${left!}:${top!}:exact=1`,
  ];
}

/** By way of linear light, as BT.2390 asks; 100 cd/m² is SDR's reference white. */
function tonemapFilters(order: VideoOrder): string[] {
  const { filters } = order.encode;
  if (filters.tonemap === "off") return [];
  return [
    ...colourTags(order.picture.colour),
    "zscale=t=linear:npl=100",
    "format=gbrpf32le",
    "zscale=p=bt709",
    "tonemap=tonemap=hable:desat=0",
    "zscale=t=bt709:m=bt709:r=tv",
    // Else it stays RGB, and the scaler after it makes BT.601 of that.
    `format=${filters.crop === null ? outputPixelFormat(order) : "yuv444p16le"}`,
  ];
}

const denoiseStrengths = {
  light: "2:1.5:3:2.25",
  medium: "4:3:6:4.5",
  strong: "7:5.25:10.5:7.9",
} as const;

function denoiseFilters({ denoise }: VideoFilters): string[] {
  if (denoise === "off") return [];
  return [
    `hqdn3d=${denoiseStrengths[word(denoise, ["light", "medium", "strong"])]}`,
  ];
}

/**
 * Always there: where the picture has its size and format already it passes
 * frames through untouched, and it evens out sources whose size changes midway.
 */
function scaleFilters(order: VideoOrder): string[] {
  const { picture, encode } = order;
  const { filters } = encode;
  const { scaledTo } = outputPicture(picture, filters);
  const { left, right, top, bottom } = filters.crop ?? {
    left: 0,
    right: 0,
    top: 0,
    bottom: 0,
  };
  const width = scaledTo?.width ?? picture.width - left - right;
  const height = scaledTo?.height ?? picture.height - top - bottom;
  const format = outputPixelFormat(order);
  const keepsFields = picture.interlaced && filters.deinterlace === "off";
  return [
    [
      `scale=${boundedInteger(width, 16, 16_384)}:${boundedInteger(height, 16, 16_384)}`,
      "flags=lanczos+accurate_rnd+full_chroma_int",
      ...(keepsFields ? ["interl=-1"] : []),
      ...conversionOptions(order),
    ].join(":"),
    `format=${format}`,
  ];
}

/** RGB becomes BT.709 video; full range stays full range. Both would else depend on ffmpeg's version. */
function conversionOptions({ picture, encode }: VideoOrder): string[] {
  if (encode.filters.tonemap !== "off") return [];
  if (pixelLayout(picture.pixelFormat).rgb)
    return ["out_color_matrix=bt709", "out_range=tv"];
  return isFullRange(picture) ? ["in_range=pc", "out_range=pc"] : [];
}

function isFullRange({ colour, pixelFormat }: PictureFacts): boolean {
  return colour.range === "pc" || pixelFormat.startsWith("yuvj");
}

/** `transpose=1` turns clockwise, 2 the other way (ffmpeg's vf_transpose). */
function rotationFilters(
  { applyRotation }: VideoFilters,
  { rotationDegrees }: PictureFacts,
): string[] {
  if (!applyRotation) return [];
  switch (rotationDegrees) {
    case 0:
      return [];
    case 90:
      return ["transpose=1"];
    case 180:
      return ["hflip", "vflip"];
    case 270:
      return ["transpose=2"];
  }
}

/** Subtitles are timed in source time. `round`: setpts cuts fractions off, and 100/TB may lie just below a whole number. */
function burnInFilters(
  { burnSubtitle }: VideoOrder,
  subtitleFile: string | null,
): string[] {
  if (!burnSubtitle) return [];
  if (subtitleFile === null || !/^[a-z0-9-]+\.ass$/.test(subtitleFile))
    throw refused("a subtitle to draw in, but none is there");
  const offset = String(wireOffsetS);
  return [
    `setpts=round(PTS-${offset}/TB)`,
    `subtitles=f=${subtitleFile}`,
    `setpts=round(PTS+${offset}/TB)`,
  ];
}

/** Shape, colours and fields as tags on the frames (ffmpeg 7 reads them from there), then the upload to the chip. */
function finishingFilters(order: VideoOrder): string[] {
  const { picture, encode } = order;
  const { sampleAspect } = outputPicture(picture, encode.filters);
  const { encoder } = encode;
  const upload =
    isHardwareEncoder(encoder) && hardwareFamily(encoder) === "vaapi"
      ? [`format=${uploadFormat(outputPixelFormat(order))}`, "hwupload"]
      : [];
  return [
    `setsar=sar=${ratio(sampleAspect)}:max=100000`,
    ...colourTags(outputColour(order)),
    `setfield=${outputFields(order) === null ? "prog" : outputFields(order) === "tt" ? "tff" : "bff"}`,
    ...upload,
  ];
}

function uploadFormat(format: ConcreteFormat): string {
  return pixelLayout(format).bitDepth > 8 ? "p010le" : "nv12";
}

function colourTags(colour: ColourFacts): string[] {
  const { range, primaries, transfer, space } = colour;
  const tags = [
    ...(range === null ? [] : [`range=${word(range, colourRanges)}`]),
    ...(primaries === null
      ? []
      : [`color_primaries=${word(primaries, colourPrimaries)}`]),
    ...(transfer === null
      ? []
      : [`color_trc=${word(transfer, colourTransfers)}`]),
    ...(space === null ? [] : [`colorspace=${word(space, colourSpaces)}`]),
  ];
  return tags.length === 0 ? [] : [`setparams=${tags.join(":")}`];
}

/** The colours as encoder options; ffmpeg 5 reads them from there. */
export function colourArguments(order: VideoOrder): string[] {
  const { range, primaries, transfer, space, chromaLocation } =
    outputColour(order);
  return [
    ...(range === null ? [] : ["-color_range", word(range, colourRanges)]),
    ...(primaries === null
      ? []
      : ["-color_primaries", word(primaries, colourPrimaries)]),
    ...(transfer === null
      ? []
      : [
          "-color_trc",
          optionName(word(transfer, colourTransfers), transferOptions),
        ]),
    ...(space === null
      ? []
      : ["-colorspace", optionName(word(space, colourSpaces), spaceOptions)]),
    ...(chromaLocation === null
      ? []
      : ["-chroma_sample_location", word(chromaLocation, chromaLocations)]),
  ];
}

/** Encoder options have names of their own for some values (ffmpeg 5.1 and 7.0 alike). */
const transferOptions: Readonly<Record<string, string>> = {
  bt470m: "gamma22",
  bt470bg: "gamma28",
};
const spaceOptions: Readonly<Record<string, string>> = { gbr: "rgb" };

function optionName(
  name: string,
  others: Readonly<Record<string, string>>,
): string {
  return others[name] ?? name;
}

/** The colours of what the filters give out. */
export function outputColour({
  picture,
  encode,
}: Pick<VideoOrder, "picture" | "encode">): ColourFacts {
  const { colour } = picture;
  if (encode.filters.tonemap !== "off")
    return {
      range: "tv",
      primaries: "bt709",
      transfer: "bt709",
      space: "bt709",
      chromaLocation: "left",
    };
  if (pixelLayout(picture.pixelFormat).rgb)
    return { ...colour, range: "tv", space: "bt709", chromaLocation: null };
  return isFullRange(picture) ? { ...colour, range: "pc" } : colour;
}

/** Which field comes first in the output's pictures; null: they are whole. */
export function outputFields({
  picture,
  encode,
}: Pick<VideoOrder, "picture" | "encode">): "tt" | "bb" | null {
  if (!picture.interlaced || picture.fieldOrder === "progressive") return null;
  if (encode.filters.deinterlace !== "off") return null;
  return encoderTraits[encode.encoder].interlaced ? picture.fieldOrder : null;
}

/** The pixel format of the output; `source` becomes the nearest that the encoder takes. */
export function outputPixelFormat({
  picture,
  encode,
}: Pick<VideoOrder, "picture"> & {
  encode: Pick<VideoEncode, "encoder" | "pixelFormat">;
}): ConcreteFormat {
  const asked = word(encode.pixelFormat, pixelFormats);
  return asked === "source"
    ? nearestPixelFormat(
        picture.pixelFormat,
        encoderTraits[encode.encoder].pixelFormats,
      ).pixelFormat
    : asked;
}

/**
 * Constant frame rate by the rule of output-grid.ts. ffmpeg's `fps` may drop
 * the last frame when the input ends, depending on when it believes the input
 * to end; a picture that is never shown, long after the last frame, keeps that
 * from happening. Source times become microseconds since the grid's origin, so
 * that planner and worker round the same numbers.
 */
function gridGraph(
  order: VideoOrder,
  grid: OutputGrid,
  chain: readonly string[],
  last: readonly string[],
): string {
  const { picture, encode, timescale } = order;
  const { width, height } = outputPicture(picture, encode.filters);
  const size = `${boundedInteger(width, 16, 16_384)}x${boundedInteger(height, 16, 16_384)}`;
  const format = `format=${outputPixelFormat(order)}`;
  const originUs = Math.round(grid.originUs) + wireOffsetS * 1e6;
  const shiftUs = boundedInteger(originUs - tieBreakUs, -1e13, 1e13);
  const first = boundedInteger(grid.firstFrame, 0, 1e9);
  const end = boundedInteger(grid.endFrame, 1, 1e9);
  const originTicks = Math.round((originUs * timescale) / 1e6);
  const source = [
    ...chain,
    "setsar=1",
    "settb=1/1000000",
    `setpts=PTS-${bracketed(shiftUs)}`,
  ];
  const never = [
    `nullsrc=s=${size}:r=1:d=1`,
    format,
    "setsar=1",
    "settb=1/1000000",
    "setpts=1000000000000",
  ];
  const held = [
    "concat=n=2:v=1:a=0",
    `fps=fps=${ratio(grid.rate)}:round=near`,
    `trim=start_pts=${first}:end_pts=${end}`,
    `settb=1/${boundedInteger(timescale, 1, 2 ** 31 - 1)}`,
    `setpts=PTS+${bracketed(boundedInteger(originTicks, -1e16, 1e16))}`,
    ...last,
  ];
  return [
    `[0:v:0]${source.join(",")}[source]`,
    `${never.join(",")}[never]`,
    `[source][never]${held.join(",")}[out]`,
  ].join(";");
}

/** Keeps a sign before a number from meaning something else in an expression. */
function bracketed(number: string): string {
  return `(${number})`;
}
