/**
 * Decides how a source's video reaches the workers: in ranges by stream copy
 * (media.md section 2) where that is exact, else as one piece (section 4).
 */
import { assert } from "./assert.ts";
import { canJudgeKeyframes } from "./clean-keyframe.ts";
import type { FrameIndex, HazardKind, Keyframe } from "./frame-index.ts";
import type { MediaFacts, Ratio } from "./media-facts.ts";
import { wireOffsetS, type FeedFormat } from "./order.ts";
import type { VideoFilters } from "./recipe.ts";
import type { FrameRange } from "./scheduler/events.ts";

/** Why a source goes over as one piece; people are shown `wholeReasonText`. */
export type WholeReason =
  | HazardKind
  /** All packets claim to be keyframes in a codec that lives from differences. */
  | "keyframes-not-believable"
  /** The codec has packets that show nothing, and the container does not say which. */
  | "hidden-frames"
  /** Found out by trying: NUT does not take these packets. */
  | "not-copyable"
  /** Found out by trying: what came over was not what the index promises. */
  | "cut-not-exact";

export type FeedChoice =
  | { readonly kind: "ranges" }
  | {
      readonly kind: "whole";
      readonly feed: FeedFormat;
      readonly reason: WholeReason;
    };

export interface FeedPlan {
  readonly feed: FeedFormat;
  readonly range: FrameRange;
  readonly isLast: boolean;
  /** Bounds for the worker's trim, microseconds of source time; null is the start or end of the source. */
  readonly startUs: number | null;
  readonly endUs: number | null;
  /** Begin with the keyframe of the range itself if its bytes turn out clean; null: do not even try. */
  readonly own: OwnStart | null;
  /** Where the master seeks otherwise, seconds of source time; null reads from the head. */
  readonly seekS: number | null;
  /** The copy must begin at or before this presentation time, or it is not exact; microseconds, null from the head. */
  readonly preRollPtsUs: number | null;
  /** Nothing after this packet is needed; null: only `stopS` ends the copy. */
  readonly lastPacket: ShownBetween | null;
  /** ffmpeg copies up to the first packet decoded at or after this, seconds of source time; null reads to the end. */
  readonly stopS: number | null;
  /** Null where only decoding can tell. */
  readonly expectedFrames: number | null;
  /** "corrected" lets ffmpeg mend a clock that jumps; timestamps are then not the file's own. */
  readonly clock: "kept" | "corrected";
}

/** The keyframe a range can be decoded from, if nothing from it on needs anything before it. */
export interface OwnStart {
  /** Among the keyframes, in decode order. */
  readonly keyframe: number;
  readonly ptsUs: number;
  readonly seekS: number;
}

/** A packet, by times midway to its neighbours in presentation, microseconds of source time. */
export interface ShownBetween {
  readonly fromUs: number;
  readonly toUs: number;
}

export interface FeedWish {
  /** Frames needed on both sides of the range beside its own. */
  readonly contextFrames: number;
  /** Whether a keyframe, given by its number, is worth trying to begin with. */
  readonly mayBeginWith?: (keyframe: number) => boolean;
}

/** What filters that look at neighbouring frames are given on both sides of a range. */
const contextFrames = 8;

/** How many frames a recipe's filters need beside those of a range. */
export function contextFramesOf(
  filters: Pick<VideoFilters, "deinterlace" | "denoise">,
): number {
  const looksAround =
    filters.deinterlace !== "off" || filters.denoise !== "off";
  return looksAround ? contextFrames : 0;
}

/** What the wire's offset becomes in a source's time base: ffmpeg shifts by whole ticks. */
export function wireShiftUs({ numerator, denominator }: Ratio): number {
  const ticks = Math.round((wireOffsetS * denominator) / numerator);
  return (ticks * numerator * 1e6) / denominator;
}

