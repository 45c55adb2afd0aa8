/** A finished segment on disk: its header, and where its frames lie. */
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import {
  fragmentBytes,
  readCarrierFragment,
  readCarrierHeader,
} from "../core/carrier-boxes.ts";
import type { CarrierHeader, CarrierSample } from "../core/carrier-boxes.ts";
import { Failure } from "../core/errors.ts";
import { maxBoxHeaderBytes, readBoxHeader } from "../core/mp4-boxes.ts";

/** A header or a fragment's table; a table entry has at most 16 bytes, so a GOP's is far below. */
export const maxTableBytes = 32 * 1024 * 1024;

/** Three days at 60 frames per second, and of what memory holds. */
const maxFrames = 2 ** 24;
/** Boxes other than fragments: the brand, the header, an index at the end. */
const maxOtherBoxes = 1_000;

export interface CarrierIndex {
  readonly file: string;
  readonly header: CarrierHeader;
  readonly fragments: readonly CarrierFragment[];
  readonly frames: number;
}

export interface CarrierFragment {
  /** Where in the file the first frame starts. */
  readonly startByte: number;
  readonly sizesBytes: Uint32Array;
  readonly ptsTicks: Float64Array;
  readonly firstIsKey: boolean;
  /** One flag per frame. */
  readonly isKey: Uint8Array;
  /** Of the last frame in decode order, as its encoder gave it. */
  readonly lastDurationTicks: number;
}

/**
 * Reads the tables of a carrier, not its frames. Throws `Failure`:
 * `result-invalid` when it is not what the carrier's arguments write.
 */
export async function readCarrierIndex(file: string): Promise<CarrierIndex> {
  const handle = await open(file, "r");
  try {
    return await readTables(file, handle);
  } finally {
    await handle.close();
  }
}

async function readTables(
  file: string,
  handle: FileHandle,
): Promise<CarrierIndex> {
  const { size } = await handle.stat();
  let header: CarrierHeader | null = null;
  let pending: CarrierSample[] | null = null;
  const fragments: CarrierFragment[] = [];
  let frames = 0;
  let otherBoxes = 0;
  for (let at = 0; at < size;) {
    const start = await readAt(
      handle,
      at,
      Math.min(maxBoxHeaderBytes, size - at),
    );
    const box = readBoxHeader(start);
    if (box === null) throw invalid("a box is cut off");
    const bodyByte = at + box.headerBytes;
    at = bodyByte + box.bodyBytes;
    if (at > size) throw invalid(`the ${box.type} box is cut off`);
    if (box.type === "moov")
      header = readCarrierHeader(
        await readTable(handle, bodyByte, box.bodyBytes),
      );
    if (box.type === "moof" && pending !== null)
      throw invalid("a table without frames");
    if (box.type === "moof")
      pending = readCarrierFragment(
        await readTable(handle, bodyByte, box.bodyBytes),
      );
    if (box.type === "mdat") {
      if (pending === null || fragmentBytes(pending) !== box.bodyBytes)
        throw invalid("frames and their table disagree");
      fragments.push(compactFragment(pending, bodyByte));
      frames += pending.length;
      if (pending.length === 0 || frames > maxFrames)
        throw invalid("a fragment without frames, or too many frames");
      pending = null;
    } else if (box.type !== "moof") {
      otherBoxes += 1;
      if (otherBoxes > maxOtherBoxes) throw invalid("too many boxes");
    }
  }
  if (header === null || pending !== null || fragments.length === 0)
    throw invalid("there is no header or no frame");
  return { file, header, fragments, frames };
}

/** Typed arrays: a film has half a million frames. */
function compactFragment(
  samples: readonly CarrierSample[],
  startByte: number,
): CarrierFragment {
  return {
    startByte,
    sizesBytes: Uint32Array.from(samples, ({ sizeBytes }) => sizeBytes),
    ptsTicks: Float64Array.from(samples, ({ pts }) => pts),
    firstIsKey: samples[0]?.isKey ?? false,
    isKey: Uint8Array.from(samples, ({ isKey }) => Number(isKey)),
    lastDurationTicks: samples.at(-1)?.durationTicks ?? 0,
  };
}

function readTable(
  handle: FileHandle,
  at: number,
  length: number,
): Promise<Uint8Array> {
  if (length > maxTableBytes) throw invalid("a table is too large");
  return readAt(handle, at, length);
}

/** Exactly `length` bytes. Throws `Failure("result-invalid")` when the file ends before. */
export async function readAt(
  handle: FileHandle,
  at: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(
      bytes,
      filled,
      length - filled,
      at + filled,
    );
    if (bytesRead === 0) throw invalid("the file ends early");
    filled += bytesRead;
  }
  return bytes;
}

function invalid(detail: string): Failure {
  return new Failure("result-invalid", detail);
}
