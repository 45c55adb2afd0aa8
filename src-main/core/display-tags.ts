/**
 * How a picture is to be shown, as boxes of an MP4 header: turning, sample
 * aspect, field order, colours and HDR10. ffmpeg carries them on from there into
 * any container, which spares us options that only newer versions have.
 */
import type { ColourFacts, HdrFacts, Ratio } from "./media-facts.ts";
import { box, characters, joined, u16, u32, u8 } from "./mp4-boxes.ts";

export interface DisplayTags {
  readonly sampleAspect: Ratio;
  /** Clockwise, as a player turns it. */
  readonly rotationDegrees: 0 | 90 | 180 | 270;
  readonly fieldOrder: "tt" | "bb" | "progressive";
  readonly colour: ColourFacts;
  readonly hdr: HdrFacts;
}

/** Code points of ITU-T H.273 by ffmpeg's names; what is not named is 2, "unspecified". */
const primaries: Readonly<Record<string, number>> = {
  bt709: 1,
  bt470m: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  film: 8,
  bt2020: 9,
  smpte428: 10,
  smpte431: 11,
  smpte432: 12,
  ebu3213: 22,
};
const transfers: Readonly<Record<string, number>> = {
  bt709: 1,
  bt470m: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  linear: 8,
  log100: 9,
  log316: 10,
  "iec61966-2-4": 11,
  bt1361e: 12,
  "iec61966-2-1": 13,
  "bt2020-10": 14,
  "bt2020-12": 15,
  smpte2084: 16,
  smpte428: 17,
  "arib-std-b67": 18,
};
const matrices: Readonly<Record<string, number>> = {
  gbr: 0,
  bt709: 1,
  fcc: 4,
  bt470bg: 5,
  smpte170m: 6,
  smpte240m: 7,
  ycgco: 8,
  bt2020nc: 9,
  bt2020c: 10,
  smpte2085: 11,
  "chroma-derived-nc": 12,
  "chroma-derived-c": 13,
  ictcp: 14,
};
const unspecified = 2;

/** The boxes that belong into the sample entry. */
export function displayBoxes(tags: DisplayTags): Uint8Array {
  const { numerator, denominator } = tags.sampleAspect;
  return joined([
    box("pasp", u32(numerator), u32(denominator)),
    fieldBox(tags.fieldOrder),
    colourBox(tags.colour),
    masteringBox(tags.hdr.masterDisplay),
    lightLevelBox(tags.hdr.maxCll),
  ]);
}

/** Types of the boxes `displayBoxes` replaces. */
export const displayBoxTypes: readonly string[] = [
  ...["pasp", "fiel", "colr", "mdcv", "clli", "SmDm", "CoLL", "clap", "gama"],
];

/** The nine values of `tkhd`'s matrix (ISO/IEC 14496-12 section 8.3.2) for a picture of this coded size. */
export function displayMatrix(
  rotationDegrees: DisplayTags["rotationDegrees"],
  width: number,
  height: number,
): Uint8Array {
  const one = 0x1_0000;
  const [a, b, c, d, x, y] = {
    0: [one, 0, 0, one, 0, 0] as const,
    90: [0, one, -one, 0, height, 0] as const,
    180: [-one, 0, 0, -one, width, height] as const,
    270: [0, -one, one, 0, 0, width] as const,
  }[rotationDegrees];
  const rows = [a, b, 0, c, d, 0, x * one, y * one, 0x4000_0000];
  return joined(rows.map(u32));
}

/** QuickTime File Format, "field handling": two fields and which is first in time and place. */
function fieldBox(fieldOrder: DisplayTags["fieldOrder"]): Uint8Array {
  const value = { progressive: 0x0100, tt: 0x0201, bb: 0x0206 }[fieldOrder];
  return box("fiel", u16(value));
}

/** `nclx` says the range; `nclc` is for when nobody knows it. */
function colourBox(colour: ColourFacts): Uint8Array {
  const codes = [
    primaries[colour.primaries ?? ""] ?? unspecified,
    transfers[colour.transfer ?? ""] ?? unspecified,
    matrices[colour.space ?? ""] ?? unspecified,
  ];
  const isKnown = colour.range === "tv" || colour.range === "pc";
  if (!isKnown && codes.every((code) => code === unspecified))
    return new Uint8Array();
  return isKnown
    ? box(
        "colr",
        characters("nclx"),
        codes.map(u16),
        u8(colour.range === "pc" ? 0x80 : 0),
      )
    : box("colr", characters("nclc"), codes.map(u16));
}

/**
 * x265's `G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)` and `mdcv` have the same order
 * and the same units (0.00002 and 0.0001 cd/m2; ISO/IEC 14496-12 section 12.1.5.4).
 */
function masteringBox(masterDisplay: string | null): Uint8Array {
  const match =
    /^G\((\d+),(\d+)\)B\((\d+),(\d+)\)R\((\d+),(\d+)\)WP\((\d+),(\d+)\)L\((\d+),(\d+)\)$/.exec(
      masterDisplay ?? "",
    );
  if (match === null) return new Uint8Array();
  const values = match.slice(1).map(Number);
  return box(
    "mdcv",
    values.slice(0, 8).map((value) => u16(Math.min(value, 0xffff))),
    values.slice(8).map((value) => u32(Math.min(value, 0xffff_ffff))),
  );
}

function lightLevelBox(maxCll: string | null): Uint8Array {
  const match = /^(\d+),(\d+)$/.exec(maxCll ?? "");
  if (match === null) return new Uint8Array();
  const levels = match.slice(1).map((text) => Math.min(Number(text), 0xffff));
  return box("clli", levels.map(u16));
}
