import type { Binaries } from "./binaries.ts";
import { maxPixelsArguments, startTool, readerMemoryBytes } from "./process.ts";

/** A minute of large pictures decodes in a fraction of this, also on a slow machine. */
const timeoutMs = 10 * 60_000;

/**
 * Whether a segment decodes from its first picture to its last without a
 * complaint, in bounded time and memory. Slow: every picture is decoded. The file is opened as what it was
 * received as, and nothing else is.
 *
 * @throws the signal's reason on abort.
 */
export async function decodesCleanly(
  binaries: Pick<Binaries, "ffmpeg">,
  segmentFile: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const run = startTool(
    binaries.ffmpeg,
    [
      ...["-nostdin", "-v", "error", "-xerror", ...maxPixelsArguments],
      // Each thread more holds pictures of its own.
      ...["-threads", "2"],
      ...["-protocol_whitelist", "file", "-enable_drefs", "0", "-f", "mov"],
      ...["-i", `file:${segmentFile}`, "-map", "0:v:0", "-f", "null", "-"],
    ],
    { signal, maxWallMs: timeoutMs, maxMemoryBytes: readerMemoryBytes },
  );
  run.stdout.resume();
  const exit = await run.done;
  signal?.throwIfAborted();
  // One that cannot be decoded within any measure is no better than a damaged one.
  return (
    exit.exceeded === null && exit.code === 0 && exit.stderrTail.trim() === ""
  );
}
