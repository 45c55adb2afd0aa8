/**
 * The box structure of MP4 (ISO/IEC 14496-12 section 4.2): reading without
 * trusting a single size, and writing. 64-bit sizes occur only for `mdat`.
 */
import { Failure } from "./errors.ts";

export interface Box {
  /** Four characters. */
  readonly type: string;
  /** The body, without size and type. */
  readonly body: Uint8Array;
}

export interface BoxHeader {
  readonly type: string;
  readonly headerBytes: number;
  readonly bodyBytes: number;
}

/** Longest header: size, type, 64-bit size. */
export const maxBoxHeaderBytes = 16;

/**
 * The header at the start of `bytes`, or null when there are too few of them.
 * Throws `Failure("result-invalid")` on sizes that cannot be.
 */
export function readBoxHeader(bytes: Uint8Array): BoxHeader | null {
  if (bytes.length < 8) return null;
  const view = viewOf(bytes);
  const size32 = view.getUint32(0);
  const type = fourCharacters(bytes, 4);
  if (size32 !== 1) return checked(type, 8, size32 - 8);
  if (bytes.length < maxBoxHeaderBytes) return null;
  return checked(type, 16, Number(view.getBigUint64(8)) - 16);
}

function checked(
  type: string,
  headerBytes: number,
  bodyBytes: number,
): BoxHeader {
  // Size 0 ("to the end of the file") is never written to a pipe by ffmpeg.
  if (bodyBytes < 0 || !Number.isSafeInteger(bodyBytes))
    throw new Failure("result-invalid", `a ${type} box of impossible size`);
  return { type, headerBytes, bodyBytes };
}

/** In one container: a fragment of many interleaved tracks has some thousand runs. */
const maxBoxes = 100_000;

/** All boxes of a container box's body. Throws `Failure("result-invalid")` when they do not fill it exactly. */
export function readBoxes(body: Uint8Array): Box[] {
  const boxes: Box[] = [];
  let at = 0;
  while (at < body.length) {
    if (boxes.length >= maxBoxes)
      throw new Failure("result-invalid", "too many boxes");
    const header = readBoxHeader(body.subarray(at));
    // QuickTime ends some lists with four zero bytes; readBoxHeader refuses size 0.
    if (header === null) {
      if (body.subarray(at).every((byte) => byte === 0)) break;
      throw new Failure("result-invalid", "a box is cut off");
    }
    const start = at + header.headerBytes;
    const end = start + header.bodyBytes;
    if (end > body.length)
      throw new Failure("result-invalid", `the ${header.type} box is cut off`);
    boxes.push({ type: header.type, body: body.subarray(start, end) });
    at = end;
  }
  return boxes;
}

/** The only box of a type among `boxes`. Throws `Failure("result-invalid")` when there is none or more. */
export function onlyBox(boxes: readonly Box[], type: string): Uint8Array {
  const found = boxes.filter((box) => box.type === type);
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new Failure(
      "result-invalid",
      `${String(found.length)} ${type} boxes instead of one`,
    );
  return first.body;
}

/** Descends `path` from a container's body, each step being the only box of its type. */
export function boxAt(body: Uint8Array, ...path: string[]): Uint8Array {
  return path.reduce((inside, type) => onlyBox(readBoxes(inside), type), body);
}

export type BoxPart = Uint8Array | readonly BoxPart[];

/** A box of the given parts. */
export function box(type: string, ...parts: BoxPart[]): Uint8Array {
  const body = joined(parts);
  return joined([u32(body.length + 8), characters(type), body]);
}

/** A box with version and flags before its body. */
export function fullBox(
  type: string,
  version: number,
  flags: number,
  ...parts: BoxPart[]
): Uint8Array {
  return box(type, u32(version * 2 ** 24 + flags), ...parts);
}

/** The parts, nested or not, as one piece of memory. */
export function joined(parts: readonly BoxPart[]): Uint8Array {
  const flat: Uint8Array[] = [];
  const flatten = (part: BoxPart): void => {
    if (part instanceof Uint8Array) flat.push(part);
    else for (const inner of part) flatten(inner);
  };
  for (const part of parts) flatten(part);
  const bytes = new Uint8Array(
    flat.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of flat) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** One byte. */
export function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

/** Two bytes, big-endian as all numbers of ISO/IEC 14496-12. */
export function u16(value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  viewOf(bytes).setUint16(0, value);
  return bytes;
}

/** Also takes negative values, as two's complement. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value < 0 ? value + 2 ** 32 : value);
  return bytes;
}

/** Eight bytes, big-endian; whole numbers only. */
export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, BigInt(value));
  return bytes;
}

/** A text of Latin-1 characters, a byte each. */
export function characters(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The box type or brand at an offset. */
export function fourCharacters(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** The same bytes, to be read as numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
