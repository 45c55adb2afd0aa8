/**
 * The closed, typed description of one encode. A worker builds its own ffmpeg
 * arguments from it; nothing in here is ever passed to ffmpeg as it came.
 */

export const containers = [
  "mp4",
  "mkv",
  "webm",
  "mov",
  "m4a",
  "mka",
  "ogg",
  "flac",
] as const;
export type Container = (typeof containers)[number];

export const videoEncoders = [
  "x264",
  "x265",
  "svt-av1",
  "vp9",
  "prores",
  "dnxhr",
  "ffv1",
  "h264-nvenc",
  "hevc-nvenc",
  "av1-nvenc",
  "h264-qsv",
  "hevc-qsv",
  "av1-qsv",
  "h264-vaapi",
  "hevc-vaapi",
  "av1-vaapi",
  "h264-amf",
  "hevc-amf",
  "av1-amf",
  "h264-videotoolbox",
  "hevc-videotoolbox",
] as const;
export type VideoEncoder = (typeof videoEncoders)[number];

export const audioEncoders = ["aac", "opus", "flac"] as const;
export type AudioEncoder = (typeof audioEncoders)[number];

/** From quickest to most thorough; each encoder maps it to its own scale. */
export const efforts = [
  "ultrafast",
  "veryfast",
  "fast",
  "medium",
  "slow",
  "slower",
] as const;
export type Effort = (typeof efforts)[number];

export const pixelFormats = [
  "source",
  "yuv420p",
  "yuv420p10le",
  "yuv422p",
  "yuv422p10le",
  "yuv444p",
  "yuv444p10le",
] as const;
export type PixelFormat = (typeof pixelFormats)[number];

export const tunes = ["none", "film", "animation", "grain"] as const;
export type Tune = (typeof tunes)[number];

export const proresProfiles = ["proxy", "lt", "standard", "hq"] as const;
export const dnxhrProfiles = ["lb", "sq", "hq", "hqx"] as const;
export type MasteringProfile =
  (typeof proresProfiles)[number] | (typeof dnxhrProfiles)[number];

export type RateControl =
  /** The encoder's own constant-quality scale (CRF/CQ/QP); lower is better. */
  | { readonly mode: "quality"; readonly quality: number }
  /** Average video bitrate of the whole output. */
  | { readonly mode: "bitrate"; readonly kilobitsPerSecond: number }
  /** Size of the whole output file, audio included. */
  | { readonly mode: "size"; readonly megabytes: number }
  | { readonly mode: "lossless" }
  /** ProRes and DNxHR: quality is the profile. */
  | { readonly mode: "profile"; readonly profile: MasteringProfile };

export type FrameRate =
  | { readonly mode: "source" }
  | {
      readonly mode: "constant";
      readonly numerator: number;
      readonly denominator: number;
    };

/** Largest picture the output may have; the aspect is kept, nothing is enlarged. */
export interface Fit {
  readonly maxWidth: number;
  readonly maxHeight: number;
}

export interface Crop {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Applied in this order: deinterlace, crop, tonemap, denoise, fit, burn-in, frame rate. */
export interface VideoFilters {
  readonly deinterlace: "off" | "auto" | "on";
  readonly crop: Crop | null;
  readonly fit: Fit | null;
  readonly tonemap: "off" | "hdr-to-sdr";
  readonly denoise: "off" | "light" | "medium" | "strong";
  readonly frameRate: FrameRate;
  /** Turn the picture instead of carrying the rotation as a tag. */
  readonly applyRotation: boolean;
  /** Which text subtitle track (0-based among the subtitles) is drawn into the picture. */
  readonly burnSubtitle: number | null;
}

export interface VideoEncode {
  readonly kind: "encode";
  readonly encoder: VideoEncoder;
  readonly rate: RateControl;
  readonly effort: Effort;
  readonly tune: Tune;
  readonly pixelFormat: PixelFormat;
  /** Longest distance between two keyframes, seconds. */
  readonly keyframeIntervalS: number;
  readonly filters: VideoFilters;
}

export type VideoChoice =
  VideoEncode | { readonly kind: "copy" } | { readonly kind: "none" };

export type AudioChoice =
  | { readonly kind: "none" }
  | { readonly kind: "copy" }
  | {
      readonly kind: "encode";
      readonly encoder: AudioEncoder;
      /** Per channel pair; ignored for flac. */
      readonly kilobitsPerSecond: number;
      readonly channels: "source" | "stereo" | "mono";
      /** Copy a track whose codec the container already plays. */
      readonly copyWhenPossible: boolean;
    };

export interface Recipe {
  readonly container: Container;
  readonly video: VideoChoice;
  readonly audio: AudioChoice;
  readonly audioTracks: "all" | "first";
  readonly subtitles: "keep" | "none";
  readonly chapters: "keep" | "none";
  readonly attachments: "keep" | "none";
  readonly metadata: "keep" | "none";
  /** mp4/mov: the index at the front, so that playing starts before the download ends. */
  readonly fastStart: boolean;
}

/** Named encode settings a person understands. */
export interface Preset {
  readonly name: string;
  readonly description: string;
  readonly origin: "built-in" | "user" | "handbrake";
  readonly recipe: Recipe;
}

export const noFilters: VideoFilters = {
  deinterlace: "off",
  crop: null,
  fit: null,
  tonemap: "off",
  denoise: "off",
  frameRate: { mode: "source" },
  applyRotation: false,
  burnSubtitle: null,
};