/** Codecs whose every packet can be decoded on its own; all others cannot be all keyframes by nature. */
const intraCodecs: ReadonlySet<string> = new Set(
  (
    "mjpeg mjpegb ljpeg jpeg2000 jpegls prores dnxhd cfhd ffv1 huffyuv ffvhuff utvideo magicyuv rawvideo " +
    "v210 v410 r210 png bmp tiff targa dvvideo hap dpx exr qoi webp vc2 dirac_vc2"
  ).split(" "),
);
/** More keyframes than this share are believed only of intra codecs. */
const believableKeyShare = 0.5;

/**
 * How to feed a source, as far as its index tells; call again when the index
 * is complete: a hazard found late turns "ranges" into "whole", never back.
 */
export function chooseFeed(facts: MediaFacts, index: FrameIndex): FeedChoice {
  const { video } = facts;
  assert(video, "feeds are of video");
  if (index.hasHazard("clock-jumps-back"))
    return whole("nut-decoded", "clock-jumps-back");
  if (index.hasHazard("no-timestamps"))
    return whole("nut-decoded", "no-timestamps");
  if (index.hasHazard("edit-list-gap"))
    return whole("nut-decoded", "edit-list-gap");
  // A copy of damage is mended in another way by its next reader.
  if (index.hasHazard("corrupt-packets"))
    return whole("nut-decoded", "corrupt-packets");
  if (hasUnbelievableKeys(video.codec, index))
    return whole("nut-copy", "keyframes-not-believable");
  // libvpx's alternate reference frames are packets of their own in VP8.
  if (video.codec === "vp8") return whole("nut-copy", "hidden-frames");
  for (const kind of ["duplicate-timestamps", "one-keyframe"] as const)
    if (index.hasHazard(kind)) return whole("nut-copy", kind);
  return { kind: "ranges" };
}

/** The next safer way after one that did not work out; null when there is none. */
export function saferFeed(
  choice: FeedChoice,
  reason: WholeReason,
): FeedChoice | null {
  if (choice.kind === "ranges") return whole("nut-copy", reason);
  return choice.feed === "nut-copy" ? whole("nut-decoded", reason) : null;
}

/**
 * Everything a feed of one range needs. `range` must be of known frames; for a
 * "whole" choice it must be all of them, and the index complete.
 */
export function feedPlanFor(
  facts: MediaFacts,
  index: FrameIndex,
  range: FrameRange,
  isLast: boolean,
  choice: FeedChoice,
  wish: FeedWish = { contextFrames },
): FeedPlan {
  const { startFrame, endFrame } = range;
  assert(startFrame >= 0 && startFrame < endFrame, "a range is not empty");
  assert(endFrame <= index.knownFrames, "a range is of known frames");
  if (choice.kind === "whole") return wholePlan(index, range, choice);
  const preRoll = preRollKeyframe(index, startFrame);
  return {
    feed: "nut-copy",
    range,
    isLast,
    startUs: index.boundUs(startFrame),
    endUs:
      isLast && !index.complete
        ? null
        : isLast
          ? index.boundUs(index.knownFrames)
          : index.boundUs(endFrame),
    own: ownStart(facts, index, range, wish),
    seekS: preRoll && seekTargetS(facts, index, preRoll),
    preRollPtsUs: preRoll && preRoll.ptsUs,
    lastPacket: isLast ? null : lastPacket(index, range, wish.contextFrames),
    stopS: isLast ? null : stopS(index, endFrame),
    expectedFrames: endFrame - startFrame,
    clock: "kept",
  };
}

/** Which stream carries a decoded feed: FFV1 where it holds the pixels as they are, else raw pictures. */
export function decodedFeedCodec(pixelFormat: string): "ffv1" | "rawvideo" {
  return ffv1Formats.has(pixelFormat) ? "ffv1" : "rawvideo";
}

function whole(feed: FeedFormat, reason: WholeReason): FeedChoice {
  return { kind: "whole", feed, reason };
}

function hasUnbelievableKeys(codec: string, index: FrameIndex): boolean {
  if (intraCodecs.has(codec) || index.packetCount < 3) return false;
  return index.keyframeCount > index.packetCount * believableKeyShare;
}

