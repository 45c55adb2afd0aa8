/**
 * Sources made on the spot: scenes of uneven length from several generators
 * (texture, motion, noise, flat gradients, hard edges), so that an encoder
 * meets easy and hard parts and scene cuts, as in a film.
 */
import { access, rename } from "node:fs/promises";
import path from "node:path";
import { runFfmpeg } from "./tool-run.ts";
import type { Bench } from "./section.ts";

export interface ClipWish {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  readonly kilobitsPerSecond: number;
  /** Frames between keyframes at most. */
  readonly keyframes?: number;
  readonly audio?: boolean;
}

export const framesPerSecond = 30;
/** Uneven, so that scene cuts and keyframes do not fall on a grid. */
const sceneSeconds = [4.2, 2.6, 6.1, 3.3, 5, 7.4, 2.1];

/** A Matroska file with H.264 and, if wished, AAC; made once in a run. */
export function makeClip(bench: Bench, wish: ClipWish): Promise<string> {
  const { width, height, seconds, kilobitsPerSecond } = wish;
  const keyframes = wish.keyframes ?? 90;
  const name = `clip-${String(width)}x${String(height)}-${String(seconds)}s-${String(kilobitsPerSecond)}k-${String(keyframes)}${wish.audio === false ? "-mute" : ""}.mkv`;
  return once(bench, name, async (file) => {
    const scenes = scenesOf(seconds);
    const inputs = scenes.flatMap((length, at) => [
      ...["-f", "lavfi", "-t", String(length)],
      ...["-i", scene(at, width, height)],
    ]);
    const labels = scenes.map((_, at) => `[${String(at)}:v]`).join("");
    const sound = [
      ...["-f", "lavfi", "-t", String(seconds)],
      ...["-i", "sine=f=330:b=2:r=48000,volume=0.4,tremolo=f=3"],
    ];
    await runFfmpeg(bench, [
      ...inputs,
      ...(wish.audio === false ? [] : sound),
      "-filter_complex",
      `${labels}concat=n=${String(scenes.length)},format=yuv420p[v]`,
      ...["-map", "[v]"],
      ...(wish.audio === false
        ? []
        : ["-map", `${String(scenes.length)}:a`, "-ac", "2", "-c:a", "aac"]),
      ...["-c:v", "libx264", "-preset", "veryfast", "-bf", "3"],
      ...["-b:v", `${String(kilobitsPerSecond)}k`],
      ...["-maxrate", `${String(kilobitsPerSecond * 2)}k`],
      ...["-bufsize", `${String(kilobitsPerSecond * 4)}k`],
      ...["-g", String(keyframes), "-r", String(framesPerSecond)],
      ...["-t", String(seconds), "-f", "matroska", file],
    ]);
  });
}

/** The clip's streams again and again without encoding, until it is as long as wished. */
export function loopClip(
  bench: Bench,
  clip: string,
  times: number,
  extension: "mkv" | "mp4" = "mkv",
): Promise<string> {
  const name = `${path.basename(clip, ".mkv")}-x${String(times)}.${extension}`;
  return once(bench, name, async (file) => {
    await runFfmpeg(bench, [
      ...["-stream_loop", String(times - 1), "-i", clip, "-map", "0"],
      ...["-c", "copy", "-f", extension === "mkv" ? "matroska" : "mp4", file],
    ]);
  });
}

async function once(
  bench: Bench,
  name: string,
  make: (file: string) => Promise<void>,
): Promise<string> {
  const file = path.join(bench.folder, name);
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) return file;
  bench.say(`making ${name}`);
  await make(`${file}.part`);
  await rename(`${file}.part`, file);
  return file;
}

function scenesOf(seconds: number): number[] {
  const scenes: number[] = [];
  let left = seconds;
  for (let at = 0; left > 0.5; at += 1) {
    const length = sceneSeconds[at % sceneSeconds.length] ?? 4;
    scenes.push(Math.min(length, left));
    left -= length;
  }
  return scenes;
}

/** The same number gives the same scene; later rounds differ from earlier ones. */
function scene(number: number, width: number, height: number): string {
  const size = `s=${String(width)}x${String(height)}:r=${String(framesPerSecond)}`;
  const half = `s=${String(width / 2)}x${String(height / 2)}:r=${String(framesPerSecond)}`;
  const whole = `scale=${String(width)}:${String(height)}`;
  const seed = 11 + number;
  const round = Math.floor(number / 6);
  const noise = (strength: number): string =>
    `noise=alls=${String(strength)}:allf=t:all_seed=${String(seed)}`;
  const kinds = [
    `mandelbrot=${half}:maxiter=200:start_scale=${String(2 / (1 + round))},${whole},${noise(6)}`,
    `testsrc2=${size},${noise(10)},hue=h=${String(round * 40)}`,
    `gradients=${half}:seed=${String(seed)}:speed=0.02,${whole},${noise(4)}`,
    `life=${half}:mold=12:ratio=0.12:seed=${String(seed)}:death_color=#703020:life_color=#30c090,${whole}:flags=bilinear,boxblur=2`,
    `smptehdbars=${size},rotate=a=0.1*t,${noise(14)}`,
    `testsrc=${size},scroll=h=0.004:v=0.002,${noise(8)}`,
  ];
  return `${kinds[number % kinds.length] ?? ""},${whole},setsar=1`;
}
