/**
 * Size and likeness of the farm's output beside whole-file encodes with the
 * same settings and threads, and how near it comes to a size asked for.
 */
import { stat } from "node:fs/promises";
import path from "node:path";
import { encoderTraits } from "../../src-main/core/encoder-traits.ts";
import type { RateControl, VideoEncoder } from "../../src-main/core/recipe.ts";
import { benchPreset, type RecipeWish } from "./bench-recipe.ts";
import { makeClip } from "./bench-source.ts";
import { withFarm, type BenchFarm } from "./farm-processes.ts";
import type { Bench, Section } from "./section.ts";
import { freshName } from "./tool-run.ts";
import {
  encodeTwoPass,
  encodeWhole,
  measure,
  type Measured,
} from "./whole-file.ts";

/** Of every worker and every whole-file encode: threads alone change what encoders write. */
const threads = 1;
const mostLostDb = 0.1;
const mostLargerPercent = 0.5;
const mostOffPercent = 3;

interface Clip {
  readonly source: string;
  readonly seconds: number;
}

interface Made {
  readonly recipe: RecipeWish;
  readonly clip: Clip;
  readonly segmentS: number | null;
  readonly file: string;
}

/**
 * Every encoder at constant quality and with a bitrate; the slow ones on the
 * shorter film. The rates are those at which the encoders are about as good as
 * people want them.
 */
function comparisons(isQuick: boolean) {
  const kilobits = { x264: isQuick ? 200 : 900, x265: isQuick ? 120 : 200 };
  const bitrate = (kilobitsPerSecond: number): RateControl => ({
    mode: "bitrate",
    kilobitsPerSecond,
  });
  return {
    long: [
      wish("x264", { mode: "quality", quality: 23 }),
      wish("x265", { mode: "quality", quality: 26 }),
      wish("x264", bitrate(kilobits.x264)),
    ],
    short: [
      wish("svt-av1", { mode: "quality", quality: 35 }),
      wish("vp9", { mode: "quality", quality: 36 }),
      wish("x265", bitrate(kilobits.x265)),
      wish("svt-av1", bitrate(200)),
      wish("vp9", bitrate(250)),
      wish("x264", { mode: "size", megabytes: isQuick ? 0.5 : 1.8 }),
    ],
    // Segments of two seconds, where every one costs a keyframe more.
    cut: [
      wish("x264", bitrate(300)),
      wish("svt-av1", bitrate(200)),
      wish("vp9", bitrate(250)),
    ],
  };
}

function wish(encoder: VideoEncoder, rate: RateControl): RecipeWish {
  // SVT-AV1 at "fast" is preset 8.
  return { encoder, rate, effort: "fast", audio: "copy" };
}

async function run(bench: Bench): Promise<void> {
  const { long, short, cut } = comparisons(bench.isQuick);
  const longClip = await clipOf(
    bench,
    bench.isQuick ? 20 : 120,
    !bench.isQuick,
  );
  const shortClip = await clipOf(bench, bench.isQuick ? 20 : 60, false);
  // Some are encoded in more than one way; a preset is there once.
  const recipes = new Map(
    [...long, ...short, ...cut].map((recipe) => [nameOf(recipe), recipe]),
  );
  const presets = [...recipes].map(([name, recipe]) =>
    benchPreset(name, recipe),
  );
  const workers = [1, 2].map(() => ({ groups: [], threads }));
  const made: Made[] = [];
  await withFarm(bench, { workers, presets }, async (farm) => {
    const add = async (
      recipes: readonly RecipeWish[],
      clip: Clip,
      segmentS: number | null,
    ): Promise<void> => {
      for (const recipe of recipes)
        made.push(await farmFile(bench, farm, recipe, clip, segmentS));
    };
    await add(long, longClip, null);
    await add(short, shortClip, null);
    await add(cut, shortClip, 2);
  });
  // The farm is gone: two comparisons side by side, for each has one thread.
  await sideBySide(made, 2, (one) => compare(bench, one));
}

async function clipOf(
  bench: Bench,
  seconds: number,
  isLarge: boolean,
): Promise<Clip> {
  const source = await makeClip(bench, {
    width: isLarge ? 480 : 320,
    height: isLarge ? 270 : 180,
    seconds,
    kilobitsPerSecond: isLarge ? 1_800 : 800,
  });
  return { source, seconds };
}

function nameOf({ encoder, rate }: RecipeWish): string {
  return rate.mode === "bitrate"
    ? `${encoder} ${String(rate.kilobitsPerSecond)} kbit/s`
    : `${encoder} ${rate.mode}`;
}

async function farmFile(
  bench: Bench,
  farm: BenchFarm,
  recipe: RecipeWish,
  clip: Clip,
  segmentS: number | null,
): Promise<Made> {
  const name = `${freshName("quality")}-${nameOf(recipe).replaceAll(/[^\w]+/g, "-")}.mkv`;
  const file = path.join(bench.folder, name);
  const { figures } = await farm.encode({
    source: clip.source,
    output: file,
    preset: nameOf(recipe),
    ...(segmentS === null ? {} : { segmentS }),
  });
  bench.say(
    `${nameOf(recipe)}: ${String(clip.seconds)} s of film in ${String(figures.segmentCount)} segments`,
  );
  return { recipe, clip, segmentS, file };
}

async function compare(bench: Bench, made: Made): Promise<void> {
  if (made.recipe.rate.mode === "quality") await compareQuality(bench, made);
  else await compareTarget(bench, made);
}

