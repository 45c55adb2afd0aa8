/**
 * Tells, while a NUT stream passes by, where each packet begins, when it is
 * shown and whether it is a keyframe. For streams as ffmpeg writes them into a
 * pipe; layout after the NUT specification (nut.txt, "File format").
 */

export interface NutPacket {
  /** Offset of the packet's first byte in the stream. */
  readonly offset: number;
  readonly stream: number;
  /** Presentation time in microseconds as written, the wire's offset included. */
  readonly ptsUs: number;
  readonly isKey: boolean;
  /** What the packet begins with and the stream does not repeat. */
  readonly elided: Uint8Array;
  /** Where the rest of the packet begins in the stream, and how long it is. */
  readonly dataOffset: number;
  readonly dataBytes: number;
}

/** The stream is not NUT as ffmpeg writes it. */
export class NutError extends Error {}

const magic = "nut/multimedia container\0";
/** Startcodes are `N`, a letter, and six bytes nobody mistakes for data. */
const startcodeByte = 0x4e;
const startcodeBytes = 8;
const mainHeader = "M".charCodeAt(0);
const streamHeader = "S".charCodeAt(0);
const syncpoint = "K".charCodeAt(0);
/** Headers longer than this carry a checksum of their own behind their length. */
const checkedHeaderBytes = 4096;
/** Headers of an honest stream are far smaller; a broken one must not fill the memory. */
const maxHeaderBytes = 16 * 1024 * 1024;

const nothing = new Uint8Array(0);

const flag = {
  key: 1,
  codedPts: 8,
  streamId: 16,
  sizeMsb: 32,
  checksum: 64,
  reserved: 128,
  headerIndex: 1 << 10,
  matchTime: 1 << 11,
  coded: 1 << 12,
  invalid: 1 << 13,
} as const;

interface FrameCode {
  readonly flags: number;
  readonly stream: number;
  readonly sizeMul: number;
  readonly sizeLsb: number;
  readonly ptsDelta: number;
  readonly reserved: number;
  readonly headerIndex: number;
}

interface StreamState {
  readonly tickUs: number;
  readonly timeBase: TimeBase;
  readonly msbPtsShift: number;
  /** What the container says of the codec. */
  readonly codecData: Uint8Array;
  lastPts: number;
}

interface TimeBase {
  readonly numerator: number;
  readonly denominator: number;
}

/** Give it the stream piece by piece (`push`); it calls back once per packet, in stream order. Throws `NutError`. */
export class NutMeter {
  readonly #onPacket: (packet: NutPacket) => void;
  /** What is left of earlier pieces: the beginning of an element whose end has not come yet. */
  #buffer: Uint8Array = new Uint8Array(0);
  #bufferOffset = 0;
  /** Bytes of packet data to pass over. */
  #skip = 0;
  #isStarted = false;
  #codes: FrameCode[] = [];
  #elided: Uint8Array[] = [nothing];
  #timeBases: TimeBase[] = [];
  #streams: StreamState[] = [];

  /** `onPacket` is called as soon as a packet's header is complete, before its data passed. */
  constructor(onPacket: (packet: NutPacket) => void) {
    this.#onPacket = onPacket;
  }

  /** Where the first element begins that is not understood yet; all before it belongs to known packets. */
  get settledOffset(): number {
    return this.#bufferOffset;
  }

  /** What the header of a stream says of its codec; empty where it says nothing. */
  codecData(stream: number): Uint8Array {
    return this.#streams[stream]?.codecData ?? nothing;
  }

