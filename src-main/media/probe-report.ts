/** Turns ffprobe's JSON into facts. Tolerant: what is missing or odd becomes "unknown". */
import type {
  AudioStreamFacts,
  ChapterFacts,
  HdrFacts,
  MediaFacts,
  Ratio,
  SubtitleStreamFacts,
  VideoStreamFacts,
} from "../core/media-facts.ts";

/**
 * `report` is the answer with streams, format and chapters; `frameReport` the
 * one with the first video frame (ffmpeg 5 tells static HDR values only there),
 * or null. Null when `report` has no format.
 */
export function factsOfReport(
  report: unknown,
  frameReport: unknown,
  sizeBytes: number,
): MediaFacts | null {
  const root = recordOf(report);
  const format = recordOf(root["format"]);
  const formatName = textOf(format["format_name"]);
  if (formatName === null) return null;
  const streams = listOf(root["streams"]).map(recordOf);
  const ofType = (type: string): Json[] =>
    streams.filter((stream) => stream["codec_type"] === type);
  const moving = ofType("video").filter((stream) => !isPicture(stream));
  const videos =
    moving.length > 0
      ? moving
      : ofType("video").filter((stream) => !isCover(stream));
  const frame = recordOf(listOf(recordOf(frameReport)["frames"])[0]);
  return {
    format: formatName,
    sizeBytes,
    durationS: numberOf(format["duration"]),
    startS: numberOf(format["start_time"]),
    video: videos[0] ? videoFacts(videos[0], frame) : null,
    otherVideoCount: Math.max(0, videos.length - 1),
    audio: ofType("audio").map(audioFacts),
    subtitles: ofType("subtitle").map(subtitleFacts),
    attachments: ofType("attachment").map((stream) => ({
      index: indexOf(stream),
      fileName: tagOf(stream, "filename"),
      mimeType: tagOf(stream, "mimetype"),
    })),
    covers: ofType("video")
      .filter((stream) => !videos.includes(stream))
      .map(indexAndCodec),
    dataStreams: ofType("data").map(indexAndCodec),
    chapters: listOf(root["chapters"]).map(recordOf).map(chapterFacts),
    tags: tagsOf(format),
  };
}

type Json = Readonly<Record<string, unknown>>;

function videoFacts(stream: Json, frame: Json): VideoStreamFacts {
  const pixelFormat =
    textOf(stream["pix_fmt"]) ?? textOf(frame["pix_fmt"]) ?? "unknown";
  return {
    index: indexOf(stream),
    codec: textOf(stream["codec_name"]) ?? "unknown",
    profile: textOf(stream["profile"]),
    width: numberOf(stream["width"]) ?? 0,
    height: numberOf(stream["height"]) ?? 0,
    pixelFormat,
    bitDepth: bitDepthOf(stream, pixelFormat),
    sampleAspect: ratioOf(stream["sample_aspect_ratio"], ":") ?? {
      numerator: 1,
      denominator: 1,
    },
    timeBase: ratioOf(stream["time_base"], "/") ?? {
      numerator: 1,
      denominator: 1000,
    },
    averageFrameRate: ratioOf(stream["avg_frame_rate"], "/"),
    rotationDegrees: rotationOf(stream, frame),
    fieldOrder: fieldOrderOf(stream, frame),
    colour: {
      range: known(stream["color_range"] ?? frame["color_range"]),
      primaries: known(stream["color_primaries"] ?? frame["color_primaries"]),
      transfer: known(stream["color_transfer"] ?? frame["color_transfer"]),
      space: known(stream["color_space"] ?? frame["color_space"]),
      chromaLocation: known(
        stream["chroma_location"] ?? frame["chroma_location"],
      ),
    },
    hdr: hdrOf([...sideDataOf(stream), ...sideDataOf(frame)]),
    startS: numberOf(stream["start_time"]),
    durationS: numberOf(stream["duration"]),
    language: languageOf(stream),
    title: tagOf(stream, "title"),
  };
}

function audioFacts(stream: Json): AudioStreamFacts {
  return {
    index: indexOf(stream),
    codec: textOf(stream["codec_name"]) ?? "unknown",
    channels: numberOf(stream["channels"]) ?? 0,
    channelLayout: textOf(stream["channel_layout"]),
    sampleRateHz: numberOf(stream["sample_rate"]) ?? 0,
    startS: numberOf(stream["start_time"]),
    durationS: numberOf(stream["duration"]),
    language: languageOf(stream),
    title: tagOf(stream, "title"),
    isDefault: hasDisposition(stream, "default"),
  };
}

const pictureSubtitles: ReadonlySet<string> = new Set([
  "hdmv_pgs_subtitle",
  "dvd_subtitle",
  "dvb_subtitle",
  "xsub",
]);

function subtitleFacts(stream: Json): SubtitleStreamFacts {
  const codec = textOf(stream["codec_name"]) ?? "unknown";
  return {
    index: indexOf(stream),
    codec,
    form: pictureSubtitles.has(codec) ? "picture" : "text",
    language: languageOf(stream),
    title: tagOf(stream, "title"),
    isDefault: hasDisposition(stream, "default"),
    isForced: hasDisposition(stream, "forced"),
  };
}

function chapterFacts(chapter: Json): ChapterFacts {
  return {
    startS: numberOf(chapter["start_time"]) ?? 0,
    endS: numberOf(chapter["end_time"]) ?? 0,
    title: tagOf(chapter, "title"),
  };
}

