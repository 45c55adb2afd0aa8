/**
 * The presets everybody has. Quality values are near those HandBrake recommends
 * for 1080p; keyframes lie at most 10 s apart, so that seeking stays quick and
 * segments stay small; audio bitrates are per channel pair, so that surround
 * gets its share.
 */
import { noFilters } from "./recipe.ts";
import type {
  AudioChoice,
  Fit,
  Preset,
  Recipe,
  VideoEncode,
} from "./recipe.ts";

const upTo1080p: Fit = { maxWidth: 1920, maxHeight: 1080 };
const upTo720p: Fit = { maxWidth: 1280, maxHeight: 720 };

/** H.264 in 8 bit for every player: fields are woven out and HDR becomes SDR where the source needs it. */
const plainVideo: VideoEncode = {
  kind: "encode",
  encoder: "x264",
  rate: { mode: "quality", quality: 22 },
  effort: "fast",
  tune: "none",
  pixelFormat: "yuv420p",
  keyframeIntervalS: 10,
  filters: {
    ...noFilters,
    deinterlace: "auto",
    tonemap: "hdr-to-sdr",
    fit: upTo1080p,
  },
};

const aac = (
  kilobitsPerSecond: number,
  channels: "source" | "stereo",
  copyWhenPossible: boolean,
): AudioChoice => ({
  kind: "encode",
  encoder: "aac",
  kilobitsPerSecond,
  channels,
  copyWhenPossible,
});

const everything: Recipe = {
  container: "mkv",
  video: plainVideo,
  audio: { kind: "copy" },
  audioTracks: "all",
  subtitles: "keep",
  chapters: "keep",
  attachments: "keep",
  metadata: "keep",
  fastStart: false,
};

const mp4ForPlayers: Recipe = {
  ...everything,
  container: "mp4",
  attachments: "none",
  fastStart: true,
};

const builtIn = (
  name: string,
  description: string,
  recipe: Recipe,
): Preset => ({ name, description, origin: "built-in", recipe });

const editProxy = (video: Partial<VideoEncode>): Recipe => ({
  ...everything,
  container: "mov",
  video: {
    ...plainVideo,
    pixelFormat: "source",
    effort: "medium",
    keyframeIntervalS: 1,
    // An editor wants the camera's own frames and colours, only smaller.
    filters: { ...noFilters, fit: upTo1080p },
    ...video,
  },
  audio: aac(256, "source", true),
  subtitles: "none",
  attachments: "none",
});

export const builtInPresets: readonly Preset[] = [
  builtIn(
    "Fast 1080p",
    "H.264 in MP4, up to 1080p. Quick, and plays everywhere.",
    { ...mp4ForPlayers, audio: aac(160, "stereo", false) },
  ),
  builtIn(
    "HQ 1080p",
    "H.264 in MP4, up to 1080p, hardly to be told from the source. Surround is kept.",
    {
      ...mp4ForPlayers,
      video: {
        ...plainVideo,
        rate: { mode: "quality", quality: 19 },
        effort: "slow",
      },
      audio: aac(192, "source", true),
    },
  ),
  builtIn(
    "HEVC small",
    "HEVC 10 bit in MKV at the source's size. About half of H.264; HDR, all tracks and subtitles are kept.",
    {
      ...everything,
      video: {
        ...plainVideo,
        encoder: "x265",
        rate: { mode: "quality", quality: 24 },
        effort: "medium",
        pixelFormat: "yuv420p10le",
        filters: { ...noFilters, deinterlace: "auto" },
      },
      audio: {
        kind: "encode",
        encoder: "opus",
        kilobitsPerSecond: 128,
        channels: "source",
        copyWhenPossible: false,
      },
    },
  ),
  builtIn(
    "AV1 archive",
    "AV1 10 bit in MKV at the source's size, audio untouched. Slow, small, made to be kept.",
    {
      ...everything,
      video: {
        ...plainVideo,
        encoder: "svt-av1",
        rate: { mode: "quality", quality: 26 },
        effort: "slow",
        pixelFormat: "yuv420p10le",
        filters: { ...noFilters, deinterlace: "auto" },
      },
    },
  ),
  builtIn(
    "Web",
    "H.264 and stereo AAC in MP4 that starts playing before it is loaded. For web pages and messengers.",
    {
      ...mp4ForPlayers,
      video: {
        ...plainVideo,
        rate: { mode: "quality", quality: 23 },
        effort: "medium",
        keyframeIntervalS: 5,
        // Browsers honour rotation tags unevenly.
        filters: { ...plainVideo.filters, applyRotation: true },
      },
      audio: aac(128, "stereo", false),
      audioTracks: "first",
    },
  ),
  builtIn(
    "Phone",
    "HEVC in MP4, up to 720p, stereo. Small enough to take along.",
    {
      ...mp4ForPlayers,
      video: {
        ...plainVideo,
        encoder: "x265",
        rate: { mode: "quality", quality: 25 },
        filters: { ...plainVideo.filters, fit: upTo720p },
      },
      audio: aac(128, "stereo", false),
      audioTracks: "first",
    },
  ),
  builtIn(
    "Edit proxy ProRes",
    "ProRes Proxy in MOV, up to 1080p. Light to edit with in Final Cut, Resolve and Premiere.",
    editProxy({
      encoder: "prores",
      rate: { mode: "profile", profile: "proxy" },
    }),
  ),
  builtIn(
    "Edit proxy DNxHR",
    "DNxHR LB in MOV, up to 1080p. Light to edit with in Media Composer, Resolve and Premiere.",
    editProxy({ encoder: "dnxhr", rate: { mode: "profile", profile: "lb" } }),
  ),
  builtIn(
    "Lossless archive",
    "FFV1 and FLAC in MKV: bit for bit the decoded source, sound of up to 24 bits. Large.",
    {
      ...everything,
      video: {
        ...plainVideo,
        encoder: "ffv1",
        rate: { mode: "lossless" },
        effort: "medium",
        pixelFormat: "source",
        keyframeIntervalS: 1,
        filters: noFilters,
      },
      audio: {
        kind: "encode",
        encoder: "flac",
        kilobitsPerSecond: 0,
        channels: "source",
        copyWhenPossible: false,
      },
    },
  ),
  builtIn(
    "Audio only",
    "The sound as M4A: copied where it is AAC already, else AAC at 192 kbit/s.",
    {
      ...everything,
      container: "m4a",
      video: { kind: "none" },
      audio: aac(192, "source", true),
      audioTracks: "first",
      subtitles: "none",
      attachments: "none",
    },
  ),
];

/** The name for the command line: `Fast 1080p` is `fast-1080p`. */
export function presetSlug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
}

/** The preset of that name or slug, whatever the case; the first one wins. Undefined: none. */
export function findPreset(
  name: string,
  presets: readonly Preset[] = builtInPresets,
): Preset | undefined {
  const wanted = name.trim().toLowerCase();
  const slug = presetSlug(name);
  return (
    presets.find((preset) => preset.name.toLowerCase() === wanted) ??
    (slug === ""
      ? undefined
      : presets.find((preset) => presetSlug(preset.name) === slug))
  );
}
