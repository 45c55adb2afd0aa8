/** The worker's argument list for one video segment, from an order alone. */
import type { VideoOrder } from "../order.ts";
import { boundedInteger } from "./argument-values.ts";
import { carrierArguments, encoderCodec } from "./carrier.ts";
import { encoderArguments } from "./encoder.ts";
import { colourArguments, filterGraph, outputFields } from "./filters.ts";
import { hardwareFamily, isHardwareEncoder } from "./hardware-encoder.ts";

export interface SegmentCircumstances {
  /** Threads for decoder and encoder; the order's own limit applies as well. Null: no limit. */
  readonly threads: number | null;
  /** Name of the ASS file in the working folder. */
  readonly subtitleFile: string | null;
  /** Render node of this machine for VAAPI encoders. */
  readonly vaapiDevice: string | null;
}

/** Larger pictures are refused by the decoder: twice 8K, as in the order's schema. */
const maxPixels = 2 ** 26;

/**
 * Reads NUT from standard input and writes the carrier to standard output;
 * progress goes to standard error.
 *
 * @throws Failure `order-refused` for anything that is not in a closed list or bounded.
 */
export function segmentArguments(
  order: VideoOrder,
  circumstances: SegmentCircumstances,
): string[] {
  const { encode, picture, timescale } = order;
  const threads = fewest(order.threads, circumstances.threads);
  return [
    ...quietArguments,
    ...deviceArguments(order, circumstances),
    ...wireInput(threads),
    ...["-noautorotate", "-max_pixels", String(maxPixels)],
    ...["-f", "nut", "-i", "pipe:0"],
    ...["-filter_complex", filterGraph(order, circumstances.subtitleFile)],
    ...["-map", "[out]", ...reproducible],
    ...encoderArguments({
      encode,
      threads,
      nominalRate: order.nominalRate,
      fields: outputFields(order),
      hdr:
        encode.filters.tonemap === "off"
          ? picture.hdr
          : { masterDisplay: null, maxCll: null, dynamic: "none" },
    }),
    ...colourArguments(order),
    ...["-fps_mode", "passthrough"],
    ...["-enc_time_base", `1:${boundedInteger(timescale, 1, 2 ** 31 - 1)}`],
    ...carrierArguments(encoderCodec(encode.encoder), timescale),
    "pipe:1",
  ];
}

/** No questions, no banner; progress as lines of `key=value` among the messages. */
export const quietArguments = [
  ...["-nostdin", "-hide_banner", "-v", "error", "-nostats"],
  ...["-progress", "pipe:2", "-stats_period", "0.5"],
  // Damaged sources give fewer frames; that is counted, not guessed from an exit code.
  ...["-max_error_rate", "1"],
];

/** No protocol but the pipe, wire time kept. */
export function wireInput(threads: number | null): string[] {
  return [
    "-copyts",
    ...["-protocol_whitelist", "pipe"],
    ...(threads === null ? [] : ["-threads", boundedInteger(threads, 1, 512)]),
  ];
}

/** No dates and no program names: the same order gives the same bytes. */
export const reproducible = ["-fflags", "+bitexact"];

function deviceArguments(
  { encode }: VideoOrder,
  { vaapiDevice }: SegmentCircumstances,
): string[] {
  const { encoder } = encode;
  if (!isHardwareEncoder(encoder) || hardwareFamily(encoder) !== "vaapi")
    return [];
  return ["-vaapi_device", vaapiDevice ?? "/dev/dri/renderD128"];
}

function fewest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
