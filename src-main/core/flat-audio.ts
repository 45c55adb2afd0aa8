/**
 * The audio task's result with one plain index instead of fragments: ffmpeg's
 * reader forgets the length of fragmented audio packets, and with it the end of
 * the last one (96 ms with FLAC).
 */
import { Failure } from "./errors.ts";
import {
  box,
  boxAt,
  characters,
  fullBox,
  onlyBox,
  readBoxes,
  u16,
  u32,
  u64,
  viewOf,
} from "./mp4-boxes.ts";
import { readTrackRuns } from "./carrier-boxes.ts";

/** Of all tracks: three days of eight tracks in packets of 20 ms, and of what memory holds. */
const maxPackets = 2 ** 24;

/** Collects the fragments of a carrier with any number of audio tracks. */
export class FlatAudio {
  readonly #tracks: FlatTrack[];
  #packets = 0;

  /** `moov`: the body of the carrier's header. Throws `Failure("result-invalid")`. */
  constructor(moov: Uint8Array) {
    this.#tracks = readBoxes(moov)
      .filter(({ type }) => type === "trak")
      .map(({ body }) => readTrack(body));
    if (this.#tracks.length === 0)
      throw new Failure("result-invalid", "there is no audio track");
  }

  /** `moof`: its body; `moofByte`: where in the file its box starts. */
  addFragment(moof: Uint8Array, moofByte: number): void {
    for (const run of readTrackRuns(moof)) {
      const track = this.#tracks.find(({ id }) => id === run.trackId);
      if (track === undefined)
        throw new Failure("result-invalid", "a fragment of an unknown track");
      if (run.samples.length === 0) continue;
      this.#packets += run.samples.length;
      if (this.#packets > maxPackets)
        throw new Failure("result-invalid", "too many audio packets");
      track.chunkBytes.push(moofByte + run.dataOffset);
      track.chunkSamples.push(run.samples.length);
      for (const { dts, sizeBytes, durationTicks } of run.samples) {
        track.startTicks ??= dts;
        if (dts < (track.dts.at(-1) ?? dts))
          throw new Failure("result-invalid", "audio packets out of order");
        track.dts.push(dts);
        track.sizesBytes.push(sizeBytes);
        track.lastDurationTicks = durationTicks;
      }
    }
  }

  /** When each track starts, seconds of wire time; its index starts at zero. Null: it has no packet. */
  startsS(): (number | null)[] {
    return this.#tracks.map(({ startTicks, timescale }) =>
      startTicks === null ? null : startTicks / timescale,
    );
  }

  /** The whole `moov` box. */
  header(): Uint8Array {
    return box(
      "moov",
      fullBox(
        "mvhd",
        0,
        0,
        [0, 0, 1000, 0, 0x1_0000].map(u32),
        u16(0x100),
        new Uint8Array(10),
        identity,
        new Uint8Array(24),
        u32(this.#tracks.length + 1),
      ),
      this.#tracks.map(trackBox),
    );
  }
}

interface FlatTrack {
  readonly id: number;
  readonly timescale: number;
  /** Body of `stsd`, as the encoder's muxer wrote it. */
  readonly description: Uint8Array;
  startTicks: number | null;
  readonly dts: number[];
  readonly sizesBytes: number[];
  lastDurationTicks: number;
  readonly chunkBytes: number[];
  readonly chunkSamples: number[];
}

const identity = Uint8Array.from(
  [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000].flatMap((value) =>
    Array.from(u32(value)),
  ),
);

function readTrack(trak: Uint8Array): FlatTrack {
  const tkhd = boxAt(trak, "tkhd");
  const media = boxAt(trak, "mdia");
  const mdhd = onlyBox(readBoxes(media), "mdhd");
  if (tkhd.length < 24 || mdhd.length < 24)
    throw new Failure("result-invalid", "a box is too short");
  return {
    id: viewOf(tkhd).getUint32(tkhd[0] === 1 ? 20 : 12),
    timescale: viewOf(mdhd).getUint32(mdhd[0] === 1 ? 20 : 12),
    description: boxAt(media, "minf", "stbl", "stsd"),
    startTicks: null,
    dts: [],
    sizesBytes: [],
    lastDurationTicks: 0,
    chunkBytes: [],
    chunkSamples: [],
  };
}

function trackBox(track: FlatTrack): Uint8Array {
  const durations = track.dts.map((dts, index) =>
    index + 1 < track.dts.length
      ? (track.dts[index + 1] ?? dts) - dts
      : track.lastDurationTicks,
  );
  const total = durations.reduce((sum, ticks) => sum + ticks, 0);
  const reference = fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1));
  return box(
    "trak",
    fullBox(
      "tkhd",
      0,
      3,
      [0, 0, track.id, 0, 0].map(u32),
      new Uint8Array(16),
      identity,
      new Uint8Array(8),
    ),
    box(
      "mdia",
      fullBox(
        "mdhd",
        1,
        0,
        [0, 0].map(u64),
        u32(track.timescale),
        u64(total),
        u32(0x55c4_0000),
      ),
      fullBox("hdlr", 0, 0, u32(0), characters("soun"), new Uint8Array(13)),
      box(
        "minf",
        fullBox("smhd", 0, 0, u32(0)),
        box("dinf", reference),
        sampleTable(track, durations),
      ),
    ),
  );
}

function sampleTable(
  track: FlatTrack,
  durations: readonly number[],
): Uint8Array {
  return box(
    "stbl",
    box("stsd", track.description),
    fullBox("stts", 0, 0, runLengths(durations)),
    fullBox(
      "stsc",
      0,
      0,
      u32(track.chunkSamples.length),
      track.chunkSamples.map((count, index) => [
        u32(index + 1),
        u32(count),
        u32(1),
      ]),
    ),
    fullBox(
      "stsz",
      0,
      0,
      u32(0),
      u32(track.sizesBytes.length),
      track.sizesBytes.map(u32),
    ),
    fullBox(
      "co64",
      0,
      0,
      u32(track.chunkBytes.length),
      track.chunkBytes.map(u64),
    ),
  );
}

/** `stts`: how many packets in a row last equally long. */
function runLengths(durations: readonly number[]): Uint8Array[] {
  const runs: { count: number; ticks: number }[] = [];
  for (const ticks of durations) {
    const last = runs.at(-1);
    if (last?.ticks === ticks) last.count += 1;
    else runs.push({ count: 1, ticks });
  }
  return [
    u32(runs.length),
    ...runs.flatMap(({ count, ticks }) => [u32(count), u32(ticks)]),
  ];
}
