import { stat } from "node:fs/promises";
import { Failure } from "../core/errors.ts";
import type { AudioOrder } from "../core/order.ts";
import type { Binaries } from "./binaries.ts";
import { readTool } from "./process.ts";

export interface AudioReport {
  readonly frames: number;
  readonly sizeBytes: number;
}

/** Streams a hostile header may claim before it is not worth reading on. */
const maxReportBytes = 256 * 1024;
const timeoutMs = 60_000;

/**
 * Looks at a received audio result as the work of a stranger: the demuxer is
 * fixed, nothing but the file is opened, and its tracks must be the ordered
 * ones. That they are there in full is proved on the output (verify-output.ts).
 *
 * @throws Failure `result-too-large`, `result-invalid`, or the signal's reason.
 */
export async function inspectAudio(
  binaries: Pick<Binaries, "ffprobe">,
  file: string,
  order: AudioOrder,
  signal?: AbortSignal,
): Promise<AudioReport> {
  const { size } = await stat(file);
  if (size > order.maxOutputBytes)
    throw new Failure("result-too-large", `${size} bytes of audio`);
  const { stdout, exit } = await readTool(
    binaries.ffprobe,
    [
      ...["-v", "error", "-of", "json"],
      ...["-show_entries", "stream=codec_type,codec_name,channels,sample_rate"],
      ...["-protocol_whitelist", "file", "-enable_drefs", "0"],
      ...["-f", "mov", "-i", `file:${file}`],
    ],
    { signal, timeoutMs, maxBytes: maxReportBytes },
  );
  if (exit.code !== 0)
    throw new Failure("result-invalid", "the audio cannot be opened");
  const problem = trackProblem(parseTracks(stdout), order);
  if (problem !== null) throw new Failure("result-invalid", problem);
  return { frames: 0, sizeBytes: size };
}

interface ProbedTrack {
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly channels?: number;
  readonly sample_rate?: string;
}

function parseTracks(text: string): readonly ProbedTrack[] {
  try {
    return (JSON.parse(text) as { streams?: ProbedTrack[] }).streams ?? [];
  } catch (cause) {
    throw new Failure("result-invalid", "the audio cannot be read", { cause });
  }
}

function trackProblem(
  tracks: readonly ProbedTrack[],
  order: AudioOrder,
): string | null {
  if (tracks.length !== order.tracks.length) {
    return `${tracks.length} tracks instead of ${order.tracks.length}`;
  }
  const wrong = order.tracks.findIndex((ordered, at) => {
    const track = tracks[at];
    return (
      track?.codec_type !== "audio" ||
      track.codec_name !== ordered.encoder ||
      track.channels !== ordered.channels ||
      Number(track.sample_rate) !== ordered.sampleRateHz
    );
  });
  return wrong < 0 ? null : `track ${wrong + 1} is not what was ordered`;
}
