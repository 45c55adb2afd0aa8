/**
 * What comes out of the farm, as players see it: every preset and every kind of
 * change once, each job's parts encoded by two generations of ffmpeg, each
 * output judged by both.
 */
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtInPresets } from "../../../src-main/core/preset.ts";
import {
  noFilters,
  type AudioChoice,
  type Preset,
  type Recipe,
  type VideoEncode,
  type VideoFilters,
} from "../../../src-main/core/recipe.ts";
import type { Binaries } from "../../../src-main/media/binaries.ts";
import { startFarm, type Farm } from "../../fixtures/farm.ts";
import {
  picturesOf,
  playFile,
  type PlayedFile,
  type PlayedStream,
} from "../../fixtures/played-file.ts";
import { fixtureSource } from "../../fixtures/sources.ts";
import { ffmpeg, generations } from "../../fixtures/stitch-pieces.ts";

const only = process.env["REELFARM_CASES"]?.split(",");

const lossless: Partial<VideoEncode> = {
  encoder: "ffv1",
  rate: { mode: "lossless" },
  pixelFormat: "source",
};
const noSound: Partial<Recipe> = { audio: { kind: "none" } };
const sound = (
  encoder: "aac" | "opus" | "flac",
): Extract<AudioChoice, { kind: "encode" }> => ({
  kind: "encode",
  encoder,
  kilobitsPerSecond: 96,
  channels: "source",
  copyWhenPossible: false,
});
const filtered = (filters: Partial<VideoFilters>): Partial<VideoEncode> => ({
  filters: { ...noFilters, ...filters },
});

interface Output {
  readonly source: string;
  readonly recipe: Recipe;
  /** Codecs in the order of the file, attached pictures and fonts left out. */
  readonly codecs: readonly string[];
  readonly picture?: Partial<PlayedStream>;
  readonly chapters?: number;
  /** Frames, where the source's count is not what is asked for. */
  readonly frames?: number;
  /** What one process makes of the source; the farm's pictures must be the same. */
  readonly sameAs?: string;
  readonly sizeBytes?: number;
  readonly videoBytes?: number;
}

const everything = { source: "everything", chapters: 2 };
const subtitled = ["subrip", "ass"];
const texts = ["mov_text", "mov_text"];
const size = { width: 320, height: 180 };

const ofBuiltIn: Readonly<Record<string, Omit<Output, "recipe" | "source">>> = {
  "Fast 1080p": {
    codecs: ["h264", "aac", "aac", ...texts],
    picture: { ...size, pix_fmt: "yuv420p" },
  },
  "HQ 1080p": { codecs: ["h264", "aac", "aac", ...texts], picture: size },
  "HEVC small": {
    codecs: ["hevc", "opus", "opus", ...subtitled],
    picture: { ...size, pix_fmt: "yuv420p10le" },
  },
  "AV1 archive": {
    codecs: ["av1", "aac", "aac", ...subtitled],
    picture: { ...size, pix_fmt: "yuv420p10le" },
  },
  Web: { codecs: ["h264", "aac", ...texts], picture: size },
  Phone: { codecs: ["hevc", "aac", ...texts], picture: size },
  "Edit proxy ProRes": {
    codecs: ["prores", "aac", "aac"],
    picture: { ...size, profile: "Proxy", pix_fmt: "yuv422p10le" },
  },
  "Edit proxy DNxHR": {
    codecs: ["dnxhd", "aac", "aac"],
    picture: { ...size, profile: "DNXHR LB" },
  },
  "Lossless archive": {
    codecs: ["ffv1", "flac", "flac", ...subtitled],
    picture: size,
    sameAs: "null",
  },
  "Audio only": { codecs: ["aac"] },
};

