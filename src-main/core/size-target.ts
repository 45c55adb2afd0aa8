/** From what a person asks for (a bitrate, a file size) to the bytes the encoded video may have. */
import { Failure } from "./errors.ts";
import type { MediaFacts } from "./media-facts.ts";
import type { JobPlan } from "./plan.ts";
import type { Container, RateControl } from "./recipe.ts";

/** People's megabytes are decimal, as disks and shops count. */
const megabyte = 1e6;
/** Less than this for the video is a mistake, not a small file: 8 kbit/s. */
const leastBytesPerS = 1000;

/**
 * Bytes a container adds for each packet: sample tables of MP4 and MOV (size,
 * time, offset), block headers of Matroska; measured with ffmpeg 5.1.
 */
const bytesPerPacket: Readonly<Record<Container, number>> = {
  mp4: 12,
  mov: 12,
  m4a: 8,
  mkv: 8,
  webm: 8,
  mka: 8,
  ogg: 4,
  flac: 0,
};
/** Headers, tags and indexes. */
const headerBytes = 8192;
/** Packets a second of AAC at 48 kHz; Opus has 50. */
const audioPacketsPerS = 47;

/** Kilobits per channel of tracks that are copied, where the file does not tell: the usual of each codec. */
const copiedKilobitsPerChannel: Readonly<Record<string, number>> = {
  aac: 64,
  opus: 48,
  mp3: 96,
  vorbis: 64,
  ac3: 75,
  eac3: 64,
  dts: 250,
  truehd: 500,
  flac: 450,
  alac: 450,
};

/**
 * Bytes for the video payload. `audioBytes` is what all audio of the output
 * weighs, exactly or from `estimatedAudioBytes`.
 * @throws Failure recipe-invalid when nothing is left for the video
 */
export function targetVideoBytes(
  rate: Extract<RateControl, { mode: "bitrate" | "size" }>,
  output: {
    readonly container: Container;
    readonly durationS: number;
    readonly videoFrames: number;
    readonly audioTracks: number;
    readonly audioBytes: number;
  },
): number {
  const { container, durationS, videoFrames, audioTracks, audioBytes } = output;
  if (rate.mode === "bitrate")
    return Math.max(1, (rate.kilobitsPerSecond * 1000 * durationS) / 8);
  const packets = videoFrames + audioTracks * durationS * audioPacketsPerS;
  const overhead = headerBytes + packets * bytesPerPacket[container];
  const left = rate.megabytes * megabyte - audioBytes - overhead;
  if (left < leastBytesPerS * durationS)
    throw new Failure(
      "recipe-invalid",
      `${rate.megabytes} MB leave nothing for ${Math.round(durationS)} s of video beside ${(audioBytes / megabyte).toFixed(1)} MB of audio`,
    );
  return left;
}

/** What the audio of a job will weigh, before it is encoded: by its bitrates, or the usual ones of copied codecs. */
export function estimatedAudioBytes(facts: MediaFacts, plan: JobPlan): number {
  return plan.streams.audio.reduce((bytes, { sourceIndex, encode }) => {
    const track = facts.audio.find(({ index }) => index === sourceIndex);
    const durationS = track?.durationS ?? facts.durationS ?? 0;
    const channels = encode?.channels ?? track?.channels ?? 2;
    const kilobits =
      encode === null
        ? channels * (copiedKilobitsPerChannel[track?.codec ?? ""] ?? 400)
        : encode.encoder === "flac"
          ? channels * 450
          : encode.kilobitsPerSecond;
    return bytes + (kilobits * 1000 * durationS) / 8;
  }, 0);
}
