/** Argument lists with which the master reads a source (media.md section 2). */
import { decodedFeedCodec, type FeedPlan } from "../feed-plan.ts";
import type { MediaFacts } from "../media-facts.ts";
import { wireOffsetS } from "../order.ts";

/**
 * Opens a user's file: by path and never as an address or a playlist. The
 * demuxer is the one that probing found, so a file that has since become a
 * playlist is not followed.
 */
export function sourceArguments(path: string, format: string | null): string[] {
  const demuxer = format === null ? [] : ["-f", format.split(",")[0]!];
  return ["-protocol_whitelist", "file", ...demuxer, "-i", `file:${path}`];
}

/** The cut of one range, or the whole video, into NUT on standard output. */
export function feedArguments(
  path: string,
  facts: MediaFacts,
  plan: FeedPlan,
): string[] {
  return plan.feed === "nut-copy"
    ? copyArguments(path, facts, plan)
    : decodeArguments(path, facts, plan);
}

/** What is known of the audio of a feed; without it everything is decoded, which is always right. */
export interface AudioFeedFacts {
  readonly format: string;
  readonly startS: number | null;
  readonly audio: readonly { readonly index: number; readonly codec: string }[];
}

/**
 * Audio streams, whole, in NUT. Copied where NUT keeps every sample; else
 * decoded here and sent as FLAC of 24 bits: NUT loses what MP4, Matroska and
 * MP3 say about samples to leave out, and block sizes and names of some codecs.
 */
export function audioFeedArguments(
  path: string,
  facts: AudioFeedFacts | null,
  streamIndexes: readonly number[],
  clock: "kept" | "corrected",
): string[] {
  const keepsClock = clock === "kept";
  const offsetS = wireOffsetS + (keepsClock ? 0 : (facts?.startS ?? 0));
  const filters = [
    "aresample=async=1",
    ...(keepsClock ? [] : [`asetpts=PTS+round(${offsetS.toFixed(6)}/TB)`]),
  ].join(",");
  return [
    ...quiet,
    ...(keepsClock ? ["-copyts", "-itsoffset", String(wireOffsetS)] : []),
    ...sourceArguments(path, facts?.format ?? null),
    ...streamIndexes.flatMap((index) => ["-map", `0:${String(index)}`]),
    ...streamIndexes.flatMap((index, n) =>
      keepsClock && isCopyableAudio(facts, index)
        ? [`-c:a:${String(n)}`, "copy"]
        : [
            ...[`-c:a:${String(n)}`, "flac", `-sample_fmt:a:${String(n)}`],
            ...["s32", `-filter:a:${String(n)}`, filters],
          ],
    ),
    ...output("nut"),
  ];
}

/** Tried one by one: a copy through NUT decodes to the very same samples. */
const copyableAudio: ReadonlySet<string> = new Set(
  (
    "ac3 eac3 dts flac mp2 wavpack pcm_s16le pcm_s24le pcm_s32le pcm_f32le pcm_u8 pcm_alaw pcm_mulaw " +
    "pcm_s16be pcm_s24be"
  ).split(" "),
);

function isCopyableAudio(facts: AudioFeedFacts | null, index: number): boolean {
  const codec = facts?.audio.find((stream) => stream.index === index)?.codec;
  if (!facts || codec === undefined) return false;
  // In a transport stream AAC has no edit list that leaves out its first samples.
  if (codec === "aac") return facts.format === "mpegts";
  return copyableAudio.has(codec);
}

/** Packets of the first real video stream as compact lines, see packet-line.ts. */
export function packetListArguments(path: string, facts: MediaFacts): string[] {
  return [
    // Some demuxers only warn of damage.
    ...["-v", "warning"],
    ...["-select_streams", String(facts.video?.index ?? "V:0")],
    ...["-show_entries", "packet=pts,dts,flags"],
    ...["-of", "compact=print_section=0:nokey=1"],
    ...sourceArguments(path, facts.format),
  ];
}

