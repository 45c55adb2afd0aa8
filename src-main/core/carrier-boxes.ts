/**
 * Reads what the carrier of a segment says (see `ffmpeg-arguments/carrier.ts`):
 * its header, and each fragment's frames with their times. Bytes come from
 * other machines: every size and count is checked before it is used.
 */
import { Failure } from "./errors.ts";
import { boxAt, onlyBox, readBoxes, viewOf } from "./mp4-boxes.ts";
import type { Box } from "./mp4-boxes.ts";

export interface CarrierHeader {
  /** Ticks per second. */
  readonly timescale: number;
  readonly width: number;
  readonly height: number;
  /** The sample entry's four characters: `avc1`, `hev1`, `apcn`, … */
  readonly entryType: string;
  /** The fixed 78 bytes of the visual sample entry. */
  readonly entryStart: Uint8Array;
  /** Its boxes: the codec's configuration and picture tags. */
  readonly entryBoxes: readonly Box[];
}

export interface CarrierSample {
  readonly sizeBytes: number;
  /** Ticks of the carrier's timescale, wire time. */
  readonly dts: number;
  readonly pts: number;
  readonly durationTicks: number;
  readonly isKey: boolean;
}

/** ISO/IEC 14496-12 section 12.1.3: the fixed part of a visual sample entry. */
const entryStartBytes = 78;

/** Frames of one fragment; one GOP is far below it. */
const maxFragmentSamples = 1_000_000;

/** Parses the body of `moov`. Throws `Failure("result-invalid")` unless it has exactly one video track. */
export function readCarrierHeader(moov: Uint8Array): CarrierHeader {
  const media = boxAt(moov, "trak", "mdia");
  const mdhd = boxAt(media, "mdhd");
  const timescale = viewOf(mdhd).getUint32(
    need(mdhd, mdhd[0] === 1 ? 20 : 12, 4),
  );
  const stsd = boxAt(media, "minf", "stbl", "stsd");
  need(stsd, 0, 8);
  const [entry, ...others] = readBoxes(stsd.subarray(8));
  if (entry === undefined || others.length > 0)
    throw invalid("not exactly one sample entry");
  need(entry.body, 0, entryStartBytes);
  const view = viewOf(entry.body);
  return {
    timescale,
    width: view.getUint16(24),
    height: view.getUint16(26),
    entryType: entry.type,
    entryStart: entry.body.subarray(0, entryStartBytes),
    entryBoxes: readBoxes(entry.body.subarray(entryStartBytes)),
  };
}

/**
 * Parses the body of one `moof`; the samples lie one after the other from the
 * start of the `mdat` that follows. Throws `Failure("result-invalid")` for
 * anything the carrier's own arguments would not write.
 */
export function readCarrierFragment(moof: Uint8Array): CarrierSample[] {
  const traf = readBoxes(onlyBox(readBoxes(moof), "traf"));
  const defaults = readDefaults(onlyBox(traf, "tfhd"));
  const samples: CarrierSample[] = [];
  let dts = readDecodeTime(onlyBox(traf, "tfdt"));
  let offset = moof.length + 16;
  for (const { type, body } of traf) {
    if (type !== "trun") continue;
    const run = readRun(body, defaults, dts);
    if (run.dataOffset !== offset) throw invalid("frames lie apart");
    for (const sample of run.samples) {
      samples.push(sample);
      dts += sample.durationTicks;
      offset += sample.sizeBytes;
    }
    if (samples.length > maxFragmentSamples) throw invalid("too many frames");
  }
  return samples;
}

/** Frames of one track that lie one after the other. */
export interface TrackRun {
  readonly trackId: number;
  /** From the start of the `moof` box. */
  readonly dataOffset: number;
  readonly samples: readonly CarrierSample[];
}

