import { describe, expect, it } from "vitest";
import { encoderTraits } from "../../../src-main/core/encoder-traits.ts";
import type { VideoEncoder } from "../../../src-main/core/recipe.ts";
import type { FrameRange } from "../../../src-main/core/scheduler/events.ts";
import {
  analysisEncode,
  analysisRanges,
  analysisSegmentS,
  beginSizeControl,
  expectedBytes,
  isSettled,
  nextQuality,
  sampleQuality,
  sampleRanges,
  sampleSegmentS,
  startingQuality,
  withEnded,
  withFinished,
  withRunning,
  withSamples,
} from "../../../src-main/core/size-control.ts";
import type { SizeControl } from "../../../src-main/core/size-control.ts";
import { exampleEncode } from "./example-facts.ts";
import { seeded, syntheticFilm } from "./synthetic-film.ts";
import type { SyntheticFilm } from "./synthetic-film.ts";

interface Run {
  readonly control: SizeControl;
  /** Actual size over the target, less one. */
  readonly error: number;
  /** Largest difference between the qualities of two segments, in halvings. */
  readonly spread: number;
  readonly sampledShare: number;
  readonly rounds: number;
}

/** The film in pieces of `minS` to `maxS`, as a scheduler might hand them out. */
function pieces(
  { frames, framesPerSecond }: SyntheticFilm,
  random: () => number,
  minS: number,
  maxS: number,
): FrameRange[] {
  const ranges: FrameRange[] = [];
  for (let frame = 0; frame < frames;) {
    const wanted = (minS + random() * (maxS - minS)) * framesPerSecond;
    let end = Math.min(frames, frame + Math.round(wanted));
    if (frames - end < Math.min(2, minS / 2) * framesPerSecond) end = frames;
    ranges.push({ startFrame: frame, endFrame: end });
    frame = end;
  }
  return ranges;
}

/** A stretch in pieces of one length; the last one may be half as long again. */
function cutInto({ startFrame, endFrame }: FrameRange, frames: number) {
  const ranges: FrameRange[] = [];
  for (let frame = startFrame; frame < endFrame;) {
    const isLast = endFrame - frame <= 1.5 * frames;
    const end = isLast ? endFrame : Math.round(frame + frames);
    ranges.push({ startFrame: frame, endFrame: end });
    frame = end;
  }
  return ranges;
}

/** A whole job: analysis, samples, encode on `workers` that finish in any order. */
function run(
  encoder: VideoEncoder,
  film: SyntheticFilm,
  targetBytes: number,
  options: {
    seed: number;
    workers: number;
    minSegmentS?: number;
    maxSegmentS: number;
    wishedS?: number;
  },
): Run {
  const random = seeded(options.seed);
  const picture = { width: 1920, height: 1080 };
  const q0 = startingQuality(encoder, picture, film.frames, targetBytes);
  const wishedS = options.wishedS ?? null;
  const analysed = analysisRanges(
    film.frames,
    film.framesPerSecond,
    analysisSegmentS(wishedS),
  ).map((range) => ({ ...range, bytes: film.bytes(range, q0, "analysis") }));
  let control = beginSizeControl({
    encoder,
    targetBytes,
    framesPerSecond: film.framesPerSecond,
    analysisQuality: q0,
    analysed,
  });
  let rounds = 0;
  let sampled = 0;
  while (!isSettled(control)) {
    rounds += 1;
    const quality = sampleQuality(control);
    const lengthS = sampleSegmentS(wishedS);
    const stretches = sampleRanges(control).flatMap((range) =>
      wishedS === null
        ? [range]
        : cutInto(range, lengthS * film.framesPerSecond),
    );
    const samples = stretches.map((range) => ({
      ...range,
      quality,
      bytes: film.bytes(range, quality, "real"),
    }));
    for (const { startFrame, endFrame } of samples)
      sampled += endFrame - startFrame;
    control = withSamples(control, samples);
  }
  const queue = pieces(
    film,
    random,
    options.minSegmentS ?? 4,
    options.maxSegmentS,
  );
  const qualities: number[] = [];
  const active = new Map<string, FrameRange & { quality: number }>();
  let total = 0;
  while (queue.length > 0 || active.size > 0) {
    const range = active.size < options.workers ? queue.shift() : undefined;
    if (range !== undefined) {
      const quality = nextQuality(control, range);
      qualities.push(quality);
      const key = `${range.startFrame}`;
      active.set(key, { ...range, quality });
      control = withRunning(control, key, { ...range, quality });
      continue;
    }
    const keys = [...active.keys()];
    const key = keys[Math.floor(random() * keys.length)]!;
    const piece = active.get(key)!;
    active.delete(key);
    const bytes = film.bytes(piece, piece.quality, "real");
    total += bytes;
    control = withEnded(control, key, bytes);
  }
  const step = encoderTraits[encoder].quality!.halvingStep;
  return {
    control,
    error: total / targetBytes - 1,
    spread: (Math.max(...qualities) - Math.min(...qualities)) / step,
    sampledShare: sampled / film.frames,
    rounds,
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))]!;
}