const ofUser: Readonly<Record<string, Output>> = {
  "webm vp9 opus": {
    ...everything,
    recipe: recipe("webm", { encoder: "vp9" }, { audio: sound("opus") }),
    codecs: ["vp9", "opus", "opus", "webvtt", "webvtt"],
  },
  "mov prores copied aac": {
    ...everything,
    recipe: recipe("mov", {
      encoder: "prores",
      rate: { mode: "profile", profile: "hq" },
      pixelFormat: "source",
    }),
    codecs: ["prores", "aac", "aac", ...texts],
    picture: { profile: "HQ" },
  },
  "mkv x265 HDR10": {
    source: "hdr10-mkv",
    recipe: recipe("mkv", { encoder: "x265", pixelFormat: "source" }),
    codecs: ["hevc"],
    picture: {
      pix_fmt: "yuv420p10le",
      color_transfer: "smpte2084",
      color_primaries: "bt2020",
      color_space: "bt2020nc",
    },
  },
  "mp4 svt-av1": {
    ...everything,
    recipe: recipe("mp4", { encoder: "svt-av1" }, { audio: sound("aac") }),
    codecs: ["av1", "aac", "aac", ...texts],
  },
  "video copied to mp4": {
    ...everything,
    recipe: { ...recipe("mp4", {}), video: { kind: "copy" } },
    codecs: ["h264", "aac", "aac", ...texts],
    sameAs: "null",
  },
  "30 to 25 frames a second": {
    source: "closed-mkv",
    recipe: recipe("mkv", {
      ...lossless,
      ...filtered({
        frameRate: { mode: "constant", numerator: 25, denominator: 1 },
      }),
    }),
    codecs: ["ffv1", "aac"],
    frames: 300,
    // The grid of the farm begins at the first frame.
    sameAs: "setpts=PTS-STARTPTS,fps=25:round=near",
  },
  deinterlaced: {
    source: "mpeg2-interlaced",
    recipe: recipe("mkv", { ...lossless, ...filtered({ deinterlace: "on" }) }),
    codecs: ["ffv1"],
    picture: { field_order: "progressive" },
    sameAs: "bwdif=mode=send_frame:parity=tff:deint=all",
  },
  "HDR to SDR": {
    source: "hdr10-mp4",
    recipe: recipe("mp4", {
      ...filtered({ tonemap: "hdr-to-sdr" }),
      pixelFormat: "yuv420p",
    }),
    codecs: ["h264"],
    picture: {
      pix_fmt: "yuv420p",
      color_transfer: "bt709",
      color_primaries: "bt709",
      color_space: "bt709",
    },
  },
  "subtitle burnt in": {
    ...everything,
    recipe: recipe(
      "mkv",
      { ...lossless, ...filtered({ burnSubtitle: 0 }) },
      noSound,
    ),
    codecs: ["ffv1", "ass"],
  },
  "cropped and fitted": {
    source: "closed-mov",
    recipe: recipe("mov", {
      ...filtered({
        crop: { top: 20, bottom: 20, left: 40, right: 40 },
        fit: { maxWidth: 160, maxHeight: 160 },
      }),
    }),
    codecs: ["h264", "aac"],
    picture: { width: 160, height: 94 },
  },
  "DNxHR HQ": {
    source: "pal-aspect",
    recipe: recipe("mov", {
      encoder: "dnxhr",
      rate: { mode: "profile", profile: "hq" },
      pixelFormat: "source",
    }),
    codecs: ["dnxhd"],
    picture: { width: 360, height: 288, profile: "DNXHR HQ" },
  },
  "bitrate asked for": {
    source: "long",
    recipe: recipe("mp4", {
      rate: { mode: "bitrate", kilobitsPerSecond: 150 },
    }),
    codecs: ["h264", "aac"],
    videoBytes: (150_000 / 8) * 36,
  },
  "size asked for": {
    source: "long",
    recipe: recipe("mkv", { rate: { mode: "size", megabytes: 1.2 } }),
    codecs: ["h264", "aac"],
    sizeBytes: 1_200_000,
  },
  "picture later than sound": {
    source: "delayed-video",
    recipe: recipe("mp4", {}, { audio: sound("aac") }),
    codecs: ["h264", "aac"],
  },
  "sound later than picture": {
    source: "audio-later",
    recipe: recipe("mp4", {}, { audio: sound("opus") }),
    codecs: ["h264", "opus"],
  },
};

const cases: readonly (readonly [string, Output])[] = [
  ...builtInPresets.map(
    ({ name, recipe }) =>
      [
        name,
        {
          ...everything,
          recipe,
          ...(ofBuiltIn[name] ?? { codecs: ["a preset nobody expects"] }),
        },
      ] as const,
  ),
  ...Object.entries(ofUser),
];

