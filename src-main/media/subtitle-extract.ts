/** A text subtitle of a source as ASS, to be drawn into the picture by workers. */
import { Failure } from "../core/errors.ts";
import { openFileArguments } from "../core/ffmpeg-arguments/stitch.ts";
import type { Binaries } from "./binaries.ts";
import { readTool } from "./process.ts";

/** Ten hours of dense dialogue with effects stay below it; workers hold it in memory. */
export const maxSubtitleBytes = 16 * 1024 * 1024;

/** A subtitle is spread over the whole source, which must be read to its end. */
const timeoutMs = 30 * 60_000;

/**
 * `streamIndex`: among all streams of the source. Times are source time. Throws
 * `Failure`: `stitch-failed` when it is no text or cannot be read,
 * `limit-exceeded` over `maxSubtitleBytes`; the signal's reason on abort.
 */
export async function extractSubtitle(
  binaries: Binaries,
  sourcePath: string,
  streamIndex: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { stdout, exit } = await readTool(
    binaries.ffmpeg,
    [
      ...["-nostdin", "-v", "error", "-copyts"],
      ...openFileArguments(sourcePath),
      ...["-map", `0:${String(streamIndex)}`, "-c:s", "ass"],
      ...["-f", "ass", "pipe:1"],
    ],
    { signal, timeoutMs, maxBytes: maxSubtitleBytes },
  );
  if (exit.code !== 0 || !stdout.includes("[Events]"))
    throw new Failure(
      "stitch-failed",
      `subtitle stream ${String(streamIndex)} cannot be read as text`,
    );
  return Buffer.from(stdout, "utf8");
}