/** Targets from a half to nearly the double of what the usual quality gives, in random films. */
function runs(
  encoder: VideoEncoder,
  durationS: number,
  count: number,
  wishedS?: number,
): Run[] {
  const scale = encoderTraits[encoder].quality!;
  return Array.from({ length: count }, (_, i) => {
    const seed = 1000 * durationS + i;
    const random = seeded(seed);
    const film = syntheticFilm({ seed, durationS, scale, contrast: 1.2 });
    const usual = film.bytes(
      { startFrame: 0, endFrame: film.frames },
      scale.usual,
      "real",
    );
    return run(encoder, film, usual * 2 ** (2 * random() - 1), {
      seed: seed + 7,
      workers: 1 + Math.floor(8 * random()),
      ...(wishedS === undefined
        ? { maxSegmentS: durationS > 300 ? 60 : 10 }
        : {
            wishedS,
            minSegmentS: 0.9 * wishedS,
            maxSegmentS: 1.1 * wishedS,
          }),
    });
  });
}

describe("a whole job in simulation", () => {
  it.each([
    ["x264", 1800, 60],
    ["x264", 7200, 20],
    ["svt-av1", 1800, 60],
    ["svt-av1", 7200, 20],
    ["hevc-qsv", 600, 60],
  ] as const)("%s, %i s: never misses by 3 %%", (encoder, durationS, count) => {
    const results = runs(encoder, durationS, count);
    const errors = results.map(({ error }) => Math.abs(error));
    expect(Math.max(...errors)).toBeLessThan(0.03);
    expect(quantile(errors, 0.5)).toBeLessThan(0.01);
    // Two thirds of a halving would be four steps of CRF, between the two segments farthest apart.
    for (const { spread } of results) expect(spread).toBeLessThan(0.67);
  });

  // A dozen segments, most of them at work before the first has ended: nothing to correct by.
  it.each([
    ["x264", 90, 300],
    ["svt-av1", 90, 300],
  ] as const)(
    "%s, %i s: hardly ever misses by 3 %%",
    (encoder, durationS, count) => {
      const errors = runs(encoder, durationS, count).map(({ error }) =>
        Math.abs(error),
      );
      expect(quantile(errors, 0.5)).toBeLessThan(0.01);
      expect(quantile(errors, 0.95)).toBeLessThan(0.015);
      expect(Math.max(...errors)).toBeLessThan(0.035);
    },
  );

  // Four frames' worth of bytes go into every beginning: at 1 s that is a sixth of all.
  it.each([
    ["x264", 60, 1],
    ["x264", 45, 2],
    ["svt-av1", 60, 2],
    ["vp9", 40, 2],
    ["x265", 150, 1],
    ["x264", 300, 3],
    ["x264", 600, 30],
  ] as const)(
    "%s, %i s, segments of %i s: within 3 %%",
    (encoder, durationS, wishedS) => {
      const errors = runs(encoder, durationS, 40, wishedS).map(({ error }) =>
        Math.abs(error),
      );
      expect(quantile(errors, 0.5)).toBeLessThan(0.007);
      expect(quantile(errors, 0.95)).toBeLessThan(0.02);
    },
  );

  it("would miss without samples: the films are hard enough to tell", () => {
    const scale = encoderTraits.x264.quality!;
    const film = syntheticFilm({
      seed: 3,
      durationS: 600,
      scale,
      contrast: 1.2,
    });
    const whole = { startFrame: 0, endFrame: film.frames };
    const targetBytes = film.bytes(whole, 25, "real");
    const control = beginSizeControl({
      encoder: "x264",
      targetBytes,
      framesPerSecond: 25,
      analysisQuality: 22,
      analysed: analysisRanges(film.frames, 25).map((range) => ({
        ...range,
        bytes: film.bytes(range, 22, "analysis"),
      })),
    });
    const bytes = film.bytes(whole, control.quality, "real");
    expect(Math.abs(bytes / targetBytes - 1)).toBeGreaterThan(0.05);
  });
});

