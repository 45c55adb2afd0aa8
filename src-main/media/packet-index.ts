/** Reads the packets of a source's video into a frame index, without decoding. */
import { assert } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import { packetListArguments } from "../core/ffmpeg-arguments/cut.ts";
import type { FrameIndex, IndexedPacket } from "../core/frame-index.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { Binaries } from "./binaries.ts";
import { startTool } from "./process.ts";

export interface PacketIndexOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each piece of ffprobe's output, some thousand packets at most; more frames may be known then. */
  readonly onAdvance?: (() => void) | undefined;
}

/**
 * Streams the packet list of the first real video stream into `index` and
 * finishes it. What an hour of 30 fps costs: about 108,000 lines.
 *
 * @throws Failure `source-unreadable` when no packet could be read,
 * `ffmpeg-missing`; the signal's reason on abort.
 */
export async function readPacketIndex(
  binaries: Binaries,
  path: string,
  facts: MediaFacts,
  index: FrameIndex,
  options: PacketIndexOptions = {},
): Promise<void> {
  assert(facts.video, "an index is of video");
  const { signal, onAdvance } = options;
  const run = startTool(binaries.ffprobe, packetListArguments(path, facts), {
    signal,
  });
  const reader = new PacketLineReader(index);
  try {
    for await (const chunk of run.stdout) {
      reader.push((chunk as Buffer).toString("latin1"));
      onAdvance?.();
    }
  } catch (cause) {
    run.kill();
    signal?.throwIfAborted();
    throw cause;
  }
  const exit = await run.done;
  signal?.throwIfAborted();
  // A damaged end is no reason to refuse: what decodes of it counts.
  if (index.packetCount === 0)
    throw new Failure(
      "source-unreadable",
      `${path} (${exit.stderrTail.split("\n").at(-1) || "no video packets"})`,
    );
  index.finish();
  onAdvance?.();
}

/** Parses ffprobe's `pts|dts|flags` lines, cut anywhere. */
export class PacketLineReader {
  readonly #index: FrameIndex;
  #partial = "";

  constructor(index: FrameIndex) {
    this.#index = index;
  }

  push(text: string): void {
    const all = this.#partial + text;
    let start = 0;
    for (;;) {
      const end = all.indexOf("\n", start);
      if (end < 0) break;
      const packet = parsePacketLine(all.slice(start, end));
      if (packet) this.#index.addPacket(packet);
      start = end + 1;
    }
    this.#partial = all.slice(start);
  }
}

/** One line of the packet list; null for lines that are none. Flags are `K` key, `D` discard, `C` corrupt, `_` none. */
export function parsePacketLine(line: string): IndexedPacket | null {
  const [pts, dts, flags] = line.split("|");
  if (pts === undefined || dts === undefined || flags === undefined)
    return null;
  return {
    pts: ticksOf(pts),
    dts: ticksOf(dts),
    isKey: flags.includes("K"),
    isDiscard: flags.includes("D"),
    isCorrupt: flags.includes("C"),
  };
}

function ticksOf(text: string): number | null {
  const ticks = Number(text);
  return text === "" || Number.isNaN(ticks) ? null : ticks;
}
