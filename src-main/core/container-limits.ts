/**
 * What each container can hold, so that both ffmpeg 5.1 and 7.0 write it and
 * players read it back. Measured by muxing every codec into every container
 * with both; where ffmpeg writes more than players read (MP3 in MOV as Vorbis,
 * DTS in MOV, TrueHD in MP4), the smaller set is meant.
 */
import type { AudioEncoder, Container } from "./recipe.ts";

export interface ContainerLimits {
  /** `any`: all codecs but those in `except`. */
  readonly video: "any" | readonly string[];
  readonly audio: "any" | readonly string[];
  /** Codecs that do not fit although the list says `any`. */
  readonly except: readonly string[];
  readonly maxAudioTracks: number;
  /** How text subtitles are written; null: none can be. */
  readonly textSubtitles: "as-is" | "mov_text" | "webvtt" | null;
  readonly pictureSubtitles: readonly string[];
  readonly attachments: boolean;
  readonly chapters: boolean;
  /** How a cover picture is kept. */
  readonly cover: "picture-track" | "attachment" | null;
  /** Whether a start timecode can be kept. */
  readonly timecode: boolean;
  /** Encoder for tracks that must be converted although the recipe says copy. */
  readonly fallbackAudio: AudioEncoder;
  /** Smallest step of timestamps the container itself imposes, seconds; null: the track's timescale. */
  readonly timeStepS: number | null;
}

const mp4Audio = [
  ...["aac", "mp3", "mp2", "ac3", "eac3", "alac", "opus", "flac", "dts"],
];

const movAudio = [
  ...["aac", "mp3", "ac3", "eac3", "alac"],
  ...["pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le"],
  ...["pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"],
  ...["pcm_u8", "pcm_s8", "pcm_mulaw", "pcm_alaw"],
];

/** Codecs Matroska has no mapping for. */
const notInMatroska = ["pcm_bluray", "pcm_dvd", "s302m", "dsd_lsbf", "dst"];

const audioOnly = {
  video: [],
  except: [],
  textSubtitles: null,
  pictureSubtitles: [],
  attachments: false,
  timecode: false,
} as const;

export const containerLimits: Readonly<Record<Container, ContainerLimits>> = {
  mp4: {
    video: ["h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mjpeg"],
    audio: mp4Audio,
    except: [],
    maxAudioTracks: 100,
    textSubtitles: "mov_text",
    pictureSubtitles: [],
    attachments: false,
    chapters: true,
    cover: "picture-track",
    timecode: true,
    fallbackAudio: "aac",
    timeStepS: null,
  },
  mov: {
    video: [
      ...["h264", "hevc", "prores", "dnxhd", "ffv1", "mpeg4", "mpeg2video"],
      ...["mjpeg", "png", "rawvideo"],
    ],
    audio: movAudio,
    except: [],
    maxAudioTracks: 100,
    textSubtitles: "mov_text",
    pictureSubtitles: [],
    attachments: false,
    chapters: true,
    cover: null,
    timecode: true,
    fallbackAudio: "aac",
    timeStepS: null,
  },
  mkv: {
    video: "any",
    audio: "any",
    except: notInMatroska,
    maxAudioTracks: 100,
    textSubtitles: "as-is",
    pictureSubtitles: ["hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle"],
    attachments: true,
    chapters: true,
    cover: "attachment",
    timecode: true,
    fallbackAudio: "flac",
    timeStepS: 0.001,
  },
  webm: {
    video: ["vp8", "vp9", "av1"],
    audio: ["vorbis", "opus"],
    except: [],
    maxAudioTracks: 100,
    textSubtitles: "webvtt",
    pictureSubtitles: [],
    attachments: false,
    chapters: true,
    cover: null,
    timecode: false,
    fallbackAudio: "opus",
    timeStepS: 0.001,
  },
  m4a: {
    ...audioOnly,
    audio: ["aac", "alac", "ac3"],
    maxAudioTracks: 100,
    chapters: true,
    cover: "picture-track",
    fallbackAudio: "aac",
    timeStepS: null,
  },
  mka: {
    ...audioOnly,
    audio: "any",
    except: notInMatroska,
    maxAudioTracks: 100,
    chapters: true,
    cover: "attachment",
    fallbackAudio: "flac",
    timeStepS: 0.001,
  },
  ogg: {
    ...audioOnly,
    audio: ["vorbis", "opus", "flac", "speex"],
    maxAudioTracks: 1,
    chapters: true,
    cover: null,
    fallbackAudio: "opus",
    timeStepS: null,
  },
  flac: {
    ...audioOnly,
    audio: ["flac"],
    maxAudioTracks: 1,
    chapters: false,
    cover: "picture-track",
    fallbackAudio: "flac",
    timeStepS: null,
  },
};

/** Whether a codec fits a container. */
export function containerHolds(
  container: Container,
  kind: "video" | "audio",
  codec: string,
): boolean {
  const limits = containerLimits[container];
  const list = limits[kind];
  if (list !== "any") return list.includes(codec);
  return !limits.except.includes(codec);
}
