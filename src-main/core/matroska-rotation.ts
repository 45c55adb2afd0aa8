/**
 * A turned picture in Matroska. ffmpeg before 7 cannot write one, but it does
 * write the pose of a spherical video, in the same element (RFC 9559 section
 * 5.1.4.1.28.41); so it is given one, and told afterwards that it is flat.
 */
import type { DisplayTags } from "./display-tags.ts";
import { box, fullBox, u32, viewOf } from "./mp4-boxes.ts";

/** Elements by their ids, with the length byte of the only form ffmpeg writes. */
const projection = [0x76, 0x70];
const sphericalType = [0x76, 0x71, 0x81, 0x01];
const flatType = [0x76, 0x71, 0x81, 0x00];
const privateOf20Bytes = [0x76, 0x72, 0x94];
/** Void, with a length of two bytes: as long as what it replaces. */
const voidOf20Bytes = [0xec, 0x40, 0x14];
const roll = [0x76, 0x75, 0x88];
/** A Projection holds at most type, private data and three angles. */
const maxProjectionBytes = 80;

/** The tracks stand before attachments and frames: within this many bytes of the file. */
export const matroskaHeadBytes = 1024 * 1024;

/** Google's Spherical Video V2 RFC: `sv3d`, turned by the angle (Matroska counts counter-clockwise). */
export function sphericalBox(
  rotationDegrees: DisplayTags["rotationDegrees"],
): Uint8Array {
  const angle = (counterClockwise(rotationDegrees) * 0x1_0000) | 0;
  return box(
    "sv3d",
    fullBox("svhd", 0, 0, Uint8Array.of(0)),
    box(
      "proj",
      fullBox("prhd", 0, 0, [0, 0, angle].map(u32)),
      fullBox("equi", 0, 0, new Uint8Array(16)),
    ),
  );
}

/** Makes the spherical picture in the head of a file a flat one, in place. False: there is none. */
export function flattenProjection(head: Uint8Array): boolean {
  const found = projectionOf(head);
  const type = found === null ? -1 : find(found, sphericalType);
  if (found === null || type < 0) return false;
  found.set(flatType, type);
  const data = find(found, privateOf20Bytes);
  if (data >= 0) found.set(voidOf20Bytes, data);
  return true;
}

/** Clockwise degrees a flat picture is to be turned by, from the head of a file; 0 when it says nothing. */
export function matroskaRotation(head: Uint8Array): number {
  const found = projectionOf(head);
  const at = found === null ? -1 : find(found, roll);
  if (found === null || at < 0 || find(found, sphericalType) >= 0) return 0;
  if (at + roll.length + 8 > found.length) return 0;
  const degrees = viewOf(found).getFloat64(at + roll.length);
  return ((-Math.round(degrees) % 360) + 360) % 360;
}

function counterClockwise(degrees: number): number {
  return degrees === 270 ? 90 : -degrees;
}

function projectionOf(head: Uint8Array): Uint8Array | null {
  for (let at = find(head, projection); at >= 0;) {
    const found = head.subarray(at, at + maxProjectionBytes);
    // Two bytes may be anything; two elements that belong together are not.
    if (find(found, roll) >= 0) return found;
    const next = find(head.subarray(at + 1), projection);
    at = next < 0 ? -1 : at + 1 + next;
  }
  return null;
}

function find(bytes: Uint8Array, pattern: readonly number[]): number {
  const last = bytes.length - pattern.length;
  for (let at = 0; at <= last; at += 1)
    if (pattern.every((byte, index) => bytes[at + index] === byte)) return at;
  return -1;
}
