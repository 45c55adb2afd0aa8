import { Failure } from "../core/errors.ts";
import {
  stillArguments,
  stillSize,
  type StillSize,
} from "../core/ffmpeg-arguments/still.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { Binaries } from "./binaries.ts";
import { readerMemoryBytes, startTool } from "./process.ts";

export interface StillPicture extends StillSize {
  readonly jpeg: Buffer;
  /** Of the film, seconds after its first picture. */
  readonly atS: number;
}

export interface StillOptions {
  /** Seconds after the first picture. Behind the end: the last pictures are tried. */
  readonly atS: number;
  readonly maxWidthPx: number;
  /** The very frame; else the keyframe before it, which is quicker. */
  readonly isExact: boolean;
  readonly canMapHdr: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A long group of pictures in 8K takes seconds to decode; more is a broken drive. */
const timeoutMs = 20_000;
/** Far above any JPEG of the widest picture asked for. */
const maxJpegBytes = 16 * 1024 * 1024;
const lowNiceness = 15;
/** Where a moment has no frame after it, this much before the end mostly has. */
const beforeEndS = [1, 10];
/** Half the shortest time between frames: what containers round times by must not skip a frame. */
const roundingS = 0.001;

/**
 * Takes one picture of a file by pipes alone.
 *
 * @throws Failure `no-video`, `source-damaged` when nothing can be decoded,
 * `limit-exceeded` when it takes too long; the signal's reason on abort.
 */
export async function takeStill(
  binaries: Pick<Binaries, "ffmpeg">,
  path: string,
  facts: MediaFacts,
  options: StillOptions,
): Promise<StillPicture> {
  const { video } = facts;
  if (video === null) throw new Failure("no-video", path);
  const size = stillSize(video, options.maxWidthPx);
  // Colours that cannot be mapped are better than no picture.
  for (const canMapHdr of options.canMapHdr ? [true, false] : [false])
    for (const atS of moments(facts, options.atS)) {
      const seekS = (video.startS ?? facts.startS ?? 0) + atS - roundingS;
      const args = stillArguments(path, facts, video, {
        seekS: atS === 0 ? null : seekS,
        isExact: options.isExact,
        size,
        canMapHdr,
      });
      const jpeg = await readBytes(binaries.ffmpeg, args, options.signal);
      if (jpeg.length > 0) return { ...size, jpeg, atS };
    }
  throw new Failure("source-damaged", `no picture of ${path} can be decoded`);
}

/** The moment asked for, then ones that exist wherever files end early or tell no length. */
function moments(facts: MediaFacts, atS: number): number[] {
  const endS = facts.video?.durationS ?? facts.durationS;
  const asked = endS === null ? atS : Math.min(atS, endS);
  const earlier =
    endS === null ? [] : beforeEndS.map((before) => endS - before);
  const usable = earlier.filter((moment) => moment > 0 && moment < asked);
  return asked === 0 ? [0] : [asked, ...usable, 0];
}

async function readBytes(
  ffmpeg: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const run = startTool(ffmpeg, args, {
    signal,
    niceness: lowNiceness,
    maxMemoryBytes: readerMemoryBytes,
  });
  let exceeded: string | null = null;
  const stop = (reason: string): void => {
    exceeded ??= reason;
    run.kill();
  };
  const timer = setTimeout(() => {
    stop(`a picture took longer than ${String(timeoutMs / 1000)} s`);
  }, timeoutMs);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const closed = new Promise<void>((resolve) =>
    run.stdout.once("close", resolve),
  );
  run.stdout.on("error", () => undefined);
  run.stdout.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > maxJpegBytes) stop("a picture was larger than any is");
    else chunks.push(chunk);
  });
  try {
    await run.done;
    await closed;
  } finally {
    clearTimeout(timer);
  }
  signal?.throwIfAborted();
  if (exceeded !== null) throw new Failure("limit-exceeded", exceeded);
  return Buffer.concat(chunks);
}
