/** What the tests of encoding share: both generations of ffmpeg, feeds made on the spot, frame hashes. */
import { execFileSync } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";

import type { Order } from "../../../src-main/core/order.ts";
import {
  findBinaries,
  type Binaries,
} from "../../../src-main/media/binaries.ts";
import {
  startEncode,
  type EncodeOptions,
} from "../../../src-main/media/encode.ts";

/** The packaged build and the system's, as far as they are there and differ. */
export async function generations(): Promise<Binaries[]> {
  const found = await Promise.all([
    findBinaries({ env: {} }),
    findBinaries({ ffmpeg: "ffmpeg", ffprobe: "ffprobe" }).catch(() => null),
  ]);
  const [packaged, system] = found;
  if (system === null || system.version === packaged.version) return [packaged];
  return [packaged, system];
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), "reelfarm-test-"));
}

/** Runs ffmpeg for a fixture or a comparison and gives back its standard output. */
export function ffmpeg(binaries: Binaries, args: readonly string[]): string {
  return execFileSync(
    binaries.ffmpeg,
    ["-nostdin", "-v", "error", "-y", ...args],
    { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
}

/** The master's cut of a whole source: a stream copy in wire time. */
export function makeFeed(
  binaries: Binaries,
  source: string,
  feed: string,
  extra: readonly string[] = [],
): void {
  ffmpeg(binaries, [
    ...["-copyts", "-itsoffset", "100", ...extra, "-i", source],
    ...["-map", "0:v:0", "-c", "copy", "-avoid_negative_ts", "disabled"],
    ...["-f", "nut", feed],
  ]);
}

/** Encodes a feed into a file, as a worker would. */
export async function encodeFile(
  binaries: Binaries,
  order: Order,
  feed: string,
  target: string,
  options: Partial<EncodeOptions> = {},
): Promise<{ frames: number; sizeBytes: number }> {
  const run = startEncode(binaries, order, {
    workFolder: path.dirname(target),
    threads: 1,
    ...options,
  });
  const fed = pipeline(createReadStream(feed), run.input);
  const written = pipeline(run.output, createWriteStream(target));
  written.catch(() => undefined);
  fed.catch(() => undefined);
  const made = await run.done;
  await written;
  await fed;
  return made;
}

export interface HashedFrame {
  readonly timeUs: number;
  readonly hash: string;
}

/** Decoded frames in presentation order, in whatever time the file has. */
export function frameHashes(
  binaries: Binaries,
  file: string,
  filter: readonly string[] = [],
): HashedFrame[] {
  const text = ffmpeg(binaries, [
    ...["-copyts", "-i", file, "-map", "0:v:0", ...filter],
    ...["-fps_mode", "passthrough", "-enc_time_base", "1:1000000"],
    ...["-f", "framemd5", "-"],
  ]);
  const base = /#tb 0: (\d+)\/(\d+)/.exec(text);
  const tickUs = (1e6 * Number(base?.[1])) / Number(base?.[2]);
  return text
    .split("\n")
    .filter((line) => /^\d/.test(line))
    .map((line) => {
      const columns = line.split(",").map((column) => column.trim());
      return {
        timeUs: Math.round(Number(columns[2]) * tickUs),
        hash: columns[5] ?? "",
      };
    });
}
