/**
 * Orders: what crosses the wire for one attempt. The master derives them from
 * the recipe and the source's facts, so that a worker needs nothing else and
 * every worker of a job does the same. Closed: no arguments, paths or names.
 */
import type { ColourFacts, HdrFacts, Ratio } from "./media-facts.ts";
import type { AudioEncoder, VideoEncode } from "./recipe.ts";

/**
 * Seconds added to every timestamp on the way to the worker and back, so that
 * nothing on the wire is negative (media.md section 2).
 */
export const wireOffsetS = 100;

/** How the source reaches the worker. Always by a pipe, never by a name. */
export type FeedFormat =
  /** Stream copy of the range in NUT, timestamps shifted by `wireOffsetS`. */
  | "nut-copy"
  /** The master decodes and sends lossless FFV1 in NUT: for sources no stream copy can carry. */
  | "nut-decoded";

export interface PictureFacts {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: string;
  readonly sampleAspect: Ratio;
  readonly interlaced: boolean;
  readonly fieldOrder: "tt" | "bb" | "progressive";
  readonly colour: ColourFacts;
  readonly hdr: HdrFacts;
  /** Clockwise, as a player would turn it; applied only where the recipe burns it in. */
  readonly rotationDegrees: 0 | 90 | 180 | 270;
}

/** Output frames at a constant rate: frame n is shown at `originUs + n / rate` (media.md section 2). */
export interface OutputGrid {
  readonly rate: Ratio;
  /** Presentation time of the source's first frame, microseconds. */
  readonly originUs: number;
  readonly firstFrame: number;
  readonly endFrame: number;
}

export interface VideoOrder {
  readonly kind: "video";
  readonly feed: FeedFormat;
  readonly picture: PictureFacts;
  readonly encode: VideoEncode;
  /** Bounds lie midway between two frames; null is the start or end of the source. Microseconds of source time. */
  readonly startUs: number | null;
  readonly endUs: number | null;
  /** Frames the result must have; null when only the encode can tell (damaged sources). */
  readonly expectedFrames: number | null;
  readonly grid: OutputGrid | null;
  /**
   * Frames per second for rate control and the key-frame interval, the same for
   * every segment of an output (the grid's rate, else the source's average).
   * Timestamps never come from it.
   */
  readonly nominalRate: Ratio;
  /** Ticks per second of every segment's timestamps, the same for the whole output. */
  readonly timescale: number;
  readonly threads: number | null;
  /** A text subtitle as ASS bytes follows on a transfer of its own. */
  readonly burnSubtitle: boolean;
  readonly maxOutputBytes: number;
}

export interface AudioOrderTrack {
  /** Channels of the output. */
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly encoder: AudioEncoder;
  /** Of the whole track; ignored for flac. */
  readonly kilobitsPerSecond: number;
}

/** All re-encoded audio tracks of a job, whole, in the order of the feed's streams. */
export interface AudioOrder {
  readonly kind: "audio";
  readonly tracks: readonly AudioOrderTrack[];
  readonly maxOutputBytes: number;
}

export type Order = VideoOrder | AudioOrder;
