/**
 * Tells from the bytes of a keyframe whether everything shown from it on can be
 * decoded without anything that came before it. Containers mark more as
 * keyframes than that: entry points of open groups and of intra refresh, whole
 * files whose marks are lost. What is not understood is never called clean.
 */

/** A packet as the demuxer gives it, with what its stream's header says of the codec. */
export interface KeyframeBytes {
  /** ffmpeg's name of the codec. */
  readonly codec: string;
  /** Parameter sets and the like from the container; empty where there are none. */
  readonly codecData: Uint8Array;
  /** The packet's beginning; `cleanKeyframeBytes` are enough. */
  readonly packet: Uint8Array;
}

/** How much of a packet is looked at: parameter sets and captions come before the picture. */
export const cleanKeyframeBytes = 65_536;

/** Every packet is a picture of its own, whatever it holds. */
const alwaysClean: ReadonlySet<string> = new Set(
  "mjpeg mjpegb ljpeg jpeg2000 jpegls prores dnxhd utvideo rawvideo v210 v410 r210 png bmp tiff targa dvvideo hap dpx exr".split(
    " ",
  ),
);

const judges: Readonly<
  Record<string, (packet: Uint8Array, codecData: Uint8Array) => boolean>
> = {
  h264: isCleanH264,
  hevc: isCleanHevc,
  av1: isCleanAv1,
  vp9: isCleanVp9,
  mpeg2video: isCleanMpeg2,
  ffv1: isCleanFfv1,
};

/** Whether keyframes of a codec can be judged at all. */
export function canJudgeKeyframes(codec: string): boolean {
  return alwaysClean.has(codec) || Object.hasOwn(judges, codec);
}

/** Whether nothing shown at or after this packet needs anything decoded before it. */
export function isCleanKeyframe(bytes: KeyframeBytes): boolean {
  const { codec, codecData, packet } = bytes;
  if (alwaysClean.has(codec)) return true;
  const judge = Object.hasOwn(judges, codec) ? judges[codec] : undefined;
  return judge?.(packet, codecData) ?? false;
}

/**
 * ITU-T H.264, table 7-1: 5 is a slice of an IDR picture, after which nothing
 * refers back. 1 to 4 are slices of others, 7 and 8 parameter sets.
 */
function isCleanH264(packet: Uint8Array, codecData: Uint8Array): boolean {
  // avcC (ISO/IEC 14496-15, 5.3.3.1): version 1, the size of lengths in the fifth byte.
  const isPacked = codecData[0] === 1 && codecData.length > 6;
  const lengthBytes = isPacked ? (codecData[4]! & 3) + 1 : 0;
  const seen = new Set<number>();
  for (const at of unitStarts(packet, lengthBytes)) {
    const type = packet[at]! & 0x1f;
    seen.add(type);
    if (type < 1 || type > 5) continue;
    // A stream without a header sends its parameter sets along, perhaps not with every keyframe.
    return type === 5 && (isPacked || (seen.has(7) && seen.has(8)));
  }
  return false;
}

/**
 * ITU-T H.265, table 7-1: 0 to 31 are slices, 16 to 21 those of pictures at
 * which decoding may begin. What is shown after such a picture never refers to
 * anything before it (8.3.2 and the constraints on leading pictures); leading
 * pictures that do are shown before it. 32 to 34 are parameter sets.
 */
function isCleanHevc(packet: Uint8Array, codecData: Uint8Array): boolean {
  // hvcC (ISO/IEC 14496-15, 8.3.3.1): not a start code, the size of lengths in the 22nd byte, then how many parameter sets.
  const isPacked = codecData.length > 22 && (codecData[0]! | codecData[1]!) > 0;
  const lengthBytes = isPacked ? (codecData[21]! & 3) + 1 : 0;
  const hasSets = isPacked && codecData[22]! >= 3;
  const seen = new Set<number>();
  for (const at of unitStarts(packet, lengthBytes)) {
    const type = (packet[at]! >> 1) & 0x3f;
    const layer = ((packet[at]! & 1) << 5) | ((packet[at + 1] ?? 0) >> 3);
    if (layer > 0) continue;
    seen.add(type);
    if (type > 31) continue;
    const areSent = [32, 33, 34].every((set) => seen.has(set));
    return type >= 16 && type <= 21 && (hasSets || areSent);
  }
  return false;
}

