/** One picture of a file as a person would see it: turned, in its shape, in colours of an ordinary screen. */
import type { MediaFacts, VideoStreamFacts } from "../media-facts.ts";
import { sourceArguments } from "./cut.ts";

export interface StillSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface StillRequest {
  /** In the file's own time, seconds; null: from its head. */
  readonly seekS: number | null;
  /** The very frame, not the keyframe before it. */
  readonly isExact: boolean;
  readonly size: StillSize;
  /** Whether this ffmpeg can map HDR to SDR (zscale). */
  readonly canMapHdr: boolean;
}

const minSidePx = 2;
/** Decoding in a hurry would take the cores that encodes have. */
const decoderThreads = 2;
/** mjpeg's scale, 2 (best) to 31. */
const jpegQuality = 4;
/** Untagged pictures of this height and more are taken for BT.709, as players do. */
const highDefinitionHeight = 720;

/**
 * The size at which a picture is shown in at most this width: square pixels,
 * turned as its rotation says, never larger than it is.
 */
export function stillSize(
  video: Pick<
    VideoStreamFacts,
    "width" | "height" | "sampleAspect" | "rotationDegrees"
  >,
  maxWidthPx: number,
): StillSize {
  const { numerator, denominator } = video.sampleAspect;
  const wide = video.width * (numerator / denominator);
  const isTurned = video.rotationDegrees % 180 === 90;
  const [width, height] = isTurned
    ? [video.height, wide]
    : [wide, video.height];
  const scale = Math.min(1, maxWidthPx / width);
  return {
    widthPx: evenSide(width * scale),
    heightPx: evenSide(height * scale),
  };
}

/** Writes one JPEG to standard output. */
export function stillArguments(
  path: string,
  facts: MediaFacts,
  video: Pick<
    VideoStreamFacts,
    "index" | "height" | "rotationDegrees" | "fieldOrder" | "colour"
  >,
  request: StillRequest,
): string[] {
  const { seekS, isExact } = request;
  const seek =
    seekS === null
      ? []
      : [
          ...(isExact ? [] : ["-noaccurate_seek"]),
          ...["-seek_timestamp", "1", "-ss", seekS.toFixed(6)],
        ];
  return [
    ...["-nostdin", "-v", "error", "-threads", String(decoderThreads)],
    ...["-noautorotate", ...seek],
    ...sourceArguments(path, facts.format),
    ...["-map", `0:${String(video.index)}`, "-frames:v", "1"],
    ...["-vf", stillFilters(video, request).join(",")],
    ...["-c:v", "mjpeg", "-q:v", String(jpegQuality)],
    ...["-map_metadata", "-1", "-fflags", "+bitexact"],
    ...["-f", "mjpeg", "pipe:1"],
  ];
}

function stillFilters(
  video: Parameters<typeof stillArguments>[2],
  { size, canMapHdr }: StillRequest,
): string[] {
  const isTurned = video.rotationDegrees % 180 === 90;
  const [width, height] = isTurned
    ? [size.heightPx, size.widthPx]
    : [size.widthPx, size.heightPx];
  const isHdr =
    video.colour.transfer === "smpte2084" ||
    video.colour.transfer === "arib-std-b67";
  const scale = `scale=${String(width)}:${String(height)}:flags=bicubic`;
  return [
    ...(video.fieldOrder === "progressive" || video.fieldOrder === "unknown"
      ? []
      : ["yadif=deint=interlaced"]),
    ...(isHdr && canMapHdr
      ? [scale, ...hdrToSdr(video), jpegColours(null)]
      : [`${scale}:${jpegOptions(inMatrix(video))}`]),
    "format=yuvj420p",
    "setsar=1",
    ...turn(video.rotationDegrees),
  ];
}

/** JPEG is BT.601 of full range by definition (JFIF). */
function jpegColours(matrix: string | null): string {
  return `scale=${jpegOptions(matrix)}`;
}

function jpegOptions(matrix: string | null): string {
  const from = matrix === null ? "" : `in_color_matrix=${matrix}:`;
  return `${from}out_color_matrix=bt601:out_range=pc`;
}

function inMatrix({
  colour,
  height,
}: Parameters<typeof stillArguments>[2]): string | null {
  return colour.space === null && height >= highDefinitionHeight
    ? "bt709"
    : null;
}

/** As an encode's mapping (filters.ts), on the small picture. */
function hdrToSdr({ colour }: Parameters<typeof stillArguments>[2]): string[] {
  const { transfer, primaries, space, range } = colour;
  return [
    `setparams=color_trc=${transfer ?? "smpte2084"}:color_primaries=${primaries ?? "bt2020"}:colorspace=${space ?? "bt2020nc"}:range=${range ?? "tv"}`,
    "zscale=t=linear:npl=100",
    "format=gbrpf32le",
    "zscale=p=bt709",
    "tonemap=tonemap=hable:desat=0",
    "zscale=t=bt709:m=bt709:r=tv",
    "format=yuv444p",
  ];
}

function turn(degrees: VideoStreamFacts["rotationDegrees"]): string[] {
  switch (degrees) {
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

function evenSide(side: number): number {
  return Math.max(minSidePx, 2 * Math.round(side / 2));
}