function wholePlan(
  index: FrameIndex,
  range: FrameRange,
  choice: FeedChoice & { kind: "whole" },
): FeedPlan {
  assert(index.complete, "a whole source is fed when its index is complete");
  const isCopy = choice.feed === "nut-copy";
  const isCounted =
    choice.reason === "one-keyframe" ||
    choice.reason === "keyframes-not-believable";
  return {
    feed: choice.feed,
    range,
    isLast: true,
    // A copy carries discarded frames along; a decoder on the master leaves them out.
    startUs: isCopy ? index.boundUs(0) : null,
    endUs: isCopy ? index.boundUs(index.knownFrames) : null,
    own: null,
    seekS: null,
    preRollPtsUs: null,
    lastPacket: null,
    stopS: null,
    expectedFrames: isCounted ? range.endFrame - range.startFrame : null,
    clock: choice.reason === "clock-jumps-back" ? "corrected" : "kept",
  };
}

/**
 * One keyframe more than decoding should need: cures open GOPs, intra refresh,
 * false keyframe flags and deep reordering (media.md section 2); and never
 * fewer frames of context than filters look back. Null: from the head.
 */
function preRollKeyframe(
  index: FrameIndex,
  startFrame: number,
): Keyframe | null {
  const extra = index.keyframeBefore(startFrame, 1);
  const context = index.keyframeBefore(
    Math.max(0, startFrame - contextFrames),
    0,
  );
  if (!extra || !context) return null;
  const first = extra.number < context.number ? extra : context;
  return first.number === 0 ? null : first;
}

/**
 * The keyframe a range could begin with. Filters that look back must see more;
 * frames of the range decoded before the keyframe would be missing.
 */
function ownStart(
  facts: MediaFacts,
  index: FrameIndex,
  { startFrame, endFrame }: FrameRange,
  wish: FeedWish,
): OwnStart | null {
  const keyframe = index.keyframeBefore(startFrame, 0);
  if (!keyframe || keyframe.number === 0 || wish.contextFrames > 0) return null;
  if (!canJudgeKeyframes(facts.video?.codec ?? "")) return null;
  if (wish.mayBeginWith?.(keyframe.number) === false) return null;
  if (index.firstDecoded(startFrame, endFrame) < keyframe.position) return null;
  const { number, ptsUs } = keyframe;
  return {
    ...{ keyframe: number, ptsUs },
    seekS: ownSeekS(facts, index, keyframe),
  };
}

/**
 * The packet of the range and its context that is decoded last. Where a source
 * begins inside a group, a decoder makes something of that only when it has
 * seen more.
 */
function lastPacket(
  index: FrameIndex,
  { startFrame, endFrame }: FrameRange,
  context: number,
): ShownBetween | null {
  const end = endFrame + context;
  if (end >= index.knownFrames) return null;
  const keyframe = index.keyframeBefore(startFrame, 0);
  const isFirst = keyframe === null || keyframe.number === 0;
  if (isFirst && index.keyframe(0)?.position !== 0) return null;
  const last = index.lastDecodedFrame(startFrame, end);
  return {
    fromUs: index.boundUs(last) ?? -Infinity,
    toUs: index.boundUs(last + 1)!,
  };
}

/** The demuxer that seeks by presentation time. */
const seeksByPts = /^mov\b/;
/** Demuxers that seek by decoding time in an index of keyframes; all others search the file. */
const seeksByIndex = /^(matroska|avi|flv)\b/;
/** ffmpeg aims this much earlier where frames are reordered and the demuxer seeks by decoding time: 3/23 s. */
const reorderAimUs = 132_000;
/** No frames are reordered over more time than this. */
const longestAimUs = 2_000_000;

/**
 * A time that makes ffmpeg land on the keyframe, or earlier; never later.
 * Where an index is searched by decoding time, aiming past the keyframe, but
 * well before the next one, keeps ffmpeg's allowance for reordering from
 * costing one more group.
 */
