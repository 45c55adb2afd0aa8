import type { Binaries } from "./binaries.ts";
import { readTool } from "./process.ts";

/** A minute of large pictures decodes in a fraction of this, also on a slow machine. */
const timeoutMs = 10 * 60_000;

/**
 * Whether a segment decodes from its first picture to its last without a
 * complaint. Slow: every picture is decoded. The file is opened as what it was
 * received as, and nothing else is.
 *
 * @throws the signal's reason on abort.
 */
export async function decodesCleanly(
  binaries: Pick<Binaries, "ffmpeg">,
  segmentFile: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const { exit } = await readTool(
    binaries.ffmpeg,
    [
      ...["-nostdin", "-v", "error", "-xerror"],
      ...["-protocol_whitelist", "file", "-f", "mov"],
      ...["-i", `file:${segmentFile}`, "-map", "0:v:0", "-f", "null", "-"],
    ],
    { signal, timeoutMs },
  );
  return exit.code === 0 && exit.stderrTail.trim() === "";
}
