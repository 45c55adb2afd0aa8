/**
 * Films and encoders that exist only as numbers: scenes of uneven difficulty,
 * whose bytes follow quality by laws of their own, different at the analysis'
 * effort and at the real one. All from a seed.
 */
import type { QualityScale } from "../../../src-main/core/encoder-traits.ts";
import type { FrameRange } from "../../../src-main/core/scheduler/events.ts";

interface Scene extends FrameRange {
  /** Bytes a frame at the usual quality and real effort. */
  readonly weight: number;
  readonly halvingStep: number;
  /** Departure from a power law: bends the slope away from the usual quality. */
  readonly bend: number;
  /** What the cheap effort needs more. */
  readonly analysisRatio: number;
  /** The cheap effort's slope against the real one's. */
  readonly analysisSlope: number;
}

export interface SyntheticFilm {
  readonly frames: number;
  readonly framesPerSecond: number;
  /** Bytes of a range at a quality. */
  bytes(
    range: FrameRange,
    quality: number,
    effort: "analysis" | "real",
  ): number;
}

export interface FilmTraits {
  readonly seed: number;
  readonly durationS: number;
  readonly scale: QualityScale;
  /** Spread of difficulty between scenes, standard deviation in halvings. */
  readonly contrast: number;
}

/** A small generator of equally spread numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function syntheticFilm(traits: FilmTraits): SyntheticFilm {
  const { durationS, scale, contrast } = traits;
  const random = seeded(traits.seed);
  const around = (centre: number, spread: number): number =>
    centre * (1 + spread * (2 * random() - 1));
  const framesPerSecond = 25;
  const frames = Math.round(durationS * framesPerSecond);
  // What is common to the film, and what differs from scene to scene.
  const filmSlope = around(1, 0.4);
  const filmRatio = around(1.3, 0.4);
  const filmAnalysisSlope = around(1, 0.4);
  // Twice to half as hard as the starting guess takes films to be, and more.
  const filmWeight = 16_000 * 2 ** (1.2 * (2 * random() - 1));
  const scenes: Scene[] = [];
  let frame = 0;
  while (frame < frames) {
    const length = Math.ceil((1 + 14 * random() ** 2) * framesPerSecond);
    const normal = random() + random() + random() + random() - 2;
    scenes.push({
      startFrame: frame,
      endFrame: Math.min(frames, frame + length),
      weight: filmWeight * 2 ** (1.7 * contrast * normal),
      halvingStep: around(scale.halvingStep * filmSlope, 0.15),
      bend: 0.03 * (2 * random() - 1),
      analysisRatio: around(filmRatio, 0.15),
      analysisSlope: around(filmAnalysisSlope, 0.1),
    });
    frame += length;
  }
  const bytes: SyntheticFilm["bytes"] = (range, quality, effort) => {
    let sum = 0;
    for (const scene of scenes) {
      const shared =
        Math.min(range.endFrame, scene.endFrame) -
        Math.max(range.startFrame, scene.startFrame);
      if (shared > 0)
        sum += shared * bytesPerFrame(scene, quality, effort, scale);
    }
    // The first keyframe of every encode.
    const opening = bytesPerFrame(
      sceneAt(scenes, range),
      quality,
      effort,
      scale,
    );
    const noise = 1 + 0.01 * (2 * random() - 1);
    return sum * noise + 4 * opening;
  };
  return { frames, framesPerSecond, bytes };
}

function sceneAt(scenes: readonly Scene[], { startFrame }: FrameRange): Scene {
  return scenes.find(({ endFrame }) => endFrame > startFrame) ?? scenes.at(-1)!;
}

function bytesPerFrame(
  scene: Scene,
  quality: number,
  effort: "analysis" | "real",
  scale: QualityScale,
): number {
  const isCheap = effort === "analysis";
  const step = scene.halvingStep * (isCheap ? scene.analysisSlope : 1);
  const distance = (quality - scale.usual) / step;
  const halvings = distance + scene.bend * distance * Math.abs(distance);
  return scene.weight * (isCheap ? scene.analysisRatio : 1) * 2 ** -halvings;
}
