import type {
  AudioStreamFacts,
  MediaFacts,
  VideoStreamFacts,
} from "../../../src-main/core/media-facts.ts";
import { noFilters } from "../../../src-main/core/recipe.ts";
import type {
  Recipe,
  VideoEncode,
  VideoFilters,
} from "../../../src-main/core/recipe.ts";

/** A plain 1080p camera file; tests change what they are about. */
export const exampleVideo: VideoStreamFacts = {
  index: 0,
  codec: "h264",
  profile: "High",
  width: 1920,
  height: 1080,
  pixelFormat: "yuv420p",
  bitDepth: 8,
  sampleAspect: { numerator: 1, denominator: 1 },
  timeBase: { numerator: 1, denominator: 30_000 },
  averageFrameRate: { numerator: 30_000, denominator: 1001 },
  rotationDegrees: 0,
  fieldOrder: "progressive",
  colour: {
    range: "tv",
    primaries: "bt709",
    transfer: "bt709",
    space: "bt709",
    chromaLocation: "left",
  },
  hdr: { masterDisplay: null, maxCll: null, dynamic: "none" },
  startS: 0,
  durationS: 60,
  language: null,
  title: null,
};

export const exampleAudio: AudioStreamFacts = {
  index: 1,
  codec: "aac",
  channels: 2,
  channelLayout: "stereo",
  sampleRateHz: 48_000,
  startS: 0,
  durationS: 60,
  language: "eng",
  title: null,
  isDefault: true,
};

export function exampleFacts(
  video: Partial<VideoStreamFacts> = {},
  rest: Partial<MediaFacts> = {},
): MediaFacts {
  return {
    format: "mov,mp4,m4a,3gp,3g2,mj2",
    sizeBytes: 100_000_000,
    durationS: 60,
    startS: 0,
    video: { ...exampleVideo, ...video },
    otherVideoCount: 0,
    audio: [exampleAudio],
    subtitles: [],
    attachments: [],
    covers: [],
    dataStreams: [],
    chapters: [],
    tags: {},
    ...rest,
  };
}

export const exampleEncode: VideoEncode = {
  kind: "encode",
  encoder: "x264",
  rate: { mode: "quality", quality: 22 },
  effort: "fast",
  tune: "none",
  pixelFormat: "source",
  keyframeIntervalS: 10,
  filters: noFilters,
};

export function exampleRecipe(
  encode: Partial<VideoEncode> = {},
  filters: Partial<VideoFilters> = {},
  rest: Partial<Recipe> = {},
): Recipe {
  return {
    container: "mp4",
    video: {
      ...exampleEncode,
      ...encode,
      filters: { ...noFilters, ...filters },
    },
    audio: { kind: "copy" },
    audioTracks: "all",
    subtitles: "keep",
    chapters: "keep",
    attachments: "keep",
    metadata: "keep",
    fastStart: true,
    ...rest,
  };
}
