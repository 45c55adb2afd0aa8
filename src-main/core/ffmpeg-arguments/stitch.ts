/** The one ffmpeg run that puts an output together, without encoding any picture or sound. */
import { containerLimits } from "../container-limits.ts";
import { wireOffsetS } from "../order.ts";
import type { Container } from "../recipe.ts";
import type { PlannedAudio, StreamPlan } from "../stream-plan.ts";

/** Names of dispositions ffmpeg both reports and takes. */
export type Dispositions = readonly string[];

export interface StitchInputs {
  readonly sourceFile: string;
  /** Start of the source in its own time, seconds: becomes the zero of the output. */
  readonly sourceStartS: number;
  /** Ticks per second of the joined segments on standard input; null: there are none. */
  readonly timescale: number | null;
  /** Encoders disagreed: parameter sets travel with the keyframes. */
  readonly setsInBand: boolean;
  /** The audio task's result with a plain index; null: nothing was encoded. */
  readonly audio: {
    readonly file: string;
    /** When each of its tracks starts, seconds of wire time; null: it is empty. */
    readonly startsS: readonly (number | null)[];
  } | null;
  /** Pictures taken out of the source, for containers that hold them as attachments. */
  readonly coverFiles: readonly {
    readonly file: string;
    readonly codec: string;
  }[];
  /** By stream index of the source. */
  readonly dispositions: ReadonlyMap<number, Dispositions>;
  readonly fastStart: boolean;
  readonly outputFile: string;
}

const muxers: Readonly<Record<Container, string>> = {
  mp4: "mp4",
  mov: "mov",
  mkv: "matroska",
  webm: "webm",
  m4a: "ipod",
  mka: "matroska",
  ogg: "ogg",
  flac: "flac",
};

