/** Which container holds which codec that this program makes. Copied streams are judged by the stream plan. */
import type { VideoCodec } from "./encoder-traits.ts";
import type { AudioEncoder, Container } from "./recipe.ts";

export interface ContainerRules {
  /** The words people use for it. */
  readonly name: string;
  readonly extension: string;
  readonly video: readonly VideoCodec[];
  readonly audio: readonly AudioEncoder[];
}

/**
 * Sources: the codec tables of ffmpeg's muxers, narrowed to what common players
 * of that format open (QuickTime has neither AV1 nor VP9; Opus and FLAC are
 * registered for MP4 but not for MOV; WebM is AV1, VP9 and Opus).
 */
export const containerRules: Readonly<Record<Container, ContainerRules>> = {
  mp4: {
    name: "MP4",
    extension: "mp4",
    video: ["h264", "hevc", "av1", "vp9"],
    audio: ["aac", "opus", "flac"],
  },
  mov: {
    name: "MOV",
    extension: "mov",
    video: ["h264", "hevc", "prores", "dnxhd"],
    audio: ["aac"],
  },
  mkv: {
    name: "MKV",
    extension: "mkv",
    video: ["h264", "hevc", "av1", "vp9", "prores", "dnxhd", "ffv1"],
    audio: ["aac", "opus", "flac"],
  },
  webm: {
    name: "WebM",
    extension: "webm",
    video: ["av1", "vp9"],
    audio: ["opus"],
  },
  m4a: { name: "M4A", extension: "m4a", video: [], audio: ["aac"] },
  mka: {
    name: "MKA",
    extension: "mka",
    video: [],
    audio: ["aac", "opus", "flac"],
  },
  ogg: { name: "Ogg", extension: "ogg", video: [], audio: ["opus", "flac"] },
  flac: { name: "FLAC", extension: "flac", video: [], audio: ["flac"] },
};
