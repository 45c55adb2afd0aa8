import { Failure } from "../core/errors.ts";
import { openFileArguments } from "../core/ffmpeg-arguments/stitch.ts";
import type { Binaries } from "./binaries.ts";
import { readLines } from "./line-reader.ts";
import { sourceBounds, startTool, type ToolBounds } from "./process.ts";

/**
 * Bytes of some streams of a file, summed over their packets; reads the file to
 * its end. For targets of a whole file's size, where copied tracks take a share.
 *
 * @throws Failure `source-unreadable`, or the signal's reason.
 */
export async function sumStreamBytes(
  binaries: Pick<Binaries, "ffprobe">,
  path: string,
  streamIndexes: readonly number[],
  signal?: AbortSignal,
  bounds: ToolBounds = sourceBounds,
): Promise<number> {
  if (streamIndexes.length === 0) return 0;
  const run = startTool(
    binaries.ffprobe,
    [
      ...[
        "-v",
        "error",
        "-of",
        "csv=p=0",
        "-show_entries",
        "packet=stream_index,size",
      ],
      ...openFileArguments(path),
    ],
    { ...bounds, signal },
  );
  const wanted = new Set(streamIndexes.map(String));
  let bytes = 0;
  await readLines(run.stdout, (line) => {
    const [stream, size] = line.split(",");
    if (stream !== undefined && wanted.has(stream)) bytes += Number(size) || 0;
  });
  const exit = await run.done;
  signal?.throwIfAborted();
  if (exit.exceeded !== null)
    throw new Failure("source-unreadable", `${path} (${exit.exceeded})`);
  if (exit.code !== 0) throw new Failure("source-unreadable", path);
  return bytes;
}
