/**
 * What a decoder must know before the first frame of a segment. One output has
 * one header; when encoders of different builds disagree, their sets travel
 * with the keyframes instead (ISO/IEC 14496-15: `avc3`, `hev1`).
 */
import { Failure } from "./errors.ts";
import type { CarrierHeader } from "./carrier-boxes.ts";
import { joined, u32, viewOf } from "./mp4-boxes.ts";

/** Boxes that configure a decoder; the rest of a sample entry describes. */
const configurationTypes = ["avcC", "hvcC", "av1C", "vpcC", "glbl"];

/** The NAL units of a header, without lengths; empty for codecs whose frames carry all they need. */
export function parameterSets(header: CarrierHeader): Uint8Array[] {
  const configuration = decoderConfiguration(header);
  if (configuration?.type === "avcC") return avcSets(configuration.body);
  if (configuration?.type === "hvcC") return hevcSets(configuration.body);
  return [];
}

/** A text that is equal for two headers exactly when one of them serves the frames of both. */
export function decoderIdentity(header: CarrierHeader): string {
  const configuration = decoderConfiguration(header);
  const sets = parameterSets(header);
  // AV1 and VP9 say everything again in each keyframe; their boxes are advice.
  const isAdvice =
    configuration?.type === "av1C" || configuration?.type === "vpcC";
  const parts =
    sets.length > 0 || isAdvice ? sets : [configuration?.body ?? []];
  return parts
    .map((part) => Array.from(part, (byte) => byte.toString(16)).join(" "))
    .join("|");
}

/** The sets as they stand inside a frame: each after its four bytes of length. */
export function inBandSets(sets: readonly Uint8Array[]): Uint8Array {
  return joined(sets.map((set) => [u32(set.length), set]));
}

/** Where in a frame the sets belong: after the access unit delimiter, if it starts with one. `start`: its first bytes. */
export function inBandOffset(entryType: string, start: Uint8Array): number {
  if (start.length < 5) return 0;
  const lengthBytes = viewOf(start).getUint32(0);
  const first = start[4] ?? 0;
  const isDelimiter = isAvc(entryType)
    ? (first & 0x1f) === 9
    : ((first >> 1) & 0x3f) === 35;
  return isDelimiter && lengthBytes < 16 ? 4 + lengthBytes : 0;
}

function isAvc(entryType: string): boolean {
  return entryType === "avc1" || entryType === "avc3";
}

function decoderConfiguration(header: CarrierHeader) {
  return header.entryBoxes.find(({ type }) =>
    configurationTypes.includes(type),
  );
}

/** AVCDecoderConfigurationRecord, ISO/IEC 14496-15 section 5.3.3.1. */
function avcSets(record: Uint8Array): Uint8Array[] {
  const reader = new SetReader(record);
  reader.skip(4);
  reader.requireFourByteLengths();
  const sequenceSets = reader.sets(reader.byte() & 0x1f);
  return [...sequenceSets, ...reader.sets(reader.byte())];
}

/** HEVCDecoderConfigurationRecord, ISO/IEC 14496-15 section 8.3.3.1. */
function hevcSets(record: Uint8Array): Uint8Array[] {
  const reader = new SetReader(record);
  reader.skip(21);
  reader.requireFourByteLengths();
  const arrays = reader.byte();
  const sets: Uint8Array[] = [];
  for (let index = 0; index < arrays; index += 1) {
    const type = reader.byte() & 0x3f;
    const units = reader.sets(reader.short());
    // 32 to 34: VPS, SPS, PPS. Encoders add notes about themselves (SEI), which bind nobody.
    if (type >= 32 && type <= 34) sets.push(...units);
  }
  return sets;
}

class SetReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined)
      throw new Failure("result-invalid", "the parameter sets are cut off");
    this.#at += 1;
    return value;
  }

  short(): number {
    return this.byte() * 256 + this.byte();
  }

  skip(count: number): void {
    this.#at += count;
  }

  requireFourByteLengths(): void {
    if ((this.byte() & 3) !== 3)
      throw new Failure("result-invalid", "frames use short length fields");
  }

  sets(count: number): Uint8Array[] {
    return Array.from({ length: count }, () => {
      const length = this.short();
      const end = this.#at + length;
      if (end > this.#bytes.length)
        throw new Failure("result-invalid", "the parameter sets are cut off");
      const set = this.#bytes.subarray(this.#at, end);
      this.#at = end;
      return set;
    });
  }
}
