/**
 * Against what people write today: `ffmpeg -f segment` into files, GNU parallel
 * over the files, `ffmpeg -f concat`. Both with two slots of one thread. Also
 * whether what comes out has the pictures that went in.
 */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  benchPreset,
  plainVideoArguments,
  type RecipeWish,
} from "./bench-recipe.ts";
import { makeClip } from "./bench-source.ts";
import { withFarm, type BenchFarm } from "./farm-processes.ts";
import { pictureHash, videoPackets } from "./output-measures.ts";
import { Skipped, type Bench, type Section } from "./section.ts";
import { runFfmpeg, runTool, timeTools, type Timed } from "./tool-run.ts";

const timed: RecipeWish = {
  encoder: "x264",
  rate: { mode: "quality", quality: 22 },
  effort: "fast",
  audio: "copy",
};
const exact: RecipeWish = {
  ...timed,
  rate: { mode: "lossless" },
  effort: "ultrafast",
};
const slots = 2;
const segmentS = 10;

async function run(bench: Bench): Promise<void> {
  await runTool(bench, "parallel", ["--version"]).catch(() => {
    throw new Skipped("GNU parallel is not installed");
  });
  const source = await makeClip(bench, {
    width: bench.isQuick ? 320 : 1280,
    height: bench.isQuick ? 180 : 720,
    seconds: bench.isQuick ? 20 : 90,
    kilobitsPerSecond: bench.isQuick ? 600 : 4_000,
  });
  const wish = {
    workers: [1, 2].map(() => ({ groups: [], threads: 1 })),
    presets: [benchPreset("Timed", timed), benchPreset("Exact", exact)],
  };
  await withFarm(bench, wish, async (farm) => {
    await compareTimes(bench, farm, source);
    for (const kind of ["closed", "open"] as const)
      await comparePictures(bench, farm, kind);
  });
}

async function compareTimes(
  bench: Bench,
  farm: BenchFarm,
  source: string,
): Promise<void> {
  const ratios: number[] = [];
  for (let round = 0; round < (bench.isQuick ? 1 : 3); round += 1) {
    const shell = await shellRecipe(bench, timed, source, "shell.mkv");
    const output = path.join(bench.folder, "shell-farm.mkv");
    const { wallS } = await farm.encode({ source, output, preset: "Timed" });
    bench.say(`shell ${shell.wallS.toFixed(2)} s, farm ${wallS.toFixed(2)} s`);
    ratios.push(wallS / shell.wallS);
  }
  bench.tell({
    name: "wall, farm over shell recipe",
    unit: "",
    values: ratios,
    target: { bound: "at-most", value: 1 },
  });
}

/** Lossless, so that the decoded pictures can be compared by hash. */
async function comparePictures(
  bench: Bench,
  farm: BenchFarm,
  kind: "closed" | "open",
): Promise<void> {
  const source = await shortSource(bench, kind);
  const wanted = await facts(bench, source);
  const farmFile = path.join(bench.folder, `exact-farm-${kind}.mkv`);
  const shellFile = `exact-shell-${kind}.mkv`;
  await farm.encode({ source, output: farmFile, preset: "Exact" });
  const shell = await shellRecipe(bench, exact, source, shellFile).then(
    () => facts(bench, path.join(bench.folder, shellFile)),
    (error: unknown) => String(error).slice(0, 120),
  );
  const own = await facts(bench, farmFile);
  const asTold = (made: Facts | string): string =>
    typeof made === "string"
      ? made
      : `${String(made.frames)} frames, pictures ${made.hash === wanted.hash ? "right" : "WRONG"}`;
  bench.say(
    `${kind} GOPs, ${String(wanted.frames)} frames: farm ${asTold(own)}; shell ${asTold(shell)}`,
  );
  bench.tell({
    name: `farm's pictures are the source's (${kind} GOPs)`,
    unit: "",
    values: [own.hash === wanted.hash && own.frames === wanted.frames ? 1 : 0],
    target: { bound: "at-least", value: 1 },
  });
}

interface Facts {
  readonly frames: number;
  readonly hash: string;
}

async function facts(bench: Bench, file: string): Promise<Facts> {
  const { packets } = await videoPackets(bench, file);
  return { frames: packets, hash: await pictureHash(bench, file) };
}

async function shortSource(
  bench: Bench,
  kind: "closed" | "open",
): Promise<string> {
  const clip = await makeClip(bench, {
    width: 320,
    height: 180,
    seconds: 30,
    kilobitsPerSecond: 500,
  });
  if (kind === "closed") return clip;
  const file = path.join(bench.folder, "open-gop.mkv");
  await runFfmpeg(bench, [
    ...["-i", clip, "-map", "0", "-c", "copy", "-c:v", "libx264"],
    ...["-preset", "veryfast", "-x264-params"],
    "open-gop=1:keyint=75:min-keyint=75:scenecut=0:bframes=5:b-adapt=0:b-pyramid=normal",
    file,
  ]);
  return file;
}

/** The recipe of countless blog posts, with the encoder settings of ours. */
async function shellRecipe(
  bench: Bench,
  recipe: RecipeWish,
  source: string,
  output: string,
): Promise<Timed> {
  const folder = path.join(bench.folder, "shell-recipe");
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.join(folder, "done"), { recursive: true });
  const { ffmpeg } = bench.binaries;
  const quiet = ["-nostdin", "-v", "error", "-y"];
  const encode = [
    ...[ffmpeg, ...quiet, "-threads", "1", "-i", "{}"],
    ...plainVideoArguments(recipe, 1),
    "done/{}",
  ];
  const split = await timeTools(bench, [
    {
      program: ffmpeg,
      cwd: folder,
      args: [
        ...quiet,
        ...["-i", source, "-map", "0:v:0", "-c", "copy", "-f", "segment"],
        ...["-segment_time", String(segmentS), "-reset_timestamps", "1"],
        "part%04d.mkv",
      ],
    },
  ]);
  const parts = (await readdir(folder)).filter((name) =>
    name.startsWith("part"),
  );
  parts.sort();
  await writeFile(
    path.join(folder, "list.txt"),
    parts.map((name) => `file 'done/${name}'\n`).join(""),
  );
  const rest = await timeTools(bench, [
    {
      program: "env",
      cwd: folder,
      args: [
        ...[`HOME=${folder}`, "parallel", "--will-cite", "-j", String(slots)],
        ...[...encode.map(quoted), ":::", ...parts],
      ],
    },
    {
      program: ffmpeg,
      cwd: folder,
      args: [
        ...[...quiet, "-f", "concat", "-i", "list.txt", "-i", source],
        ...["-map", "0:v", "-map", "1:a?", "-c", "copy"],
        path.join(bench.folder, output),
      ],
    },
  ]);
  await rm(folder, { recursive: true, force: true });
  const cpuS =
    split.cpuS === null || rest.cpuS === null ? null : split.cpuS + rest.cpuS;
  return { wallS: split.wallS + rest.wallS, cpuS };
}

/** GNU parallel hands its line to a shell. */
function quoted(argument: string): string {
  return /^[\w./{}+=-]+$/.test(argument)
    ? argument
    : `'${argument.replaceAll("'", "'\\''")}'`;
}

export const shell: Section = {
  name: "shell",
  about: "against ffmpeg -f segment, GNU parallel and concat",
  run,
};