  /**
   * Takes the next piece of the stream, cut anywhere.
   *
   * @throws NutError when this is no NUT stream; nothing can be told of the rest.
   */
  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#buffer.length > 0) {
      bytes = new Uint8Array(this.#buffer.length + chunk.length);
      bytes.set(this.#buffer);
      bytes.set(chunk, this.#buffer.length);
    }
    let at = 0;
    for (;;) {
      const skipped = Math.min(this.#skip, bytes.length - at);
      this.#skip -= skipped;
      at += skipped;
      if (at >= bytes.length) break;
      const reader = new Reader(bytes, at);
      const isComplete = this.#readElement(reader, this.#bufferOffset + at);
      if (!isComplete) break;
      at = reader.at;
    }
    this.#buffer = bytes.slice(at);
    this.#bufferOffset += at;
    if (this.#buffer.length > maxHeaderBytes)
      throw new NutError("a header without end");
  }

  /** False when more bytes are needed; nothing has changed then. */
  #readElement(reader: Reader, offset: number): boolean {
    try {
      if (!this.#isStarted) this.#readMagic(reader);
      else if (reader.peek() === startcodeByte) this.#readHeader(reader);
      else this.#readFrame(reader, offset);
      return true;
    } catch (cause) {
      if (cause instanceof NeedMore) return false;
      throw cause;
    }
  }

  #readMagic(reader: Reader): void {
    for (const character of magic)
      if (reader.byte() !== character.charCodeAt(0))
        throw new NutError("not a NUT stream");
    this.#isStarted = true;
  }

  #readHeader(reader: Reader): void {
    reader.byte();
    const kind = reader.byte();
    reader.skip(startcodeBytes - 2);
    const sizeBytes = reader.varlen();
    if (sizeBytes > maxHeaderBytes) throw new NutError("a header too long");
    if (sizeBytes > checkedHeaderBytes) reader.skip(4);
    const body = reader.part(sizeBytes);
    if (kind === mainHeader) this.#readMainHeader(body);
    else if (kind === streamHeader) this.#readStreamHeader(body);
    else if (kind === syncpoint) this.#readSyncpoint(body);
  }

  #readMainHeader(body: Reader): void {
    const version = body.varlen();
    if (version > 3) body.varlen();
    body.varlen(); // Streams.
    body.varlen(); // Distance between syncpoints.
    this.#timeBases = Array.from({ length: limited(body.varlen()) }, () => ({
      numerator: body.varlen(),
      denominator: body.varlen(),
    }));
    this.#codes = readFrameCodes(body);
    this.#elided = [nothing];
    for (let left = limited(body.varlen()); left > 0; left -= 1)
      this.#elided.push(body.copy(body.varlen()));
  }

  #readStreamHeader(body: Reader): void {
    const stream = limited(body.varlen());
    body.varlen(); // Class.
    body.skip(body.varlen()); // Codec.
    const timeBase = this.#timeBases[body.varlen()];
    if (!timeBase) throw new NutError("a stream without a time base");
    const msbPtsShift = body.varlen();
    body.varlen(); // Longest distance between times.
    body.varlen(); // Frames of decoding delay.
    body.varlen(); // Flags.
    const codecData = body.copy(body.varlen());
    // Headers are repeated in long streams; the clock goes on.
    const lastPts = this.#streams[stream]?.lastPts ?? 0;
    const tickUs = (timeBase.numerator * 1e6) / timeBase.denominator;
    this.#streams[stream] = {
      ...{ tickUs, timeBase, msbPtsShift },
      ...{ codecData, lastPts },
    };
  }

  /** Every stream's clock is set to the syncpoint's time, rounded down. */
  #readSyncpoint(body: Reader): void {
    const coded = body.varlenBig();
    const bases = BigInt(this.#timeBases.length);
    const from = this.#timeBases[Number(coded % bases)]!;
    const ticks = coded / bases;
    for (const stream of this.#streams) {
      if (!stream) continue;
      const to = stream.timeBase;
      stream.lastPts = Number(
        (ticks * BigInt(from.numerator) * BigInt(to.denominator)) /
          (BigInt(from.denominator) * BigInt(to.numerator)),
      );
    }
  }

  #readFrame(reader: Reader, offset: number): void {
    const start = reader.at;
    const code = this.#codes[reader.byte()];
    if (!code || code.flags & flag.invalid)
      throw new NutError("a frame code that is not in the table");
    let flags = code.flags;
    if (flags & flag.coded) flags ^= reader.varlen();
    const id = flags & flag.streamId ? reader.varlen() : code.stream;
    const stream = this.#streams[id];
    if (!stream) throw new NutError("a packet of no stream");
    const pts =
      flags & flag.codedPts
        ? fullPts(stream, reader.varlen())
        : stream.lastPts + code.ptsDelta;
    let sizeBytes = code.sizeLsb;
    if (flags & flag.sizeMsb) sizeBytes += code.sizeMul * reader.varlen();
    if (flags & flag.matchTime) reader.varlen();
    let headerIndex =
      flags & flag.headerIndex ? reader.varlen() : code.headerIndex;
    const reserved = flags & flag.reserved ? reader.varlen() : code.reserved;
    for (let left = limited(reserved); left > 0; left -= 1) reader.varlen();
    // Large packets are stored whole: the common beginnings save nothing there.
    if (sizeBytes > 4096) headerIndex = 0;
    if (flags & flag.checksum) reader.skip(4);
    stream.lastPts = pts;
    const elided = this.#elided[headerIndex] ?? nothing;
    this.#skip = sizeBytes - elided.length;
    this.#onPacket({
      ...{ offset, stream: id, elided },
      ptsUs: pts * stream.tickUs,
      isKey: (flags & flag.key) !== 0,
      dataOffset: offset + reader.at - start,
      dataBytes: this.#skip,
    });
  }
}