let farm: Farm;
let outputs: string;
let both: readonly [Binaries, Binaries];
const sources = new Map<string, Promise<string>>();
const played = new Map<string, Promise<PlayedFile>>();
const table: Record<string, string | number>[] = [];

beforeAll(async () => {
  both = await generations();
  farm = await startFarm({
    workers: both.map(({ ffmpeg, ffprobe }) => ({ ffmpeg, ffprobe })),
    presets: Object.entries(ofUser).map(([name, { recipe }]): Preset => ({
      name,
      description: "For the proof",
      origin: "user",
      recipe,
    })),
  });
  outputs = join(farm.folder, "outputs");
  await mkdir(outputs);
});
afterAll(async () => {
  console.table(table);
  await farm.close();
});

// All are queued at once: the farm sets the pace.
describe.concurrent("outputs of the farm", () => {
  for (const [name, output] of cases.filter(
    ([name]) => only?.includes(name) ?? true,
  ))
    test(name, async () => {
      const source = await sourceOf(output.source);
      const file = join(outputs, `${name}.${output.recipe.container}`);
      const jobId = await farm.add(source, file, name, {
        segmentS: output.source === "long" ? null : 2,
      });
      const job = await farm.finished(jobId);
      const { log, figures } = await farm.detail(jobId);
      expect(job.failure, log.map(({ text }) => text).join("\n")).toBe(null);
      for (const generation of both) {
        const before = await playedOnce(generation, source);
        const after = await playFile(generation, file);
        expectPlanned(after, output);
        expectSameTimes(after, before, output);
        if (output.sameAs !== undefined)
          expect(
            otherPictures(
              after.pictures,
              await picturesOf(generation, source, output.sameAs),
            ),
          ).toEqual([]);
        if (name === "subtitle burnt in") expectBurnt(after, before);
        if (generation === both[0])
          table.push({
            name,
            segments: figures?.segmentCount ?? 0,
            workers: figures?.workers.length ?? 0,
            frames: after.pictures.length,
            streams: after.streams.map((one) => one.codec_name).join(" "),
            bytes: (await stat(file)).size,
            offsetMs: offsetsMs(after, before).join(" "),
            wallS: figures?.wallS.toFixed(1) ?? "",
          });
      }
      await expectWeight(file, output);
      if (output.recipe.video.kind === "encode")
        expect(figures?.segmentCount).toBeGreaterThan(1);
      await rm(file);
    });
});

function expectPlanned(after: PlayedFile, output: Output): void {
  expect(after.complaints).toBe("");
  const media = after.streams.filter(
    ({ codec_type, disposition }) =>
      ["video", "audio", "subtitle"].includes(codec_type) &&
      disposition.attached_pic === 0,
  );
  expect(media.map(({ codec_name }) => codec_name)).toEqual(output.codecs);
  const video = media.find(({ codec_type }) => codec_type === "video");
  expect(video ?? {}).toMatchObject(output.picture ?? {});
  expect(after.chapters).toBe(output.chapters ?? 0);
}

function expectSameTimes(
  after: PlayedFile,
  before: PlayedFile,
  { recipe, frames }: Output,
): void {
  if (recipe.video.kind === "none") {
    expect(after.pictures).toEqual([]);
    return;
  }
  const planned = frames ?? before.pictures.length;
  expect(after.pictures.length).toBe(planned);
  expect(after.ptsS.length).toBe(planned);
  expect(firstNotRising(after.ptsS)).toBe(null);
  // Matroska stores no decode times.
  if (["mp4", "mov"].includes(recipe.container))
    expect(firstNotRising(after.dtsS)).toBe(null);
  const frameS = lengthS(before) / before.pictures.length;
  expect(Math.abs(lengthS(after) - lengthS(before))).toBeLessThan(
    frameS + 0.001,
  );
  for (const offsetMs of offsetsMs(after, before))
    expect(Math.abs(offsetMs)).toBeLessThan(frameS * 1000);
}