async function compareQuality(bench: Bench, made: Made): Promise<void> {
  const { recipe, clip, file } = made;
  const { source, seconds } = clip;
  const farm = await measure(bench, file, source, seconds);
  const wholeFile = await encodeWhole(bench, recipe, source, threads);
  const whole = await measure(bench, wholeFile, source, seconds);
  const lostDb = whole.psnrDb - farm.psnrDb;
  const largerPercent = (farm.bytes / whole.bytes - 1) * 100;
  sayBoth(bench, nameOf(recipe), farm, whole);
  bench.tell({
    name: `${nameOf(recipe)}: PSNR lost to whole file`,
    unit: "dB",
    values: [lostDb],
    target: { bound: "at-most", value: mostLostDb },
  });
  bench.tell({
    name: `${nameOf(recipe)}: size over whole file`,
    unit: "%",
    values: [largerPercent],
    target: { bound: "at-most", value: mostLargerPercent },
  });
  const isTradeOff = lostDb * largerPercent < 0;
  const isLarge = lostDb > mostLostDb || largerPercent > mostLargerPercent;
  if (isTradeOff && isLarge) await tellAtEqualSize(bench, made, farm, whole);
}

/** Smaller and worse, or larger and better: what is lost when both are as large, by a third encode nearby. */
async function tellAtEqualSize(
  bench: Bench,
  { recipe, clip }: Made,
  farm: Measured,
  whole: Measured,
): Promise<void> {
  const { rate, encoder } = recipe;
  const scale = encoderTraits[encoder].quality;
  if (rate.mode !== "quality" || scale === null) return;
  const quality = rate.quality + Math.max(1, scale.halvingStep / 6);
  const lower = { ...recipe, rate: { ...rate, quality: Math.round(quality) } };
  const file = await encodeWhole(bench, lower, clip.source, threads);
  const third = await measure(bench, file, clip.source, clip.seconds);
  const dbPerDoubling =
    (whole.psnrDb - third.psnrDb) / Math.log2(whole.bytes / third.bytes);
  const expectedDb =
    whole.psnrDb + dbPerDoubling * Math.log2(farm.bytes / whole.bytes);
  bench.tell({
    name: `${nameOf(recipe)}: PSNR lost at equal size`,
    unit: "dB",
    values: [expectedDb - farm.psnrDb],
    target: { bound: "at-most", value: mostLostDb },
  });
}

async function compareTarget(bench: Bench, made: Made): Promise<void> {
  const { recipe, clip, segmentS, file } = made;
  const { rate, encoder } = recipe;
  const { source, seconds } = clip;
  const name =
    nameOf(recipe) +
    (segmentS === null ? "" : `, segments of ${String(segmentS)} s`);
  const farm = await measure(bench, file, source, seconds);
  const asked =
    rate.mode === "bitrate"
      ? farm.kilobitsPerSecond / rate.kilobitsPerSecond
      : rate.mode === "size"
        ? (await stat(file)).size / (rate.megabytes * 1e6)
        : NaN;
  bench.say(`${name}: ${percent(asked - 1)} off`);
  bench.tell({
    name: `${name}: off the target`,
    unit: "%",
    values: [Math.abs(asked - 1) * 100],
    target: { bound: "at-most", value: mostOffPercent },
  });
  if (segmentS !== null) return;
  const sameRate = {
    mode: "bitrate",
    // Of a file's size the video has what the farm left to it.
    kilobitsPerSecond: farm.kilobitsPerSecond / asked,
  } as const;
  const wholeFile = await encodeTwoPass(
    bench,
    recipe,
    sameRate,
    source,
    threads,
  );
  const whole = await measure(bench, wholeFile, source, seconds);
  const wholeOff = whole.kilobitsPerSecond / sameRate.kilobitsPerSecond - 1;
  sayBoth(bench, name, farm, whole);
  bench.say(`${name}: two passes of ${encoder} are ${percent(wholeOff)} off`);
  bench.tell({
    name: `${name}: PSNR lost to two passes`,
    unit: "dB",
    values: [whole.psnrDb - farm.psnrDb],
    target: { bound: "at-most", value: mostLostDb },
  });
}

function sayBoth(
  bench: Bench,
  name: string,
  farm: Measured,
  whole: Measured,
): void {
  const vmaf =
    farm.vmaf === null || whole.vmaf === null
      ? ""
      : `, VMAF ${farm.vmaf.toFixed(2)} beside ${whole.vmaf.toFixed(2)}`;
  bench.say(
    `${name}: ${farm.kilobitsPerSecond.toFixed(1)} kbit/s beside ${whole.kilobitsPerSecond.toFixed(1)}, PSNR ${farm.psnrDb.toFixed(2)} dB beside ${whole.psnrDb.toFixed(2)}, SSIM ${farm.ssim.toFixed(4)} beside ${whole.ssim.toFixed(4)}${vmaf}`,
  );
}

function percent(share: number): string {
  return `${share < 0 ? "" : "+"}${(share * 100).toFixed(2)} %`;
}

/** All of them, `count` at a time. */
async function sideBySide<Item>(
  items: readonly Item[],
  count: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift())
      await work(item);
  };
  await Promise.all(Array.from({ length: count }, lane));
}

export const quality: Section = {
  name: "quality",
  about: "size and likeness beside whole-file encodes; targets of size",
  run,
};