/** Times are written whole, or as their low bits nearest to the time before. */
function fullPts(stream: StreamState, coded: number): number {
  const range = 2 ** stream.msbPtsShift;
  if (coded >= range) return coded - range;
  const lowest = stream.lastPts - Math.floor((range - 1) / 2);
  return lowest + ((((coded - lowest) % range) + range) % range);
}

function readFrameCodes(body: Reader): FrameCode[] {
  const codes: FrameCode[] = [];
  let [ptsDelta, sizeMul, stream, headerIndex] = [0, 1, 0, 0];
  while (codes.length < 256) {
    const flags = body.varlen();
    const fields = body.varlen();
    if (fields > 0) ptsDelta = body.signed();
    if (fields > 1) sizeMul = body.varlen();
    if (fields > 2) stream = body.varlen();
    const sizeLsb = fields > 3 ? body.varlen() : 0;
    const reserved = fields > 4 ? body.varlen() : 0;
    const count = fields > 5 ? body.varlen() : sizeMul - sizeLsb;
    if (fields > 6) body.varlen(); // Match time.
    if (fields > 7) headerIndex = body.varlen();
    for (let extra = 8; extra < fields; extra += 1) body.varlen();
    if (count <= 0) throw new NutError("an empty run of frame codes");
    const common = { stream, sizeMul, ptsDelta, reserved, headerIndex };
    for (let n = 0; n < count && codes.length < 256; n += 1) {
      if (codes.length === startcodeByte)
        codes.push({ ...common, flags: flag.invalid, sizeLsb: 0 });
      codes.push({ ...common, flags, sizeLsb: sizeLsb + n });
    }
  }
  return codes;
}

/** Counts of a stream that one ffmpeg wrote are small. */
function limited(count: number): number {
  if (count > 1024) throw new NutError("a count too large");
  return count;
}

class NeedMore extends Error {}
/** Thrown often, once a piece; the same object, because a stack is not needed. */
const needMore = new NeedMore();

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  peek(): number {
    if (this.at >= this.#bytes.length) throw needMore;
    return this.#bytes[this.at]!;
  }

  byte(): number {
    const value = this.peek();
    this.at += 1;
    return value;
  }

  skip(count: number): void {
    if (this.at + count > this.#bytes.length) throw needMore;
    this.at += count;
  }

  copy(count: number): Uint8Array {
    const start = this.at;
    this.skip(count);
    // A copy also where the bytes are a Buffer, whose own `slice` is none.
    return new Uint8Array(this.#bytes.subarray(start, start + count));
  }

  part(count: number): Reader {
    const start = this.at;
    this.skip(count);
    return new Reader(this.#bytes.subarray(0, start + count), start);
  }

  /** Seven bits a byte, the highest first. */
  varlen(): number {
    let value = 0;
    for (;;) {
      const byte = this.byte();
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
  }

  varlenBig(): bigint {
    let value = 0n;
    for (;;) {
      const byte = this.byte();
      value = value * 128n + BigInt(byte & 127);
      if (byte < 128) return value;
    }
  }

  /** 0, 1, -1, 2, -2, ... */
  signed(): number {
    const value = this.varlen() + 1;
    return value % 2 === 1 ? -(value - 1) / 2 : value / 2;
  }
}
