import path from "node:path";
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { OutputGrid, VideoOrder } from "../../../src-main/core/order.ts";
import { gridOfRange, tieBreakUs } from "../../../src-main/core/output-grid.ts";
import { outputTimescale } from "../../../src-main/core/timescale.ts";
import { plainOrder } from "../../fixtures/orders.ts";
import {
  encodeFile,
  ffmpeg,
  frameHashes,
  generations,
  makeFeed,
  temporaryFolder,
} from "./encode-bench.ts";

const binaries = await generations();
let folder = "";

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Sources whose frames lie badly for a grid: ties, gaps, jitter, a late and odd start. */
const sources = {
  steady60: ["testsrc2=s=64x48:r=60:d=2", "null"],
  film: ["testsrc2=s=64x48:r=24000/1001:d=3", "null"],
  jitter: [
    "testsrc2=s=64x48:r=30:d=3",
    "settb=1/90000,setpts=PTS+(random(0)-0.5)*1200+60000",
  ],
  gap: [
    "testsrc2=s=64x48:r=30:d=4",
    "settb=1/90000,select='lt(n,20)+gt(n,95)',setpts=PTS+450270",
  ],
} as const;

const rates = [
  { numerator: 30, denominator: 1 },
  { numerator: 24, denominator: 1 },
  { numerator: 60_000, denominator: 1001 },
];

function gridOrder(grid: OutputGrid, bounds: Partial<VideoOrder>): VideoOrder {
  const { rate } = grid;
  return {
    ...plainOrder,
    picture: { ...plainOrder.picture, width: 64, height: 48 },
    encode: {
      ...plainOrder.encode,
      encoder: "ffv1",
      rate: { mode: "lossless" },
      filters: {
        ...plainOrder.encode.filters,
        frameRate: { mode: "constant", ...rate },
      },
    },
    grid,
    nominalRate: rate,
    timescale: outputTimescale({ numerator: 1, denominator: 90_000 }, rate),
    ...bounds,
  };
}

describe.each(binaries)("constant rate with ffmpeg $version", (tools) => {
  it.each(Object.keys(sources) as (keyof typeof sources)[])(
    "ranges of %s make the frames that one process makes of the whole",
    async (name) => {
      const source = path.join(folder, `${name}-${tools.version}.mkv`);
      const feed = `${source}.nut`;
      const [picture, timing] = sources[name];
      ffmpeg(tools, [
        ...["-f", "lavfi", "-i", picture, "-vf", timing],
        ...["-fps_mode", "passthrough", "-enc_time_base", "1:90000"],
        ...["-c:v", "ffv1", "-g", "1", "-pix_fmt", "yuv420p", source],
      ]);
      makeFeed(tools, source, feed);
      const times = frameHashes(tools, source).map(({ timeUs }) => timeUs);
      const index = {
        knownFrames: times.length,
        complete: true,
        ptsUs: (ordinal: number) => times[ordinal]!,
      };
      const third = Math.floor(times.length / 3);
      const cuts = [0, third, third + 1, 2 * third, times.length];
      for (const rate of rates) {
        const pieces: string[] = [];
        let next = 0;
        for (let piece = 0; piece + 1 < cuts.length; piece += 1) {
          const [startFrame, endFrame] = [cuts[piece]!, cuts[piece + 1]!];
          const grid = gridOfRange(rate, index, { startFrame, endFrame });
          expect(grid.firstFrame).toBe(next);
          next = grid.endFrame;
          if (grid.endFrame === grid.firstFrame) continue;
          const between = (at: number): number | null =>
            at === 0 || at === times.length
              ? null
              : (times[at - 1]! + times[at]!) / 2;
          const order = gridOrder(grid, {
            startUs: between(startFrame),
            endUs: between(endFrame),
          });
          const target = path.join(folder, "piece.mov");
          const made = await encodeFile(tools, order, feed, target);
          expect(made.frames).toBe(grid.endFrame - grid.firstFrame);
          const frames = frameHashes(tools, target);
          frames.forEach(({ timeUs }, at) => {
            const shownUs =
              1e8 +
              times[0]! +
              ((grid.firstFrame + at) * 1e6 * rate.denominator) /
                rate.numerator;
            expect(Math.abs(timeUs - shownUs)).toBeLessThan(50);
          });
          pieces.push(...frames.map(({ hash }) => hash));
        }
        const origin = times[0]! - tieBreakUs;
        const whole = frameHashes(tools, source, [
          "-vf",
          // Twice the last frame, so that the filter cannot drop it at the end.
          `settb=1/1000000,setpts=PTS-(${String(origin)}),fps=${String(rate.numerator)}/${String(rate.denominator)},tpad=stop=200:stop_mode=clone`,
        ]).map(({ hash }) => hash);
        expect(pieces.length).toBe(next);
        expect(pieces).toEqual(whole.slice(0, next));
      }
    },
  );
});
