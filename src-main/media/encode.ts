/**
 * One running encode: feed in, carrier out, progress on the side. Watching for
 * stalls and checking the count of frames is the caller's.
 */
import path from "node:path";
import { Transform, Writable, pipeline, type Readable } from "node:stream";

import { Failure } from "../core/errors.ts";
import { encodeFailureCode, failureReason } from "../core/failure-reason.ts";
import { audioArguments } from "../core/ffmpeg-arguments/audio.ts";
import { isHardwareEncoder } from "../core/ffmpeg-arguments/hardware-encoder.ts";
import { segmentArguments } from "../core/ffmpeg-arguments/segment.ts";
import {
  ProgressReader,
  type EncodeProgress,
} from "../core/ffmpeg-progress.ts";
import type { Order } from "../core/order.ts";
import type { Binaries } from "./binaries.ts";
import { watchMemory } from "./memory-watch.ts";
import { startTool, type ToolExit, type ToolRun } from "./process.ts";
import { renderNode } from "./render-node.ts";
import type { Enclosed, Sandbox } from "./sandbox.ts";

export interface EncodeOptions {
  /** A private folder: working folder of ffmpeg, and where `subtitleFile` lies. */
  readonly workFolder: string;
  /** Null: as many as ffmpeg likes. */
  readonly threads: number | null;
  readonly signal?: AbortSignal | undefined;
  /** ASS file in the work folder, for orders with `burnSubtitle`; times are source times. */
  readonly subtitleFile?: string | undefined;
  /** 0 to 19. */
  readonly niceness?: number | undefined;
  /** Where the encoder runs; null: nothing but its own process. */
  readonly sandbox?: Sandbox | null | undefined;
  /** Memory of the encoder at most. Undefined: no bound. */
  readonly maxMemoryBytes?: number | undefined;
  /** What the disk has room for; a larger result is `worker-disk-full`. Undefined: not asked. */
  readonly roomBytes?: number | undefined;
  /** About twice a second. */
  readonly onProgress?: (progress: EncodeProgress) => void;
}

export interface EncodeRun {
  /** Takes the feed. What comes after the encoder has its last frame is thrown away without an error. */
  readonly input: Writable;
  /** The carrier's bytes; must be read for the encode to go on. */
  readonly output: Readable;
  /**
   * Rejects with Failure `encoder-failed`, `worker-disk-full`,
   * `result-too-large`, `limit-exceeded` (memory), `cancelled` (killed or
   * aborted) or `ffmpeg-missing`.
   */
  readonly done: Promise<{ frames: number; sizeBytes: number }>;
  suspend(): void;
  resume(): void;
  kill(): void;
}

/** The format of the audio feed (see audio feed of the master). */
const audioFeed = "nut";
const outputBufferBytes = 256 * 1024;

/**
 * Starts the encode that an order describes.
 *
 * @throws Failure `order-refused`; the signal's reason when aborted already.
 */
export function startEncode(
  binaries: Pick<Binaries, "ffmpeg">,
  order: Order,
  options: EncodeOptions,
): EncodeRun {
  const reader = new ProgressReader();
  const { program, args } = enclosed(binaries.ffmpeg, order, options);
  const run = startTool(program, args, {
    stdin: "pipe",
    cwd: options.workFolder,
    signal: options.signal,
    niceness: options.niceness,
    takeStderrLine: (line) => {
      const { isProgress, progress } = reader.read(line);
      if (progress) options.onProgress?.(progress);
      return isProgress;
    },
  });
  let wasTooLarge = false;
  const stopWatching = watchedMemory(run, options, () => {
    wasTooLarge = true;
    run.kill();
  });
  let wasKilled = false;
  const kill = (): void => {
    wasKilled = true;
    run.kill();
  };
  const { roomBytes = Number.POSITIVE_INFINITY } = options;
  const maxBytes = Math.min(order.maxOutputBytes, roomBytes);
  const output = new BoundedOutput(maxBytes, () => run.kill());
  // `done` tells why; a reader of the output sees the error as well.
  output.on("error", () => undefined);
  const written = new Promise<void>((resolve) => {
    pipeline(run.stdout, output, () => resolve());
  });
  const outcome = async (): Promise<{ frames: number; sizeBytes: number }> => {
    const exit = await run.done.finally(stopWatching);
    if (wasTooLarge)
      throw new Failure("limit-exceeded", "the encoder took too much memory");
    if (output.isExceeded && maxBytes < order.maxOutputBytes)
      throw new Failure("worker-disk-full", "its work folder");
    if (output.isExceeded)
      throw new Failure(
        "result-too-large",
        `more than ${String(order.maxOutputBytes)} bytes`,
      );
    if (wasKilled || options.signal?.aborted) throw new Failure("cancelled");
    if (exit.code !== 0) throw encodeFailure(exit);
    await written;
    return { frames: reader.last.frames, sizeBytes: output.sizeBytes };
  };
  const done = outcome();
  done.catch(() => output.destroy());
  return {
    input: new EncoderInput(run),
    output,
    done,
    suspend: () => run.suspend(),
    resume: () => run.resume(),
    kill,
  };
}