describe("the parts", () => {
  it.each([
    [null, 8, 8],
    [30, 8, 8],
    [8, 8, 8],
    [5, 10, 5],
    [3, 9, 3],
    [2, 8, 2],
    [1, 8, 1],
  ])(
    "segments of %s s: pieces of %d s, samples of %d s",
    (wished, piece, sample) => {
      expect(analysisSegmentS(wished)).toBe(piece);
      expect(sampleSegmentS(wished)).toBe(sample);
    },
  );

  const begun = (targetBytes: number) =>
    beginSizeControl({
      encoder: "svt-av1",
      targetBytes,
      framesPerSecond: 25,
      analysisQuality: 30,
      analysed: analysisRanges(1000, 25).map((range) => ({
        ...range,
        bytes: 100 * (range.endFrame - range.startFrame),
      })),
    });

  it("cover the film with pieces without a gap", () => {
    expect(analysisRanges(1000, 25)).toHaveLength(5);
    expect(analysisRanges(1, 25)).toEqual([{ startFrame: 0, endFrame: 1 }]);
    const ranges = analysisRanges(12_345, 29.97);
    ranges.forEach(({ startFrame }, i) => {
      expect(startFrame).toBe(i === 0 ? 0 : ranges[i - 1]!.endFrame);
    });
    expect(ranges.at(-1)!.endFrame).toBe(12_345);
  });

  it("guess a higher value for fewer bytes, within the scale", () => {
    const picture = { width: 1920, height: 1080 };
    const guess = (bytes: number) =>
      startingQuality("x265", picture, 1000, bytes);
    expect(guess(1e5)).toBeGreaterThan(guess(1e7));
    for (const bytes of [1, 1e15]) {
      expect(guess(bytes)).toBeGreaterThanOrEqual(0);
      expect(guess(bytes)).toBeLessThanOrEqual(51);
    }
  });

  it("analyse with the same pictures at a cheap effort", () => {
    const encode = { ...exampleEncode, effort: "slower" } as const;
    expect(analysisEncode(encode, 30)).toEqual({
      ...encode,
      effort: "veryfast",
      rate: { mode: "quality", quality: 30 },
    });
  });

  it("solve for the halving of the size", () => {
    expect(begun(100_000).quality).toBeCloseTo(30);
    expect(begun(50_000).quality).toBeCloseTo(40);
  });

  it("end the samples when both neighbours on the scale are known", () => {
    // The first round is not the one that counts, and 30 is too far from 30.7.
    const control = [31, 30].reduce(
      (before, quality) =>
        withSamples(
          before,
          analysisRanges(1000, 25).map((range) => ({
            ...range,
            quality,
            bytes: 20_000 * 2 ** (0.175 - (quality - 30) / 4),
          })),
        ),
      begun(100_000),
    );
    expect(control.quality).toBeCloseTo(30.7);
    expect(isSettled(control)).toBe(true);
  });

  it("stay on the scale, whatever the target", () => {
    for (const target of [1, 1e12]) {
      const quality = nextQuality(begun(target), {
        startFrame: 0,
        endFrame: 200,
      });
      expect(quality).toBe(target === 1 ? 63 : 1);
    }
  });

  it("count a duplicate once, and forget what ended without a result", () => {
    const range = { startFrame: 0, endFrame: 200, quality: 30 };
    const one = withRunning(begun(100_000), "a", range);
    const two = withRunning(one, "b", range);
    expect(expectedBytes(two)).toBeCloseTo(expectedBytes(one));
    expect(withEnded(one, "a", null)).toEqual(begun(100_000));
    const done = withEnded(two, "b", 20_000);
    expect(
      withFinished(begun(100_000), { ...range, bytes: 20_000 }).finished,
    ).toEqual(done.finished);
  });
});
