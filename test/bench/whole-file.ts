/** The other side of the comparison: one plain ffmpeg over the whole file, with as many threads as a worker has. */
import path from "node:path";
import type { RateControl } from "../../src-main/core/recipe.ts";
import {
  plainArguments,
  plainVideoArguments,
  type RecipeWish,
} from "./bench-recipe.ts";
import { likeness, videoPackets, type Likeness } from "./output-measures.ts";
import type { Bench } from "./section.ts";
import { freshName, runTool } from "./tool-run.ts";

export interface Measured extends Likeness {
  /** Of the video alone. */
  readonly bytes: number;
  /** Of the video alone. */
  readonly kilobitsPerSecond: number;
}

/** Encodes with exactly the settings of a worker. */
export async function encodeWhole(
  bench: Bench,
  recipe: RecipeWish,
  source: string,
  threads: number,
): Promise<string> {
  const whole = path.join(bench.folder, `${freshName("whole")}.mkv`);
  const args = plainArguments(recipe, source, whole, threads);
  await runTool(bench, bench.binaries.ffmpeg, args);
  return whole;
}

/** Two passes over the whole file with the bitrate asked for. */
export async function encodeTwoPass(
  bench: Bench,
  recipe: RecipeWish,
  rate: Extract<RateControl, { mode: "bitrate" }>,
  source: string,
  threads: number,
): Promise<string> {
  const name = freshName("two-pass");
  const whole = path.join(bench.folder, `${name}.mkv`);
  const log = path.join(bench.folder, name);
  const encoder = plainVideoArguments({ ...recipe, rate }, threads);
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

export async function measure(
  bench: Bench,
  file: string,
  source: string,
  seconds: number,
): Promise<Measured> {
  const like = await likeness(bench, file, source);
  const { bytes } = await videoPackets(bench, file);
  return { ...like, bytes, kilobitsPerSecond: (bytes * 8) / seconds / 1000 };
}

function appendParameters(args: string[], more: string): void {
  const at = args.indexOf("-x265-params");
  if (at < 0) args.push("-x265-params", more);
  else args[at + 1] = `${args[at + 1] ?? ""}:${more}`;
}