/** The runs of all tracks of one `moof` (its body). Throws `Failure("result-invalid")`. */
export function readTrackRuns(moof: Uint8Array): TrackRun[] {
  return readBoxes(moof)
    .filter(({ type }) => type === "traf")
    .flatMap(({ body }) => {
      const traf = readBoxes(body);
      const tfhd = onlyBox(traf, "tfhd");
      const defaults = readDefaults(tfhd);
      let dts = readDecodeTime(onlyBox(traf, "tfdt"));
      let samples = 0;
      return traf
        .filter(({ type }) => type === "trun")
        .map((trun) => {
          const run = readRun(trun.body, defaults, dts);
          samples += run.samples.length;
          if (samples > maxFragmentSamples) throw invalid("too many packets");
          const last = run.samples.at(-1);
          if (last !== undefined) dts = last.dts + last.durationTicks;
          return { ...run, trackId: viewOf(tfhd).getUint32(4) };
        });
    });
}

/** The bytes all samples of a fragment have together. */
export function fragmentBytes(samples: readonly CarrierSample[]): number {
  return samples.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

interface Defaults {
  readonly durationTicks: number;
  readonly sizeBytes: number;
  readonly flags: number;
}

/** ISO/IEC 14496-12 section 8.8.7. */
function readDefaults(tfhd: Uint8Array): Defaults {
  const flags = viewOf(tfhd).getUint32(need(tfhd, 0, 8));
  if ((flags & 0x02_0000) === 0 || (flags & 0x1) !== 0)
    throw invalid("fragments are not self-contained");
  let at = 8;
  const take = (flag: number): number => {
    if ((flags & flag) === 0) return 0;
    at += 4;
    return viewOf(tfhd).getUint32(need(tfhd, at - 4, 4));
  };
  take(0x2);
  return {
    durationTicks: take(0x8),
    sizeBytes: take(0x10),
    flags: take(0x20),
  };
}

/** ISO/IEC 14496-12 section 8.8.12. */
function readDecodeTime(tfdt: Uint8Array): number {
  need(tfdt, 0, 8);
  const view = viewOf(tfdt);
  if (tfdt[0] !== 1) return view.getUint32(4);
  need(tfdt, 4, 8);
  const time = Number(view.getBigInt64(4));
  if (!Number.isSafeInteger(time) || time < 0)
    throw invalid("an impossible decode time");
  return time;
}

/** "Is not a sync sample", ISO/IEC 14496-12 section 8.8.3.1. */
const nonSyncFlag = 0x1_0000;

/** ISO/IEC 14496-12 section 8.8.8. */
function readRun(
  trun: Uint8Array,
  defaults: Defaults,
  startDts: number,
): { dataOffset: number; samples: CarrierSample[] } {
  const view = viewOf(trun);
  const flags = view.getUint32(need(trun, 0, 8)) & 0xff_ffff;
  const count = view.getUint32(4);
  let at = 8;
  const take = (flag: number, otherwise: number): number => {
    if ((flags & flag) === 0) return otherwise;
    at += 4;
    return view.getUint32(need(trun, at - 4, 4));
  };
  const dataOffset = take(0x1, -1);
  const firstFlags = take(0x4, defaults.flags);
  const fields = [0x100, 0x200, 0x400, 0x800].filter((bit) => flags & bit);
  if (
    count * fields.length * 4 !== trun.length - at ||
    count > maxFragmentSamples
  )
    throw invalid("a run of wrong length");
  const samples: CarrierSample[] = [];
  let dts = startDts;
  for (let index = 0; index < count; index += 1) {
    const durationTicks = take(0x100, defaults.durationTicks);
    const sizeBytes = take(0x200, defaults.sizeBytes);
    // Otherwise a file of a hundred bytes could hold a million of them.
    if (sizeBytes === 0) throw invalid("a frame of no bytes");
    const own = take(0x400, index === 0 ? firstFlags : defaults.flags);
    // Signed in version 1; version 0 has no negative ones in practice.
    const compositionOffset = take(0x800, 0) | 0;
    samples.push({
      sizeBytes,
      dts,
      pts: dts + compositionOffset,
      durationTicks,
      isKey: (own & nonSyncFlag) === 0,
    });
    dts += durationTicks;
  }
  return { dataOffset, samples };
}

/** Checks that `length` bytes lie at `at`, and gives `at` back. */
function need(bytes: Uint8Array, at: number, length: number): number {
  if (at + length > bytes.length) throw invalid("a box is too short");
  return at;
}

function invalid(detail: string): Failure {
  return new Failure("result-invalid", detail);
}