/** What muxers counted about streams that are encoded anew: no longer true. */
const staleTags = ["BPS", "DURATION", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES"]
  .concat(["_STATISTICS_WRITING_APP", "_STATISTICS_WRITING_DATE_UTC"])
  .concat(["_STATISTICS_TAGS"])
  .flatMap((name) => [name, `${name}-eng`])
  .concat(["encoder"]);

/** Packets ffmpeg may hold until all streams have begun; subtitles begin late. */
const maxMuxingQueue = 8192;

/**
 * Opens a file by its path and nothing else: never an address, never another
 * file that it names. Input options may go before.
 */
export function openFileArguments(file: string): string[] {
  return ["-protocol_whitelist", "file", "-i", `file:${file}`];
}

/** All arguments of the run. Progress is written to standard output, the joined segments are read from standard input. */
export function stitchArguments(
  plan: StreamPlan,
  inputs: StitchInputs,
): string[] {
  const numbers = { joined: 1, audio: inputs.timescale === null ? 1 : 2 };
  return [
    ...["-v", "warning", "-nostats", "-progress", "pipe:1", "-y", "-copyts"],
    ...inputArguments(inputs),
    ...videoArguments(plan, inputs, numbers),
    ...audioArguments(plan, inputs, numbers),
    ...subtitleArguments(plan, inputs),
    ...attachmentArguments(plan),
    ...coverArguments(plan, inputs),
    ...["-map_metadata", plan.metadata ? "0" : "-1"],
    ...["-map_chapters", plan.chapters ? "0" : "-1"],
    ...["-max_muxing_queue_size", String(maxMuxingQueue)],
    ...muxerArguments(plan, inputs),
    `file:${inputs.outputFile}`,
  ];
}

/** Which input is which: the source is 0. */
interface InputNumbers {
  readonly joined: number;
  /** The first encoded track's. */
  readonly audio: number;
}

/** The source starts at zero in the output, and what came over the wire with it. */
function inputArguments(inputs: StitchInputs): string[] {
  const { sourceStartS, timescale, audio } = inputs;
  const wireShift = (startS: number): string[] => [
    "-itsoffset",
    seconds(startS - sourceStartS - wireOffsetS),
  ];
  return [
    ...["-itsoffset", seconds(-sourceStartS)],
    ...openFileArguments(inputs.sourceFile),
    ...(timescale === null
      ? []
      : [
          ...wireShift(0),
          ...["-protocol_whitelist", "pipe", "-f", "mov", "-i", "pipe:0"],
        ]),
    // One input for each track: only inputs can be shifted, and each track has its own start.
    ...(audio?.startsS ?? []).flatMap((startS) => [
      ...wireShift(startS ?? wireOffsetS),
      ...["-f", "mov", ...openFileArguments(audio?.file ?? "")],
    ]),
  ];
}

function videoArguments(
  plan: StreamPlan,
  inputs: StitchInputs,
  numbers: InputNumbers,
): string[] {
  const { video } = plan;
  if (video.kind === "none") return [];
  const source = `0:${String(video.sourceIndex)}`;
  if (video.kind === "copy")
    return [
      ...["-map", source, "-c:v:0", "copy"],
      ...streamTags(plan, "v:0", video.sourceIndex, "copied"),
    ];
  return [
    ...["-map", `${String(numbers.joined)}:v:0`, "-c:v:0", "copy"],
    ...streamTags(plan, "v:0", video.sourceIndex, "made"),
    ...disposition("v:0", inputs.dispositions.get(video.sourceIndex)),
    ...codecTag(plan, inputs),
    ...(inputs.timescale === null
      ? []
      : ["-video_track_timescale", String(inputs.timescale)]),
  ];
}

/** `hvc1` promises that the header has all parameter sets, `hev1` and `avc3` that frames may bring their own. */
function codecTag(plan: StreamPlan, inputs: StitchInputs): string[] {
  const { container, video } = plan;
  if (container !== "mp4" && container !== "mov") return [];
  if (video.kind === "encode" && video.codec === "hevc")
    return ["-tag:v:0", inputs.setsInBand ? "hev1" : "hvc1"];
  if (video.kind === "encode" && video.codec === "h264" && inputs.setsInBand)
    return ["-tag:v:0", "avc3"];
  return [];
}

function audioArguments(
  plan: StreamPlan,
  inputs: StitchInputs,
  numbers: InputNumbers,
): string[] {
  let encoded = 0;
  return plan.audio.flatMap((track, place) => {
    const output = `a:${String(place)}`;
    if (track.encode === null)
      return [
        ...["-map", `0:${String(track.sourceIndex)}`],
        ...[`-c:${output}`, "copy"],
        ...streamTags(plan, output, track.sourceIndex, "copied"),
      ];
    encoded += 1;
    return [
      ...[
        "-map",
        `${String(numbers.audio + encoded - 1)}:a:${String(encoded - 1)}`,
      ],
      ...[`-c:${output}`, "copy"],
      ...streamTags(plan, output, track.sourceIndex, "made"),
      ...disposition(output, dispositionsOf(track, inputs)),
    ];
  });
}

function dispositionsOf(
  track: PlannedAudio,
  inputs: StitchInputs,
): Dispositions {
  return (
    inputs.dispositions.get(track.sourceIndex) ??
    (track.isDefault ? ["default"] : [])
  );
}

function subtitleArguments(plan: StreamPlan, inputs: StitchInputs): string[] {
  return plan.subtitles.flatMap(({ sourceIndex, codec }, place) => {
    const output = `s:${String(place)}`;
    return [
      ...["-map", `0:${String(sourceIndex)}`, `-c:${output}`, codec],
      ...streamTags(
        plan,
        output,
        sourceIndex,
        codec === "copy" ? "copied" : "made",
      ),
      ...disposition(output, inputs.dispositions.get(sourceIndex)),
    ];
  });
}

/** Matroska refuses attachments without a name or type; nothing outside can be reached by either. */
function attachmentArguments(plan: StreamPlan): string[] {
  return plan.attachments.flatMap(
    ({ sourceIndex, fileName, mimeType }, place) => {
      const output = `t:${String(place)}`;
      return [
        ...["-map", `0:${String(sourceIndex)}`, `-c:${output}`, "copy"],
        ...streamTags(plan, output, sourceIndex, "copied"),
        ...[
          `-metadata:s:${output}`,
          `filename=${fileName ?? `attachment-${String(place + 1)}`}`,
        ],
        ...[
          `-metadata:s:${output}`,
          `mimetype=${mimeType ?? "application/octet-stream"}`,
        ],
      ];
    },
  );
}

function coverArguments(plan: StreamPlan, inputs: StitchInputs): string[] {
  const way = containerLimits[plan.container].cover;
  const videos = plan.video.kind === "none" ? 0 : 1;
  if (way === "picture-track")
    return plan.covers.flatMap(({ sourceIndex }, place) => {
      const output = `v:${String(videos + place)}`;
      return [
        ...["-map", `0:${String(sourceIndex)}`, `-c:${output}`, "copy"],
        ...streamTags(plan, output, sourceIndex, "copied"),
        ...[`-disposition:${output}`, "attached_pic"],
      ];
    });
  return inputs.coverFiles.flatMap(({ file, codec }, place) => {
    const output = `t:${String(plan.attachments.length + place)}`;
    const isPng = codec === "png";
    return [
      ...["-attach", `file:${file}`],
      ...[`-metadata:s:${output}`, `mimetype=image/${isPng ? "png" : "jpeg"}`],
      ...[`-metadata:s:${output}`, `filename=${coverName(place, isPng)}`],
    ];
  });
}

/** Matroska's own names for covers: players look for `cover`. */
function coverName(place: number, isPng: boolean): string {
  const number = place === 0 ? "" : String(place + 1);
  return `cover${number}.${isPng ? "png" : "jpg"}`;
}

function muxerArguments(plan: StreamPlan, inputs: StitchInputs): string[] {
  const { container } = plan;
  const isMp4 = ["mp4", "mov", "m4a"].includes(container);
  return [
    // ffmpeg 5 calls FLAC and Opus in MP4 experimental.
    ...["-strict", "experimental"],
    ...(isMp4 && inputs.fastStart ? ["-movflags", "+faststart"] : []),
    // Checksums of the header would not survive that a rotation is set in it.
    ...(muxers[container] === "matroska" ? ["-write_crc32", "0"] : []),
    ...["-f", muxers[container]],
  ];
}

/**
 * Tags of the source's stream, for streams that are made anew without what is no
 * longer true. Every stream needs this: ffmpeg copies none by itself once it is
 * told about one. Without tags the language and the title stay: they tell tracks
 * apart.
 */
function streamTags(
  plan: StreamPlan,
  output: string,
  sourceIndex: number,
  origin: "copied" | "made",
): string[] {
  const set = (tag: string): string[] => [`-metadata:s:${output}`, tag];
  if (plan.metadata)
    return [
      ...[`-map_metadata:s:${output}`, `0:s:${String(sourceIndex)}`],
      ...(origin === "made"
        ? staleTags.flatMap((name) => set(`${name}=`))
        : []),
    ];
  const track = [...plan.audio, ...plan.subtitles].find(
    (candidate) => candidate.sourceIndex === sourceIndex,
  );
  return [
    ...[`-map_metadata:s:${output}`, "-1"],
    ...set(`language=${track?.language ?? ""}`),
    ...set(`title=${track?.title ?? ""}`),
  ];
}

function disposition(
  output: string,
  names: Dispositions | undefined,
): string[] {
  const value =
    names === undefined || names.length === 0 ? "0" : names.join("+");
  return [`-disposition:${output}`, value];
}

/** Whole microseconds, which is what ffmpeg keeps. */
function seconds(value: number): string {
  return value.toFixed(6);
}