/** Where the NAL units of a packet begin: behind start codes, or behind lengths of so many bytes. */
function* unitStarts(
  packet: Uint8Array,
  lengthBytes: number,
): Generator<number> {
  if (lengthBytes === 0) {
    for (let at = 0; at + 3 < packet.length; at += 1) {
      const isStart =
        packet[at] === 0 && packet[at + 1] === 0 && packet[at + 2] === 1;
      if (isStart) yield at + 3;
    }
    return;
  }
  for (let at = 0; at + lengthBytes < packet.length;) {
    let size = 0;
    for (let n = 0; n < lengthBytes; n += 1)
      size = size * 256 + packet[at + n]!;
    if (size === 0) return;
    yield at + lengthBytes;
    at += lengthBytes + size;
  }
}

/**
 * AV1 specification, 5.3 and 5.9: the first frame header of the packet must be
 * of a key frame that is shown at once; it resets all references.
 */
function isCleanAv1(packet: Uint8Array): boolean {
  const frameHeader = 3;
  const frame = 6;
  for (let at = 0; at < packet.length;) {
    const header = packet[at]!;
    const type = (header >> 3) & 15;
    const hasExtension = (header & 4) !== 0;
    const hasSize = (header & 2) !== 0;
    if ((header & 0x80) !== 0) return false;
    let body = at + (hasExtension ? 2 : 1);
    let size = packet.length - body;
    if (hasSize) [size, body] = readLeb128(packet, body);
    // show_existing_frame 0, frame_type 00 (key), show_frame 1.
    if (type === frameHeader || type === frame)
      return body < packet.length && packet[body]! >> 4 === 0b0001;
    at = body + size;
  }
  return false;
}

/** AV1 specification, 4.10.5: seven bits a byte, the lowest first. Gives the value and what follows it. */
function readLeb128(bytes: Uint8Array, start: number): [number, number] {
  let value = 0;
  for (let n = 0; n < 8; n += 1) {
    const byte = bytes[start + n] ?? 0;
    value += (byte & 127) * 128 ** n;
    if (byte < 128) return [value, start + n + 1];
  }
  return [Infinity, bytes.length];
}

/** VP9 bitstream specification, 6.2: frame marker 10, not a repeat, a key frame, shown; it resets all references. */
function isCleanVp9(packet: Uint8Array): boolean {
  const first = packet[0];
  if (first === undefined || first >> 6 !== 0b10) return false;
  // Profile 3 has one reserved bit more.
  const isProfile3 = (first & 0x30) === 0x30;
  const bits = isProfile3 ? first & 7 : (first >> 1) & 7;
  // show_existing_frame, frame_type, then show_frame, which is 1.
  return bits === 0b001;
}

/**
 * ISO/IEC 13818-2, 6.2.2 and 6.2.3: a sequence header, then an I picture.
 * Pictures shown after it refer to nothing before it: B pictures that do are
 * shown earlier.
 */
function isCleanMpeg2(packet: Uint8Array): boolean {
  let hasSequence = false;
  for (const at of unitStarts(packet, 0)) {
    if (packet[at] === 0xb3) hasSequence = true;
    if (packet[at] !== 0) continue;
    const type = ((packet[at + 2] ?? 0) >> 3) & 7;
    return hasSequence && type === 1;
  }
  return false;
}

/** RFC 9043, 3.8.1 and 4.4: the first symbol, coded in state 128, says whether this is a keyframe. */
function isCleanFfv1(packet: Uint8Array): boolean {
  return packet.length > 2 && packet[0]! * 256 + packet[1]! >= 0x7f80;
}