/** Decodes the first frames of the video and lists their times (framecrc lines), as a single process would show them. */
export function headArguments(
  path: string,
  facts: MediaFacts,
  frames: number,
): string[] {
  return [
    ...[...quiet.slice(0, 1), "-v", "quiet", "-copyts", "-noautorotate"],
    ...sourceArguments(path, facts.format),
    ...videoMap(facts),
    ...["-fps_mode", "passthrough", "-enc_time_base", "-1"],
    ...["-frames:v", String(frames), "-f", "framecrc", "pipe:1"],
  ];
}

/** What probing asks of ffprobe; two runs, because choosing a stream for frames would hide the others. */
export const probeArguments = {
  /** The first packets tell whether they are encrypted; few, because raw pictures are large. */
  streams: [
    ...["-show_format", "-show_streams", "-show_chapters"],
    ...["-show_entries", "packet_side_data=side_data_type"],
    ...["-read_intervals", "%+#8"],
  ],
  /** `packets` bounds the work: frames an edit list discards come before the first one shown. */
  firstFrame: (streamIndex: number, packets: number): string[] => [
    ...["-select_streams", String(streamIndex), "-show_frames"],
    ...["-read_intervals", `%+#${String(packets)}`],
  ],
} as const;

const quiet = ["-nostdin", "-v", "error"];

function output(format: string): string[] {
  // Without the first, the muxer would move timestamps; without the second, metadata of the file would cross the wire.
  return [
    ...["-avoid_negative_ts", "disabled", "-map_metadata", "-1"],
    ...["-map_chapters", "-1"],
    // Whole buffers instead of every packet on its own: the same bytes in fewer writes, reads and frames of the wire.
    ...["-flush_packets", "0", "-f", format, "pipe:1"],
  ];
}

function videoMap(facts: MediaFacts): string[] {
  return ["-map", `0:${String(facts.video?.index ?? "V:0")}`];
}

function copyArguments(
  path: string,
  facts: MediaFacts,
  plan: FeedPlan,
): string[] {
  const seek =
    plan.seekS === null
      ? []
      : [
          "-noaccurate_seek",
          "-seek_timestamp",
          "1",
          "-ss",
          plan.seekS.toFixed(6),
        ];
  return [
    ...quiet,
    ...["-copyts", "-itsoffset", String(wireOffsetS)],
    ...seek,
    ...sourceArguments(path, facts.format),
    ...videoMap(facts),
    ...["-c", "copy"],
    // At the head of the source a decoder may make something of what comes before the first keyframe.
    ...(plan.seekS === null ? ["-copyinkf"] : []),
    ...(plan.stopS === null
      ? []
      : ["-to", (plan.stopS + wireOffsetS).toFixed(6)]),
    ...output("nut"),
  ];
}

function decodeArguments(
  path: string,
  facts: MediaFacts,
  plan: FeedPlan,
): string[] {
  const codec = decodedFeedCodec(facts.video?.pixelFormat ?? "");
  // Without -copyts ffmpeg mends the clock where it jumps, and moves the file's start to zero.
  const keepsClock = plan.clock === "kept";
  const offsetS = wireOffsetS + (keepsClock ? 0 : (facts.startS ?? 0));
  return [
    ...quiet,
    ...(keepsClock ? ["-copyts"] : []),
    "-noautorotate",
    ...sourceArguments(path, facts.format),
    ...videoMap(facts),
    // By a filter: -itsoffset does nothing to packets without a time.
    // Rounded: half a tick early, a first frame would lie before the start of the output.
    ...["-vf", `setpts=PTS+round(${offsetS.toFixed(6)}/TB)`],
    ...["-fps_mode", "passthrough", "-enc_time_base", "-1"],
    ...["-c:v", codec, ...(codec === "ffv1" ? ["-level", "3", "-g", "1"] : [])],
    ...output("nut"),
  ];
}
