/** A job with a bitrate has several passes; a master that is started again repeats none of them. */
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Recipe } from "../../../src-main/core/recipe.ts";
import type { UiJobDetail } from "../../../src-main/protocol/ui-contract.ts";
import {
  capabilitiesText,
  drillBinaries,
  drillClip,
} from "../../fixtures/drill-media.ts";
import { startFarm, type Farm } from "../../fixtures/farm.ts";
import { EncodeValve, heldWorkerKind } from "../../fixtures/held-ffmpeg.ts";
import { losslessPreset } from "../../fixtures/lossless-preset.ts";
import { seen } from "../../fixtures/queue-farm.ts";

let farm: Farm;
afterEach(() => farm.close());

const { recipe: lossless } = losslessPreset;
if (lossless.video.kind !== "encode") throw new Error("no encode");
const recipe: Recipe = {
  ...lossless,
  video: {
    ...lossless.video,
    encoder: "x264",
    effort: "medium",
    rate: { mode: "bitrate", kilobitsPerSecond: 200 },
  },
};
/** The effort of the analysis alone. */
const isOfAnalysis = (encode: string): boolean => encode.includes("veryfast");

function verified({ segments }: UiJobDetail): number {
  return segments.filter(
    ({ kind, state }) => kind === "video" && state === "verified",
  ).length;
}

test("closed in the analysis and in the encode, a master goes on where it was", async () => {
  const { ffmpeg } = await drillBinaries();
  farm = await startFarm({
    workers: [await heldWorkerKind()],
    masterKind: { capabilities: await capabilitiesText(ffmpeg) },
    presets: [losslessPreset],
  });
  const valve = new EncodeValve(join(farm.folder, "worker-1"));
  await valve.hold(2);
  const job = await farm.add(
    await drillClip({ durationS: 24 }),
    join(farm.folder, "out.mov"),
    "Two hundred",
    { recipe, segmentS: 2 },
  );
  await seen(async () => verified(await farm.detail(job)) === 2);
  await seen(async () => (await valve.encodes()).length === 3);
  await farm.restartMaster();
  await valve.release();
  // The samples end and the encode begins at 0.35 of the whole work.
  await seen(async () => {
    const detail = await farm.detail(job);
    return detail.job.progressRatio > 0.36 && verified(detail) > 0;
  });
  const begun = (await valve.encodes()).length;
  await valve.hold(begun);
  await seen(async () => (await valve.encodes()).length > begun);
  const analysed = (await valve.encodes()).filter(isOfAnalysis).length;
  const done = verified(await farm.detail(job));
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(15);
  await farm.restartMaster();
  await valve.release();
  expect(await farm.finished(job)).toMatchObject({ state: "done" });
  const all = await valve.encodes();
  const { figures } = await farm.detail(job);
  // 24 s in analysed pieces of 8 s; the one at work at the first start may be made twice.
  expect(analysed).toBeLessThanOrEqual(4);
  expect(all.filter(isOfAnalysis).length).toBe(analysed);
  // Fifteen parts, from keyframe to keyframe; the one held at the second start may be made twice.
  expect(all.length - begun - 1).toBeLessThanOrEqual(15 - done);
  expect(figures?.frames).toBe(720);
});