function isCover(stream: Json): boolean {
  return hasDisposition(stream, "attached_pic");
}

const pictureCodecs: ReadonlySet<string> = new Set(
  "mjpeg png bmp webp tiff gif jpegls jpegxl".split(" "),
);

/** Matroska may hold a cover as a track like any other: beside a real video, a picture codec is one. */
function isPicture(stream: Json): boolean {
  return (
    isCover(stream) || pictureCodecs.has(textOf(stream["codec_name"]) ?? "")
  );
}

/** ffprobe tells the turn of the matrix counter-clockwise; a player turns the picture back. */
function rotationOf(stream: Json, frame: Json): 0 | 90 | 180 | 270 {
  for (const data of [...sideDataOf(stream), ...sideDataOf(frame)]) {
    const degrees = numberOf(data["rotation"]);
    if (degrees === null) continue;
    const clockwise = (((Math.round(-degrees / 90) * 90) % 360) + 360) % 360;
    return clockwise as 0 | 90 | 180 | 270;
  }
  return 0;
}

function fieldOrderOf(
  stream: Json,
  frame: Json,
): VideoStreamFacts["fieldOrder"] {
  const told = textOf(stream["field_order"]);
  if (told === "tt" || told === "bb" || told === "tb" || told === "bt")
    return told;
  // H.264 MBAFF and telecined MPEG-2 are often interlaced only by their frames' own flag.
  if (numberOf(frame["interlaced_frame"]) === 1)
    return numberOf(frame["top_field_first"]) === 1 ? "tt" : "bb";
  if (told === "progressive") return "progressive";
  return numberOf(frame["interlaced_frame"]) === 0 ? "progressive" : "unknown";
}

function hdrOf(sideData: readonly Json[]): HdrFacts {
  let masterDisplay: string | null = null;
  let maxCll: string | null = null;
  let dynamic: HdrFacts["dynamic"] = "none";
  for (const data of sideData) {
    const type = textOf(data["side_data_type"]) ?? "";
    if (/^Mastering display/i.test(type)) masterDisplay ??= masterOf(data);
    else if (/^Content light/i.test(type)) maxCll ??= lightOf(data);
    else if (/DOVI|Dolby Vision/i.test(type)) dynamic = "dolby-vision";
    else if (/HDR10\+|SMPTE2094-40|HDR Dynamic Metadata/i.test(type))
      if (dynamic === "none") dynamic = "hdr10-plus";
  }
  return { masterDisplay, maxCll, dynamic };
}

/** Chromaticity in 1/50000, luminance in 1/10000 cd/m2 (x265's notation, ITU-T H.265 D.3.28). */
function masterOf(data: Json): string | null {
  const scaled = (name: string, scale: number): number => {
    const ratio = ratioOf(data[name], "/");
    return ratio
      ? Math.round((ratio.numerator * scale) / ratio.denominator)
      : NaN;
  };
  const point = (name: string): string =>
    `(${String(scaled(`${name}_x`, 50_000))},${String(scaled(`${name}_y`, 50_000))})`;
  const text =
    `G${point("green")}B${point("blue")}R${point("red")}WP${point("white_point")}` +
    `L(${String(scaled("max_luminance", 10_000))},${String(scaled("min_luminance", 10_000))})`;
  return text.includes("NaN") ? null : text;
}

function lightOf(data: Json): string | null {
  const content = numberOf(data["max_content"]);
  const average = numberOf(data["max_average"]);
  if (content === null || average === null) return null;
  return `${String(content)},${String(average)}`;
}

function bitDepthOf(stream: Json, pixelFormat: string): number {
  const told = numberOf(stream["bits_per_raw_sample"]);
  if (told !== null && told > 0) return told;
  const suffix = /(?:p|gray|gbrp|gbrap|p0)(9|10|12|14|16)(?:le|be)?$/.exec(
    pixelFormat,
  );
  return suffix ? Number(suffix[1]) : 8;
}

function indexOf(stream: Json): number {
  return numberOf(stream["index"]) ?? 0;
}

function indexAndCodec(stream: Json): { index: number; codec: string } {
  return {
    index: indexOf(stream),
    codec: textOf(stream["codec_name"]) ?? "unknown",
  };
}

function hasDisposition(stream: Json, name: string): boolean {
  return numberOf(recordOf(stream["disposition"])[name]) === 1;
}

function sideDataOf(holder: Json): Json[] {
  return listOf(holder["side_data_list"]).map(recordOf);
}

function languageOf(stream: Json): string | null {
  const language = tagOf(stream, "language");
  return language === "und" ? null : language;
}

function tagOf(holder: Json, name: string): string | null {
  for (const [key, value] of Object.entries(recordOf(holder["tags"])))
    if (key.toLowerCase() === name) return textOf(value);
  return null;
}

function tagsOf(format: Json): Record<string, string> {
  const entries = Object.entries(recordOf(format["tags"]));
  return Object.fromEntries(
    entries.filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    ),
  );
}

function ratioOf(value: unknown, separator: string): Ratio | null {
  const [numerator, denominator] = (textOf(value) ?? "")
    .split(separator)
    .map(Number);
  if (!numerator || !denominator || numerator < 0 || denominator < 0)
    return null;
  return { numerator, denominator };
}

function known(value: unknown): string | null {
  const text = textOf(value);
  return text === "unknown" || text === "reserved" ? null : text;
}

function recordOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Numbers come as JSON numbers or as text; `N/A` is none. */
function numberOf(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
