/** Reads the packets of a source's video into a frame index, without decoding. */
import { assert } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import {
  headArguments,
  packetListArguments,
} from "../core/ffmpeg-arguments/cut.ts";
import type { FrameIndex, IndexedPacket } from "../core/frame-index.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { Binaries } from "./binaries.ts";
import {
  readTool,
  sourceBounds,
  startTool,
  type ToolBounds,
} from "./process.ts";

export interface PacketIndexOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each piece of ffprobe's output, some thousand packets at most; more frames may be known then. */
  readonly onAdvance?: (() => void) | undefined;
  /** Default: those of whoever reads a whole source. */
  readonly bounds?: ToolBounds | undefined;
  readonly maxPackets?: number | undefined;
}

/** Three days at 60 frames a second; a file of a few bytes may claim more, and all are kept in memory. */
const defaultMaxPackets = 2 ** 24;
/** A line has three numbers. */
const lineMaxChars = 4_096;

/**
 * Streams the packet list of the first real video stream into `index` and
 * finishes it. What an hour of 30 fps costs: about 108,000 lines.
 *
 * @throws Failure `source-unreadable` when no packet could be read or the
 * bounds were exceeded, `source-damaged` when there is no end of packets,
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
  const { signal, onAdvance, bounds = sourceBounds } = options;
  const { maxPackets = defaultMaxPackets } = options;
  const run = startTool(binaries.ffprobe, packetListArguments(path, facts), {
    ...bounds,
    signal,
    onStderrLine: (line) => {
      if (damageWords.test(line)) index.noteDamage();
      if (cutOffWords.test(line)) index.noteCutOff();
    },
  });
  const reader = new PacketLineReader(index);
  let head: Promise<void> | null = null;
  const checkHead = (): void => {
    const frames = index.unresolvedHeadFrames;
    if (frames > 0)
      head ??= shownTimesUs(binaries, path, facts, frames, signal).then(
        (timesUs) => index.resolveHead(timesUs),
      );
    head?.catch(() => undefined);
  };
  try {
    for await (const chunk of run.stdout) {
      reader.push((chunk as Buffer).toString("latin1"));
      if (index.packetCount > maxPackets)
        throw new Failure("source-damaged", "it has packets without end");
      checkHead();
      onAdvance?.();
    }
  } catch (cause) {
    run.kill();
    signal?.throwIfAborted();
    throw cause;
  }
  const exit = await run.done;
  signal?.throwIfAborted();
  if (exit.exceeded !== null)
    throw new Failure("source-unreadable", `${path} (${exit.exceeded})`);
  // A damaged end is no reason to refuse: what decodes of it counts.
  if (index.packetCount === 0)
    throw new Failure(
      "source-unreadable",
      `${path} (${exit.stderrTail.split("\n").at(-1) || "no video packets"})`,
    );
  index.finish();
  checkHead();
  await head;
  onAdvance?.();
}

/** Not every ffprobe marks the packets: where a file ends in the middle of one, where a transport stream lost some. */
const damageWords =
  /partial file|corrupt|truncat|error reading|I\/O error|invalid NAL unit|missing picture/i;

/** MP4 names the packets that are not there, Matroska the place where it ends. */
const cutOffWords = /partial file|ended prematurely/i;

/** When the first frames that a decoder shows are shown. */
async function shownTimesUs(
  binaries: Binaries,
  path: string,
  facts: MediaFacts,
  frames: number,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const args = headArguments(path, facts, frames + 1);
  const { stdout } = await readTool(binaries.ffmpeg, args, {
    signal,
    timeoutMs: headTimeoutMs,
  });
  return framecrcTimesUs(stdout);
}

/** A head is at most a group of pictures. */
const headTimeoutMs = 120_000;

/** Presentation times of framecrc lines: `stream, dts, pts, ...` in the unit of the `#tb` line. */
export function framecrcTimesUs(text: string): number[] {
  const times: number[] = [];
  let tickUs = 1;
  for (const line of text.split("\n")) {
    const timeBase = /^#tb 0: (\d+)\/(\d+)/.exec(line);
    if (timeBase) tickUs = (Number(timeBase[1]) * 1e6) / Number(timeBase[2]);
    else if (line !== "" && !line.startsWith("#"))
      times.push(Number(line.split(",")[2]) * tickUs);
  }
  return times;
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
    // What never ends is no line.
    this.#partial = all.slice(start, start + lineMaxChars);
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
