/** Size and likeness of the farm's output beside whole-file encodes with the same settings. */
import { stat } from "node:fs/promises";
import path from "node:path";
import type { RateControl, VideoEncoder } from "../../src-main/core/recipe.ts";
import {
  benchPreset,
  plainArguments,
  plainVideoArguments,
  type RecipeWish,
} from "./bench-recipe.ts";
import { makeClip } from "./bench-source.ts";
import { withFarm, type BenchFarm } from "./farm-processes.ts";
import { likeness, videoPackets, type Likeness } from "./output-measures.ts";
import type { Bench, Section } from "./section.ts";
import { runTool } from "./tool-run.ts";

const codecs: readonly RecipeWish[] = [
  wish("x264", { mode: "quality", quality: 23 }),
  wish("x265", { mode: "quality", quality: 26 }),
  wish("svt-av1", { mode: "quality", quality: 35 }),
];
const targetKilobits = 700;
const clipS = 120;

function wish(encoder: VideoEncoder, rate: RateControl): RecipeWish {
  // SVT-AV1 at "fast" is preset 8, x265 at "fast" some 40 frames a second here.
  return { encoder, rate, effort: "fast", audio: "copy" };
}

async function run(bench: Bench): Promise<void> {
  const seconds = bench.isQuick ? 20 : clipS;
  const source = await makeClip(bench, {
    width: bench.isQuick ? 320 : 640,
    height: bench.isQuick ? 180 : 360,
    seconds,
    kilobitsPerSecond: bench.isQuick ? 800 : 3_000,
  });
  const kilobits = bench.isQuick ? 200 : targetKilobits;
  const megabytes = Number(((kilobits * seconds) / 8_000).toFixed(2));
  const targets: readonly RecipeWish[] = [
    wish("x264", { mode: "bitrate", kilobitsPerSecond: kilobits }),
    wish("x265", { mode: "bitrate", kilobitsPerSecond: kilobits }),
    wish("x264", { mode: "size", megabytes }),
  ];
  const presets = [...codecs, ...targets].map((recipe) =>
    benchPreset(nameOf(recipe), recipe),
  );
  const workers = [1, 2].map(() => ({ groups: [], threads: 1 }));
  await withFarm(bench, { workers, presets }, async (farm) => {
    for (const recipe of codecs)
      await compareQuality(bench, farm, recipe, source);
    for (const recipe of targets)
      await compareTarget(bench, farm, recipe, source, seconds);
  });
}

function nameOf({ encoder, rate }: RecipeWish): string {
  return `${encoder} ${rate.mode}`;
}

async function compareQuality(
  bench: Bench,
  farm: BenchFarm,
  recipe: RecipeWish,
  source: string,
): Promise<void> {
  const { file, like } = await farmFile(bench, farm, recipe, source);
  const whole = path.join(bench.folder, "quality-whole.mkv");
  await runTool(
    bench,
    bench.binaries.ffmpeg,
    plainArguments(recipe, source, whole),
  );
  const wholeLike = await likeness(bench, whole, source);
  const farmBytes = (await videoPackets(bench, file)).bytes;
  const wholeBytes = (await videoPackets(bench, whole)).bytes;
  tellLikeness(bench, recipe, like, wholeLike, true);
  bench.tell({
    name: `${nameOf(recipe)}: size over whole file`,
    unit: "%",
    values: [(farmBytes / wholeBytes - 1) * 100],
    target: { bound: "at-most", value: 0.5 },
  });
}

async function compareTarget(
  bench: Bench,
  farm: BenchFarm,
  recipe: RecipeWish,
  source: string,
  seconds: number,
): Promise<void> {
  const { file, like } = await farmFile(bench, farm, recipe, source);
  const { rate } = recipe;
  const videoBytes = (await videoPackets(bench, file)).bytes;
  const fileBytes = (await stat(file)).size;
  const error =
    rate.mode === "size"
      ? fileBytes / (rate.megabytes * 1e6) - 1
      : rate.mode === "bitrate"
        ? (videoBytes * 8) / seconds / 1000 / rate.kilobitsPerSecond - 1
        : NaN;
  bench.say(`${nameOf(recipe)}: off by ${(error * 100).toFixed(2)} %`);
  bench.tell({
    name: `${nameOf(recipe)}: off the target`,
    unit: "%",
    values: [Math.abs(error) * 100],
    target: { bound: "at-most", value: 3 },
  });
  // The same number of bits for both, else the better one is only the larger.
  const kilobits = (videoBytes * 8) / seconds / 1000;
  const whole = await twoPass(bench, recipe, source, kilobits);
  const wholeLike = await likeness(bench, whole, source);
  tellLikeness(bench, recipe, like, wholeLike, false);
}

async function farmFile(
  bench: Bench,
  farm: BenchFarm,
  recipe: RecipeWish,
  source: string,
): Promise<{ file: string; like: Likeness }> {
  const file = path.join(bench.folder, "quality-farm.mkv");
  await farm.encode({ source, output: file, preset: nameOf(recipe) });
  return { file, like: await likeness(bench, file, source) };
}

async function twoPass(
  bench: Bench,
  recipe: RecipeWish,
  source: string,
  kilobits: number,
): Promise<string> {
  const whole = path.join(bench.folder, "quality-whole.mkv");
  const rate = { mode: "bitrate", kilobitsPerSecond: kilobits } as const;
  const encoder = plainVideoArguments({ ...recipe, rate }, null);
  const log = path.join(bench.folder, "two-pass");
  for (const pass of [1, 2]) {
    const args = [...encoder];
    if (recipe.encoder === "x265")
      // libx265 takes passes among its own parameters only.
      appendParameters(args, `pass=${String(pass)}:stats=${log}.x265`);
    else args.push("-pass", String(pass), "-passlogfile", log);
    await runTool(bench, bench.binaries.ffmpeg, [
      ...["-nostdin", "-v", "error", "-y", "-i", source, "-an", ...args],
      ...(pass === 1 ? ["-f", "null", "-"] : [whole]),
    ]);
  }
  return whole;
}

function appendParameters(args: string[], more: string): void {
  const at = args.indexOf("-x265-params");
  if (at < 0) args.push("-x265-params", more);
  else args[at + 1] = `${args[at + 1] ?? ""}:${more}`;
}

/** Losses are positive; at a target the whole file is a two-pass encode of the same size. */
function tellLikeness(
  bench: Bench,
  recipe: RecipeWish,
  farm: Likeness,
  whole: Likeness,
  sameSettings: boolean,
): void {
  const beside = sameSettings ? "whole file" : "two passes";
  const vmaf =
    farm.vmaf === null || whole.vmaf === null
      ? ""
      : `, VMAF ${farm.vmaf.toFixed(2)} beside ${whole.vmaf.toFixed(2)}`;
  bench.say(
    `${nameOf(recipe)}: PSNR ${farm.psnrDb.toFixed(2)} dB beside ${whole.psnrDb.toFixed(2)}, SSIM ${farm.ssim.toFixed(4)} beside ${whole.ssim.toFixed(4)}${vmaf}`,
  );
  bench.tell({
    name: `${nameOf(recipe)}: PSNR lost to ${beside}`,
    unit: "dB",
    values: [whole.psnrDb - farm.psnrDb],
    target: { bound: "at-most", value: 0.1 },
  });
}

export const quality: Section = {
  name: "quality",
  about: "size and likeness beside whole-file encodes; targets of size",
  run,
};