function seekTargetS(
  facts: MediaFacts,
  index: FrameIndex,
  keyframe: Keyframe,
): number {
  const { ptsUs, dtsUs } = keyframe;
  if (seeksByPts.test(facts.format)) return Math.ceil(ptsUs) / 1e6;
  const ownUs = Math.min(ptsUs, dtsUs ?? ptsUs);
  if (!seeksByIndex.test(facts.format)) return Math.ceil(ownUs) / 1e6;
  const room = roomUs(index, keyframe);
  // Some demuxers round to the nearest frame: only where much room is left, no rounding reaches the next keyframe.
  const hasRoom = room > 2 * reorderAimUs;
  return Math.ceil(hasRoom ? ptsUs + reorderAimUs : ownUs) / 1e6;
}

/**
 * A time that makes ffmpeg land on the keyframe itself, if possible: midway to
 * the next one where an index is searched, because times in it may lie later
 * than those of the packets (edit lists, reordering). Landing later is noticed.
 */
function ownSeekS(
  facts: MediaFacts,
  index: FrameIndex,
  keyframe: Keyframe,
): number {
  const { format } = facts;
  const room = roomUs(index, keyframe);
  const hasIndex = seeksByPts.test(format) || seeksByIndex.test(format);
  if (!hasIndex || room <= 2 * reorderAimUs)
    return seekTargetS(facts, index, keyframe);
  const aimUs = Math.min(room / 2, longestAimUs);
  return Math.ceil(keyframe.ptsUs + aimUs) / 1e6;
}

/** How long after a keyframe's presentation no other keyframe is decoded or shown. */
function roomUs(index: FrameIndex, { number, ptsUs }: Keyframe): number {
  const next = index.keyframe(number + 1);
  const nextUs = next
    ? Math.min(next.ptsUs, next.dtsUs ?? next.ptsUs)
    : index.lastDecodedUs;
  return nextUs - ptsUs;
}

/**
 * Every frame shown before the bound is decoded before it, too; the tail adds
 * the context and what decoding times are off. What is read too much ends
 * at `lastPacket`.
 */
function stopS(index: FrameIndex, endFrame: number): number {
  const contextEnd = Math.min(endFrame + contextFrames, index.knownFrames - 1);
  const frameUs = 1e6 / index.framesPerSecond();
  const tailUs = index.maxDelayUs + index.maxLeadUs + frameUs;
  return Math.ceil(index.ptsUs(contextEnd) + tailUs) / 1e6;
}

/** Why a source goes over as one piece, for people; fits after "This source is encoded as one piece: ". */
export function wholeReasonText(reason: WholeReason): string {
  return wholeReasonTexts[reason];
}

const wholeReasonTexts: Readonly<Record<WholeReason, string>> = {
  "no-timestamps": "its frames have no timestamps",
  "clock-jumps-back": "its clock jumps back",
  "duplicate-timestamps": "several frames have the same timestamp",
  "one-keyframe": "it has only one keyframe",
  "corrupt-packets": "parts of it are damaged",
  "edit-list-gap": "its edit list leaves out frames in the middle",
  "keyframes-not-believable": "its keyframe marks cannot be believed",
  "hidden-frames": "its codec has frames that are never shown",
  "not-copyable": "its video cannot be copied into a pipe",
  "cut-not-exact": "a cut of it did not hold the frames it should",
};

/** Formats that FFV1 stores bit for bit without a change of pixel format. */
const ffv1Formats: ReadonlySet<string> = new Set(
  (
    "gray gray10le gray12le gray16le yuv420p yuv422p yuv444p yuv440p yuv411p yuv410p yuva420p yuva422p yuva444p " +
    "yuv420p10le yuv422p10le yuv444p10le yuv420p12le yuv422p12le yuv444p12le yuv420p16le yuv422p16le yuv444p16le " +
    "gbrp gbrp10le gbrp12le gbrp16le gbrap bgr0 bgra"
  ).split(" "),
);
