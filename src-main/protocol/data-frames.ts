/**
 * The binary frames of a data connection (SPEC.md, rules W20 to W25). One
 * frame is one WebSocket message: this header, big endian, then the payload.
 *
 *     0  u8   frame version, 1
 *     1  u8   flags: 1 digest follows, 2 end of the transfer
 *     2  u16  zero
 *     4  u32  transfer number, chosen by the receiver
 *     8  u64  offset of the payload in the transfer, bytes
 *    16  32 bytes  with flag 1: SHA-256 of the transfer up to the payload's end
 */
export interface DataFrameHeader {
  readonly transfer: number;
  /** Bytes from the start of the transfer. */
  readonly offset: number;
  /** SHA-256 of everything up to and with this payload; null: not said here. */
  readonly digest: Uint8Array | null;
  readonly isEnd: boolean;
}

export type ParsedDataFrame =
  | { readonly header: DataFrameHeader; readonly headerBytes: number }
  | { readonly problem: string };

export const frameVersion = 1;
/** Large enough that the cost per frame vanishes, small enough to interleave fairly. */
export const framePayloadMaxBytes = 256 * 1024;
/** A digest is due wherever a payload ends at a multiple of this. */
export const digestEveryBytes = 8 * 1024 * 1024;
export const digestBytes = 32;
const plainHeaderBytes = 16;
export const frameHeaderMaxBytes = plainHeaderBytes + digestBytes;
export const frameMaxBytes = frameHeaderMaxBytes + framePayloadMaxBytes;

const digestFlag = 1;
const endFlag = 2;

/** The header's bytes. The caller sends the payload right behind them. */
export function encodeDataHeader(header: DataFrameHeader): Uint8Array {
  const { digest } = header;
  const bytes = new Uint8Array(
    digest === null ? plainHeaderBytes : frameHeaderMaxBytes,
  );
  const view = new DataView(bytes.buffer);
  view.setUint8(0, frameVersion);
  view.setUint8(1, (digest ? digestFlag : 0) | (header.isEnd ? endFlag : 0));
  view.setUint32(4, header.transfer);
  view.setUint32(8, Math.floor(header.offset / 2 ** 32));
  view.setUint32(12, header.offset % 2 ** 32);
  if (digest !== null) bytes.set(digest, plainHeaderBytes);
  return bytes;
}

/**
 * Reads the header of a frame whose whole length is `frameBytes` (`bytes` may
 * be its beginning only). Never throws; the digest is a view of `bytes`.
 */
export function parseDataHeader(
  bytes: Uint8Array,
  frameBytes: number = bytes.byteLength,
): ParsedDataFrame {
  if (bytes.byteLength < plainHeaderBytes) return { problem: "short header" };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== frameVersion) return { problem: "frame version" };
  const flags = view.getUint8(1);
  if (flags > (digestFlag | endFlag)) return { problem: "unknown flags" };
  if (view.getUint16(2) !== 0) return { problem: "reserved bytes" };
  const offset = view.getUint32(8) * 2 ** 32 + view.getUint32(12);
  const hasDigest = (flags & digestFlag) !== 0;
  const isEnd = (flags & endFlag) !== 0;
  const headerBytes = hasDigest ? frameHeaderMaxBytes : plainHeaderBytes;
  if (bytes.byteLength < headerBytes) return { problem: "short digest" };
  const payloadBytes = frameBytes - headerBytes;
  const problem = sizeProblem(offset, payloadBytes, hasDigest, isEnd);
  if (problem !== null) return { problem };
  const digest = hasDigest
    ? bytes.subarray(plainHeaderBytes, frameHeaderMaxBytes)
    : null;
  return {
    header: { transfer: view.getUint32(4), offset, digest, isEnd },
    headerBytes,
  };
}

function sizeProblem(
  offset: number,
  payloadBytes: number,
  hasDigest: boolean,
  isEnd: boolean,
): string | null {
  if (payloadBytes > framePayloadMaxBytes) return "long payload";
  if (payloadBytes < 0 || (payloadBytes === 0 && !isEnd)) return "no payload";
  const end = offset + payloadBytes;
  if (!Number.isSafeInteger(end)) return "offset out of range";
  if (isEnd && !hasDigest) return "end without digest";
  const room = digestEveryBytes - (offset % digestEveryBytes);
  if (payloadBytes > room) return "payload crosses a digest bound";
  if (payloadBytes === room && !hasDigest) return "missing digest";
  return null;
}
