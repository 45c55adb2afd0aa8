/**
 * The one stream that finished segments are joined to: a fragmented MP4 header of
 * our own making, and each segment's frames with decode times that fit together.
 */
import {
  displayBoxes,
  displayBoxTypes,
  displayMatrix,
} from "./display-tags.ts";
import type { DisplayTags } from "./display-tags.ts";
import type { CarrierHeader } from "./carrier-boxes.ts";
import { Failure } from "./errors.ts";
import { box, characters, fullBox, u16, u32, u64 } from "./mp4-boxes.ts";

const trackId = 1;
const keyFlags = 0x0200_0000;
const otherFlags = 0x0101_0000;

/** Everything before the first fragment. The header is that of the first segment; `extraBoxes` go into its sample entry. */
export function joinedHeader(
  header: CarrierHeader,
  tags: DisplayTags,
  extraBoxes: Uint8Array = new Uint8Array(),
): Uint8Array[] {
  const brand = header.entryType === "av01" ? "iso6" : "isom";
  const entry = box(
    header.entryType,
    header.entryStart,
    header.entryBoxes
      .filter(({ type }) => !displayBoxTypes.includes(type))
      .map(({ type, body }) => box(type, body)),
    displayBoxes(tags),
    extraBoxes,
  );
  const noSamples = ["stts", "stsc", "stco"].map((type) =>
    fullBox(type, 0, 0, u32(0)),
  );
  const sampleTable = box(
    "stbl",
    fullBox("stsd", 0, 0, u32(1), entry),
    noSamples,
    fullBox("stsz", 0, 0, u32(0), u32(0)),
  );
  const reference = fullBox("dref", 0, 0, u32(1), fullBox("url ", 0, 1));
  const media = box(
    "mdia",
    fullBox(
      "mdhd",
      0,
      0,
      [0, 0, header.timescale, 0].map(u32),
      u32(0x55c4_0000),
    ),
    fullBox("hdlr", 0, 0, u32(0), characters("vide"), zeros(13)),
    box(
      "minf",
      fullBox("vmhd", 0, 1, zeros(8)),
      box("dinf", reference),
      sampleTable,
    ),
  );
  return [
    box("ftyp", characters(brand), u32(0x200), characters("isomiso6mp41")),
    box(
      "moov",
      movieHeader(),
      box("trak", trackHeader(header, tags), media),
      box("mvex", fullBox("trex", 0, 0, [trackId, 1, 0, 0, 0].map(u32))),
    ),
  ];
}

export interface JoinedSample {
  readonly sizeBytes: number;
  readonly dts: number;
  readonly pts: number;
  readonly durationTicks: number;
  readonly isKey: boolean;
}

/** `moof` and the header of the `mdat` whose body the samples' bytes then are. */
export function joinedFragment(
  sequence: number,
  samples: readonly JoinedSample[],
): Uint8Array {
  const dataBytes = samples.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (dataBytes > 0xffff_fff0)
    throw new Failure("result-invalid", "a fragment of more than 4 GiB");
  const runBytes = 12 + 8 + samples.length * 16;
  const trafBytes = 8 + 16 + 20 + runBytes;
  const moofBytes = 8 + 16 + trafBytes;
  const moof = box(
    "moof",
    fullBox("mfhd", 0, 0, u32(sequence)),
    box(
      "traf",
      fullBox("tfhd", 0, 0x02_0000, u32(trackId)),
      fullBox("tfdt", 1, 0, u64(samples[0]?.dts ?? 0)),
      fullBox(
        "trun",
        1,
        0xf01,
        u32(samples.length),
        u32(moofBytes + 8),
        samples.map(({ durationTicks, sizeBytes, isKey, pts, dts }) => [
          u32(durationTicks),
          u32(sizeBytes),
          u32(isKey ? keyFlags : otherFlags),
          u32(pts - dts),
        ]),
      ),
    ),
  );
  const out = new Uint8Array(moof.length + 8);
  out.set(moof);
  out.set(u32(dataBytes + 8), moof.length);
  out.set(characters("mdat"), moof.length + 4);
  return out;
}

function movieHeader(): Uint8Array {
  return fullBox(
    "mvhd",
    0,
    0,
    [0, 0, 1000, 0].map(u32),
    u32(0x1_0000),
    u16(0x100),
    zeros(10),
    displayMatrix(0, 0, 0),
    zeros(24),
    u32(trackId + 1),
  );
}

function trackHeader(header: CarrierHeader, tags: DisplayTags): Uint8Array {
  const { width, height } = header;
  return fullBox(
    "tkhd",
    0,
    3,
    [0, 0, trackId, 0, 0].map(u32),
    zeros(16),
    displayMatrix(tags.rotationDegrees, width, height),
    u32(width * 0x1_0000),
    u32(height * 0x1_0000),
  );
}

function zeros(count: number): Uint8Array {
  return new Uint8Array(count);
}

export const fragmentSequenceStart = 1;