/**
 * Hardware encoders need devices and drivers nobody can list beforehand: they
 * run outside the sandbox, behind all the other fences.
 */
function enclosed(
  ffmpeg: string,
  order: Order,
  options: EncodeOptions,
): Enclosed {
  const args = argumentsFor(order, options);
  const { sandbox, workFolder } = options;
  const isOnHardware =
    order.kind === "video" && isHardwareEncoder(order.encode.encoder);
  return sandbox && !isOnHardware
    ? sandbox.enclose(args, workFolder)
    : { program: ffmpeg, args };
}

function watchedMemory(
  run: ToolRun,
  { maxMemoryBytes }: EncodeOptions,
  onExceeded: () => void,
): () => void {
  return run.pid === undefined || maxMemoryBytes === undefined
    ? () => undefined
    : watchMemory(run.pid, maxMemoryBytes, onExceeded);
}

function argumentsFor(order: Order, options: EncodeOptions): string[] {
  if (order.kind === "audio") return audioArguments(order, audioFeed);
  return segmentArguments(order, {
    threads: options.threads,
    subtitleFile: subtitleName(options),
    vaapiDevice: renderNode(),
  });
}

/** Only a name reaches ffmpeg, relative to its working folder: nothing to escape. */
function subtitleName({
  subtitleFile,
  workFolder,
}: EncodeOptions): string | null {
  if (subtitleFile === undefined) return null;
  const relative = path.relative(
    workFolder,
    path.resolve(workFolder, subtitleFile),
  );
  if (path.basename(relative) !== relative)
    throw new Failure("order-refused", "a subtitle outside the work folder");
  return relative;
}

function encodeFailure({ code, signal, stderrTail }: ToolExit): Failure {
  const fallback =
    signal === null ? `exit code ${String(code)}` : `ended by ${signal}`;
  return new Failure(
    encodeFailureCode(stderrTail),
    failureReason(stderrTail, fallback),
    { cause: stderrTail },
  );
}

/**
 * ffmpeg closes its input once the range is complete, and the tail of the feed
 * is still on its way: that must not look like a broken pipe to the sender.
 */
class EncoderInput extends Writable {
  readonly #run: ToolRun;

  constructor(run: ToolRun) {
    super();
    this.#run = run;
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    callback: () => void,
  ): void {
    const { stdin } = this.#run;
    if (stdin === null || !stdin.writable) callback();
    else stdin.write(chunk, () => callback());
  }

  override _final(callback: () => void): void {
    const { stdin } = this.#run;
    if (stdin?.writable) stdin.end();
    callback();
  }

  override _destroy(
    error: Error | null,
    callback: (error?: Error | null) => void,
  ): void {
    // A feed that broke off must not look like one that ended: the encode is void.
    if (error !== null) this.#run.kill();
    this.#run.stdin?.destroy();
    callback(error);
  }
}

/** Counts what passes, and stops an encoder that writes without end. */
class BoundedOutput extends Transform {
  readonly #maxBytes: number;
  readonly #onExceeded: () => void;
  sizeBytes = 0;

  constructor(maxBytes: number, onExceeded: () => void) {
    super({ highWaterMark: outputBufferBytes });
    this.#maxBytes = maxBytes;
    this.#onExceeded = onExceeded;
  }

  get isExceeded(): boolean {
    return this.sizeBytes > this.#maxBytes;
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    callback: (error: Error | null, chunk?: Buffer) => void,
  ): void {
    this.sizeBytes += chunk.length;
    if (!this.isExceeded) return callback(null, chunk);
    this.#onExceeded();
    callback(null);
  }
}
