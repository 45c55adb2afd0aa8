import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Readable } from "node:stream";
import { Failure } from "../core/errors.ts";
import { framePayloadMaxBytes } from "../protocol/data-frames.ts";

/** How often the end of a growing file is looked at; that it grows no more is seen at once. */
const followEveryMs = 250;

/**
 * The bytes of a file from an offset to its end, read one frame at a time and
 * only when asked. With `follow` the end is where the file ends once that
 * settled. Errors: `source-unreadable`; `source-changed` when size or time
 * differ at the end from what they were at the start (not while following).
 */
export function openFileSource(
  path: string,
  from: number,
  follow?: Promise<unknown>,
): Readable {
  const stop = new AbortController();
  const pieces = readPieces(path, from, watchGrowth(follow), stop.signal);
  return new Readable({
    highWaterMark: 1, // One piece is read ahead.
    read() {
      pieces.next().then(
        ({ value, done }) => this.push(done === true ? null : value),
        (error: unknown) => this.destroy(asFailure(error)),
      );
    },
    destroy(error, callback) {
      stop.abort();
      const end = (): void => callback(error);
      pieces.return(undefined).then(end, end);
    },
  });
}

async function* readPieces(
  path: string,
  from: number,
  growth: Growth,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined> {
  const handle = await open(path, "r");
  try {
    const etag = await etagOf(handle);
    let position = from;
    let end = from;
    for (;;) {
      const isLastLook = growth.isOver(); // Asked before looking: no byte is missed.
      if (position >= end) end = (await handle.stat()).size;
      const piece = await readPiece(handle, position, end);
      if (piece !== null) {
        position += piece.length;
        yield piece;
      } else if (isLastLook) break;
      else {
        end = position;
        await growth.nextLook(signal);
      }
    }
    if (!growth.isExpected && (await etagOf(handle)) !== etag)
      throw new Failure("source-changed", "while it was sent");
  } finally {
    await handle.close();
  }
}

/**
 * A buffer of its own for every piece, no larger than it: it is kept until the
 * receiver took it. Null when there is nothing up to `end`.
 */
async function readPiece(
  handle: FileHandle,
  position: number,
  end: number,
): Promise<Buffer | null> {
  const size = Math.min(end - position, framePayloadMaxBytes);
  if (size <= 0) return null;
  const buffer = Buffer.allocUnsafeSlow(size);
  const { bytesRead } = await handle.read(buffer, 0, size, position);
  return bytesRead === 0 ? null : buffer.subarray(0, bytesRead);
}

/** Size and time of last change. */
async function etagOf(handle: FileHandle): Promise<string> {
  const { size, mtimeNs } = await handle.stat({ bigint: true });
  return `${size}-${mtimeNs}`;
}

interface Growth {
  readonly isExpected: boolean;
  /** Throws what the promise was rejected with. */
  isOver(): boolean;
  /** Resolves when it is worth looking again. */
  nextLook(signal: AbortSignal): Promise<unknown>;
}

function watchGrowth(follow: Promise<unknown> | undefined): Growth {
  let over = follow === undefined;
  let problem: { readonly reason: unknown } | null = null;
  const settled = follow?.then(
    () => void (over = true),
    (reason: unknown) => void (problem = { reason }),
  );
  return {
    isExpected: follow !== undefined,
    isOver: () => {
      if (problem !== null) throw asFailure(problem.reason);
      return over;
    },
    nextLook: (signal) =>
      Promise.race([settled, sleep(followEveryMs, undefined, { signal })]),
  };
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure("source-unreadable", "", { cause: error });
}
