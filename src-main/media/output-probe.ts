/** What a finished file says of itself. */
import { Failure } from "../core/errors.ts";
import { openFileArguments } from "../core/ffmpeg-arguments/stitch.ts";
import type { OutputStream, OutputStreams } from "../core/output-streams.ts";
import type { Binaries } from "./binaries.ts";
import { readTool } from "./process.ts";

/** Files with many thousand tags and chapters stay far below. */
const timeoutMs = 60_000;

interface RawStream {
  readonly index: number;
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly codec_tag_string?: string;
  readonly width?: number;
  readonly height?: number;
  readonly sample_aspect_ratio?: string;
  readonly color_range?: string;
  readonly color_primaries?: string;
  readonly color_transfer?: string;
  readonly color_space?: string;
  readonly time_base?: string;
  readonly disposition?: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly side_data_list?: readonly {
    readonly side_data_type?: string;
    readonly rotation?: number;
  }[];
}

interface RawReport {
  readonly streams?: readonly RawStream[];
  readonly chapters?: readonly unknown[];
  readonly format?: { readonly duration?: string };
}

/** Throws `Failure("output-wrong")` when it cannot be opened. */
export async function readOutputStreams(
  binaries: Binaries,
  file: string,
  signal?: AbortSignal,
): Promise<OutputStreams> {
  const { stdout, exit } = await readTool(
    binaries.ffprobe,
    [
      ...["-v", "error", "-of", "json"],
      ...["-show_streams", "-show_chapters", "-show_format"],
      ...openFileArguments(file),
    ],
    { signal, timeoutMs },
  );
  if (exit.code !== 0)
    throw new Failure("output-wrong", "it cannot be opened", {
      cause: exit.stderrTail,
    });
  const report = JSON.parse(stdout) as RawReport;
  const streams = (report.streams ?? []).map(outputStream);
  const duration = Number(report.format?.duration ?? Number.NaN);
  return {
    streams,
    timeBases: (report.streams ?? []).map(({ time_base }) => ratio(time_base)),
    chapters: report.chapters?.length ?? 0,
    durationS: Number.isFinite(duration) ? duration : null,
  };
}

function outputStream(raw: RawStream): OutputStream {
  const sideData = raw.side_data_list ?? [];
  const rotation = sideData.find((data) => data.rotation !== undefined);
  const named = (text: string): boolean =>
    sideData.some(({ side_data_type }) => side_data_type?.includes(text));
  return {
    index: raw.index,
    kind: raw.codec_type ?? "unknown",
    codec: raw.codec_name ?? "unknown",
    isCover: raw.disposition?.["attached_pic"] === 1,
    width: raw.width ?? 0,
    height: raw.height ?? 0,
    sampleAspect: ratio(raw.sample_aspect_ratio?.replace(":", "/")) || 1,
    // ffprobe counts counter-clockwise.
    rotationDegrees:
      rotation?.rotation === undefined
        ? 0
        : ((-Math.round(rotation.rotation) % 360) + 360) % 360,
    colour: {
      range: raw.color_range ?? null,
      primaries: raw.color_primaries ?? null,
      transfer: raw.color_transfer ?? null,
      space: raw.color_space ?? null,
    },
    hasMasteringDisplay: named("Mastering display"),
    hasContentLight: named("Content light"),
    language: raw.tags?.["language"] ?? null,
  };
}

/** Seconds per tick of `1/1000`; 0 where there is none. */
function ratio(text: string | undefined): number {
  const [numerator, denominator] = (text ?? "").split("/").map(Number);
  const value = (numerator ?? 0) / (denominator ?? 1);
  return Number.isFinite(value) ? value : 0;
}
