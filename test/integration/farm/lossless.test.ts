/**
 * The promise: whatever goes through the farm losslessly has the pictures and
 * timestamps of a single-process decode. Every fixture source, over real
 * sockets and two workers on different generations of ffmpeg.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FrameIndex } from "../../../src-main/core/frame-index.ts";
import type { Preset } from "../../../src-main/core/recipe.ts";
import { findBinaries } from "../../../src-main/media/binaries.ts";
import { readPacketIndex } from "../../../src-main/media/packet-index.ts";
import { probeSource } from "../../../src-main/media/probe.ts";
import { startFarm, type Farm } from "../../fixtures/farm.ts";
import { decodeAlone, firstDifference } from "../../fixtures/identity.ts";
import { losslessPreset } from "../../fixtures/lossless-preset.ts";
import { sourceRecipes } from "../../fixtures/source-recipes.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

const only = process.env["REELFARM_SOURCES"]?.split(",");
const onPath = await findBinaries({ ffmpeg: "ffmpeg", ffprobe: "ffprobe" });

/** Sound is proved elsewhere. */
const losslessMov: Preset = {
  ...losslessPreset,
  recipe: { ...losslessPreset.recipe, audio: { kind: "none" } },
};

let farm: Farm;
beforeAll(async () => {
  farm = await startFarm({
    workers: [{ ffmpeg: onPath.ffmpeg, ffprobe: onPath.ffprobe }, {}],
    masterKind: { ffmpeg: onPath.ffmpeg, ffprobe: onPath.ffprobe },
    presets: [losslessMov],
  });
});
afterAll(() => farm.close());

const possible = sourceRecipes.filter(
  ({ name, expectation }) =>
    expectation !== "refused" &&
    name !== "gif" &&
    (only?.includes(name) ?? true),
);

test("gif is refused: FFV1 cannot hold its palette's colours and transparency without loss", async () => {
  const { file } = await fixtureSource("gif", onPath.ffmpeg);
  await expect(
    farm.add(file, join(farm.folder, "gif.mov"), losslessMov.name),
  ).rejects.toThrow(/recipe-invalid.*without loss/);
});

// Several at once: while one is encoded others are prepared and verified.
describe.concurrent("lossless through the farm", () => {
  for (const [at, { name, expectation }] of possible.entries())
    test(`${name} (${expectation}) keeps every picture and timestamp`, async () => {
      const { file } = await fixtureSource(name, onPath.ffmpeg);
      // Never more than half of the shortest source that is cut.
      const segmentS = [0.7, 1, 1.5, 2][at % 4] ?? 1;
      const output = join(farm.folder, `${name}.mov`);
      const jobId = await farm.add(file, output, losslessMov.name, {
        segmentS,
      });
      const job = await farm.finished(jobId);
      const { log, figures } = await farm.detail(jobId);
      expect(job.failure, log.map(({ text }) => text).join("\n")).toBe(null);
      const alone = await decoded(file);
      const farmed = await decoded(output);
      const origin = alone[0]?.ptsUs ?? 0;
      const farmedOrigin = farmed[0]?.ptsUs ?? 0;
      const difference = firstDifference(
        alone.map((frame) => ({ ...frame, ptsUs: frame.ptsUs - origin })),
        farmed.map((frame) => ({
          ...frame,
          ptsUs: frame.ptsUs - farmedOrigin,
        })),
        // Times that are the same come a tick apart each, on top of Matroska's millisecond.
        ["duplicate-pts", "backward-pts"].includes(name) ? 5000 : 100,
      );
      expect(difference).toBe(null);
      if (expectation === "whole")
        expect(job.notes.join(" ")).toContain("one piece");
      else if (alone.length > 1)
        expect(figures?.segmentCount).toBeGreaterThan(1);
      await rm(output);
    });
});

async function decoded(file: string) {
  const facts = await probeSource(onPath, file);
  const { video } = facts;
  if (!video) throw new Error(`${file} has no video`);
  const index = new FrameIndex(video.timeBase);
  await readPacketIndex(onPath, file, facts, index);
  return decodeAlone(onPath, file, facts, index);
}
