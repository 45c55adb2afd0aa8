/**
 * What comes out of the farm, as players see it: every preset and every kind of
 * change once, each job's parts encoded by two generations of ffmpeg, each
 * output judged by both.
 */
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Preset } from "../../../src-main/core/recipe.ts";
import type { Binaries } from "../../../src-main/media/binaries.ts";
import { startFarm, type Farm } from "../../fixtures/farm.ts";
import {
  picturesOf,
  playFile,
  type PlayedFile,
} from "../../fixtures/played-file.ts";
import {
  outputCases,
  userOutputs,
  type Output,
} from "../../fixtures/output-cases.ts";
import { fixtureSource } from "../../fixtures/sources.ts";
import { ffmpeg, generations } from "../../fixtures/stitch-pieces.ts";

const only = process.env["REELFARM_CASES"]?.split(",");

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
    presets: Object.entries(userOutputs).map(([name, { recipe }]): Preset => ({
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

// Several at once: while one is encoded others are prepared and judged.
describe.concurrent("outputs of the farm", () => {
  for (const [name, output] of outputCases.filter(
    ([name]) => only?.includes(name) ?? true,
  ))
    test(name, async () => {
      const source = await sourceOf(output.source);
      const file = join(outputs, `${name}.${output.recipe.container}`);
      const jobId = await farm.add(source, file, name, {
        segmentS: output.source === "long" ? null : (output.segmentS ?? 2),
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
        await expectKept(generation, source, file, output);
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
      if (output.says !== undefined)
        expect(job.notes.join("\n")).toMatch(output.says);
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
  { recipe, frames: asked }: Output,
): void {
  if (recipe.video.kind === "none") {
    expect(after.pictures).toEqual([]);
    return;
  }
  const planned = asked ?? before.pictures.length;
  expect(after.pictures.length).toBe(planned);
  expect(after.ptsS.length).toBe(planned);
  expect(firstNotRising(after.ptsS)).toBe(null);
  // Matroska stores no decode times.
  if (["mp4", "mov"].includes(recipe.container))
    expect(firstNotRising(after.dtsS)).toBe(null);
  const frames = Math.min(planned, before.pictures.length);
  const frameS = Math.max(lengthS(after), lengthS(before)) / frames;
  expect(Math.abs(lengthS(after) - lengthS(before))).toBeLessThan(
    frameS + 0.002,
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

/** What must come through as it was. */
async function expectKept(
  generation: Binaries,
  source: string,
  file: string,
  { untouched, soundAs, timecode }: Output,
): Promise<void> {
  const hash = (of: string, ...args: string[]): Promise<string> =>
    ffmpeg(generation, "-i", of, ...args, "-f", "md5", "pipe:1");
  for (const stream of untouched ?? []) {
    const args = ["-map", stream, "-c", "copy"];
    expect(await hash(file, ...args)).toBe(await hash(source, ...args));
  }
  if (soundAs !== undefined) {
    const args = ["-map", "0:a:0", "-c:a", `pcm_${soundAs}`];
    expect(await hash(file, ...args)).toBe(await hash(source, ...args));
  }
  if (timecode !== undefined) {
    const { streams } = await playedOnce(generation, file);
    const track = streams.find(({ tags }) => tags?.["timecode"] !== undefined);
    expect(track?.tags?.["timecode"]).toBe(timecode);
    expect(streams.some(({ codec_type }) => codec_type === "data")).toBe(true);
  }
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
  const fixture = await fixtureSource(name, "ffmpeg");
  if (name !== "everything") return fixture.file;
  await ffmpeg(
    both[0],
    ...["-i", fixture.file, "-map", "0", "-c", "copy", "-t", "6", file],
  );
  return file;
}