/** By how much each sound moved against the picture. */
function offsetsMs(after: PlayedFile, before: PlayedFile): number[] {
  if (after.videoStartS === null || before.videoStartS === null) return [];
  const [is, was] = [after.videoStartS, before.videoStartS];
  return after.audioStartsS.map((startS, track) =>
    Math.round(
      (startS - is - ((before.audioStartsS[track] ?? NaN) - was)) * 1e3,
    ),
  );
}

/** Pictures are the source's, but for the seconds in which there is a line. */
function expectBurnt(after: PlayedFile, before: PlayedFile): void {
  const changed = before.ptsS.filter(
    (_, place) => after.pictures[place] !== before.pictures[place],
  );
  const spoken = before.ptsS.filter(
    (timeS) => (timeS >= 1 && timeS < 2.5) || (timeS >= 4 && timeS < 6),
  );
  expect(changed).toEqual(spoken);
}

async function expectWeight(
  file: string,
  { sizeBytes, videoBytes }: Output,
): Promise<void> {
  if (sizeBytes !== undefined) expectNear((await stat(file)).size, sizeBytes);
  if (videoBytes === undefined) return;
  const packets = await ffmpeg(
    both[1],
    ...["-i", file, "-map", "0:v", "-c", "copy", "-f", "framecrc", "pipe:1"],
  );
  const bytes = packets
    .split("\n")
    .filter((line) => /^\d/.test(line))
    .map((line) => Number(line.split(",")[4]));
  expectNear(
    bytes.reduce((sum, one) => sum + one, 0),
    videoBytes,
  );
}

function expectNear(is: number, asked: number): void {
  expect(Math.abs(is / asked - 1), `${String(is)} bytes`).toBeLessThan(0.03);
}

/** Places at which two runs of pictures differ. */
function otherPictures(
  some: readonly string[],
  others: readonly string[],
): number[] {
  const length = Math.max(some.length, others.length);
  return Array.from({ length }, (_, place) => place).filter(
    (place) => some[place] !== others[place],
  );
}

function firstNotRising(times: readonly number[]): string | null {
  const at = times.findIndex((time, n) => n > 0 && !(time > times[n - 1]!));
  return at < 0 ? null : `packet ${String(at)} at ${String(times[at])} s`;
}

function lengthS({ ptsS, endS }: PlayedFile): number {
  return endS - (ptsS[0] ?? NaN);
}

function playedOnce(binaries: Binaries, file: string): Promise<PlayedFile> {
  const key = `${binaries.version} ${file}`;
  const made = played.get(key) ?? playFile(binaries, file);
  played.set(key, made);
  return made;
}

function sourceOf(name: string): Promise<string> {
  const made = sources.get(name) ?? makeSource(name);
  sources.set(name, made);
  return made;
}

async function makeSource(name: string): Promise<string> {
  const file = join(farm.folder, `${name}.mkv`);
  if (name === "long") {
    await ffmpeg(
      both[0],
      ...["-f", "lavfi", "-i", "testsrc2=s=256x144:r=25:d=36"],
      ...["-f", "lavfi", "-i", "sine=f=440:b=2:r=48000:d=36"],
      ..."-c:v libx264 -preset ultrafast -crf 24 -g 50 -c:a aac".split(" "),
      file,
    );
    return file;
  }
  const fixture = await fixtureSource(name, both[0].ffmpeg);
  if (name !== "everything") return fixture.file;
  await ffmpeg(
    both[0],
    ...["-i", fixture.file, "-map", "0", "-c", "copy", "-t", "6", file],
  );
  return file;
}

function recipe(
  container: Recipe["container"],
  video: Partial<VideoEncode>,
  rest: Partial<Recipe> = {},
): Recipe {
  return {
    container,
    video: {
      kind: "encode",
      encoder: "x264",
      rate: { mode: "quality", quality: 28 },
      effort: "veryfast",
      tune: "none",
      pixelFormat: "yuv420p",
      keyframeIntervalS: 5,
      filters: noFilters,
      ...video,
    },
    audio: { kind: "copy" },
    audioTracks: "all",
    subtitles: "keep",
    chapters: "keep",
    attachments: "none",
    metadata: "keep",
    fastStart: false,
    ...rest,
  };
}
