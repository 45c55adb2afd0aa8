/**
 * Finished segments as one stream, made while it is read: a few bytes of tables
 * in memory per frame, and one piece of a file at a time.
 */
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { assert } from "../core/assert.ts";
import { decodeTimes } from "../core/decode-times.ts";
import type { DisplayTags } from "../core/display-tags.ts";
import { Failure } from "../core/errors.ts";
import { joinedFragment, joinedHeader } from "../core/joined-carrier.ts";
import type { JoinedSample } from "../core/joined-carrier.ts";
import {
  decoderIdentity,
  inBandOffset,
  inBandSets,
  parameterSets,
} from "../core/parameter-sets.ts";
import { readAt, readCarrierIndex } from "./carrier-file.ts";
import type { CarrierFragment, CarrierIndex } from "./carrier-file.ts";

const pieceBytes = 1024 * 1024;

export interface JoinedPlan {
  readonly segments: readonly CarrierIndex[];
  readonly timescale: number;
  readonly frames: number;
  /** Of all frames in presentation order, wire time. */
  readonly sortedPtsTicks: Float64Array;
  /** Of all frames in decode order. */
  readonly dtsTicks: Float64Array;
  /** How long the last frame is shown. */
  readonly lastDurationTicks: number;
  /** Encoders disagreed: every segment brings its own parameter sets along. */
  readonly setsInBand: boolean;
}

/**
 * Reads the tables of all segments, in order. Throws `Failure("stitch-failed")`
 * when they cannot be one stream: other codec, size or timescale, no keyframe
 * at the start, overlapping times, or decoder settings that no frame repeats.
 */
export async function planJoin(
  files: readonly string[],
  signal?: AbortSignal,
): Promise<JoinedPlan> {
  const segments: CarrierIndex[] = [];
  for (const file of files) {
    signal?.throwIfAborted();
    segments.push(await readCarrierIndex(file));
  }
  const [first] = segments;
  assert(first !== undefined, "there is at least one segment");
  const setsInBand = checkAlike(segments);
  checkOrder(segments);
  const frames = segments.reduce((sum, segment) => sum + segment.frames, 0);
  const ptsTicks = new Float64Array(frames);
  let at = 0;
  for (const fragment of segments.flatMap(({ fragments }) => fragments)) {
    ptsTicks.set(fragment.ptsTicks, at);
    at += fragment.ptsTicks.length;
  }
  const sortedPtsTicks = ptsTicks.slice().sort();
  return {
    segments,
    timescale: first.header.timescale,
    frames,
    sortedPtsTicks,
    dtsTicks: decodeTimes(ptsTicks),
    lastDurationTicks: lastDuration(segments, sortedPtsTicks),
    setsInBand,
  };
}

/** The stream's bytes. `extraBoxes`: more about how the picture is shown. */
export async function* joinedStream(
  plan: JoinedPlan,
  tags: DisplayTags,
  extraBoxes?: Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  const [first] = plan.segments;
  assert(first !== undefined, "there is at least one segment");
  yield* joinedHeader(first.header, tags, extraBoxes);
  let frame = 0;
  let sequence = 1;
  for (const segment of plan.segments) {
    const handle = await open(segment.file, "r");
    try {
      const sets = plan.setsInBand
        ? inBandSets(parameterSets(segment.header))
        : new Uint8Array();
      for (const fragment of segment.fragments) {
        const extra = fragment.firstIsKey ? sets : new Uint8Array();
        const samples = joinedSamples(plan, fragment, frame, extra.length);
        yield joinedFragment(sequence, samples);
        yield* fragmentData(handle, segment, fragment, extra);
        frame += samples.length;
        sequence += 1;
      }
    } finally {
      await handle.close();
    }
  }
}

function joinedSamples(
  plan: JoinedPlan,
  fragment: CarrierFragment,
  firstFrame: number,
  extraBytes: number,
): JoinedSample[] {
  return Array.from(fragment.sizesBytes, (sizeBytes, index) => {
    const dts = plan.dtsTicks[firstFrame + index] ?? 0;
    const next = plan.dtsTicks[firstFrame + index + 1];
    return {
      sizeBytes: sizeBytes + (index === 0 ? extraBytes : 0),
      dts,
      pts: fragment.ptsTicks[index] ?? 0,
      durationTicks: next === undefined ? plan.lastDurationTicks : next - dts,
      isKey: fragment.isKey[index] === 1,
    };
  });
}

async function* fragmentData(
  handle: FileHandle,
  segment: CarrierIndex,
  fragment: CarrierFragment,
  extra: Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end =
    fragment.startByte +
    fragment.sizesBytes.reduce((sum, bytes) => sum + bytes, 0);
  let at = fragment.startByte;
  if (extra.length > 0) {
    const start = await readAt(handle, at, Math.min(32, end - at));
    const offset = inBandOffset(segment.header.entryType, start);
    yield start.subarray(0, offset);
    yield extra;
    at += offset;
  }
  while (at < end) {
    const piece = await readAt(handle, at, Math.min(pieceBytes, end - at));
    yield piece;
    at += piece.length;
  }
}

/** Whether parameter sets must go in-band. */
function checkAlike(segments: readonly CarrierIndex[]): boolean {
  const [first, ...others] = segments;
  assert(first !== undefined, "there is at least one segment");
  const identity = decoderIdentity(first.header);
  let setsInBand = false;
  for (const { header, fragments } of others) {
    const { timescale, width, height, entryType } = first.header;
    if (header.timescale !== timescale)
      throw unlike("timescales", header.timescale, timescale);
    if (header.width !== width || header.height !== height)
      throw unlike(
        "picture sizes",
        `${String(header.width)}x${String(header.height)}`,
        `${String(width)}x${String(height)}`,
      );
    if (header.entryType !== entryType)
      throw unlike("codecs", header.entryType, entryType);
    if (fragments[0]?.firstIsKey !== true)
      throw new Failure("stitch-failed", "a part starts without a keyframe");
    if (decoderIdentity(header) !== identity) {
      if (parameterSets(header).length === 0)
        throw new Failure(
          "stitch-failed",
          `encoders of different builds made parts that one ${entryType} track cannot hold`,
        );
      setsInBand = true;
    }
  }
  return setsInBand;
}

/** No segment may show a frame before the last one of the segment before. */
function checkOrder(segments: readonly CarrierIndex[]): void {
  let last = -Infinity;
  for (const [place, { fragments }] of segments.entries()) {
    let most = last;
    for (const { ptsTicks } of fragments)
      for (const pts of ptsTicks) {
        if (pts < last)
          throw new Failure(
            "stitch-failed",
            `part ${String(place + 1)} overlaps the one before`,
          );
        if (pts > most) most = pts;
      }
    last = most;
  }
}

/** The encoder's word for the very last frame; else the distance to the one before. */
function lastDuration(
  segments: readonly CarrierIndex[],
  sorted: Float64Array,
): number {
  const told = segments.at(-1)?.fragments.at(-1)?.lastDurationTicks ?? 0;
  const before = (sorted.at(-1) ?? 0) - (sorted.at(-2) ?? 0);
  return told > 0 ? told : Math.max(1, sorted.length > 1 ? before : 1);
}

function unlike(
  what: string,
  one: string | number,
  other: string | number,
): Failure {
  return new Failure(
    "stitch-failed",
    `the parts have different ${what} (${String(one)}, ${String(other)})`,
  );
}
