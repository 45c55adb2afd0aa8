import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtInPresets, findPreset } from "../../../src-main/core/preset.ts";
import { findBinaries } from "../../../src-main/media/binaries.ts";
import type { UiFrame } from "../../../src-main/protocol/ui-media.ts";
import { startFarm, type Farm } from "../../fixtures/farm.ts";
import { fixtureSource } from "../../fixtures/sources.ts";

const run = promisify(execFile);
const { ffmpeg } = await findBinaries();

let farm: Farm;
let folder: string;
/** Ten seconds: each second of another grey, the first one black. */
let film: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "reelfarm-look-"));
  farm = await startFarm({ workers: [] });
  film = join(folder, "film.mkv");
  await run(ffmpeg, [
    ...["-v", "error", "-f", "lavfi"],
    ...["-i", "color=black:s=128x72:r=25:d=10,format=yuv420p"],
    ...["-vf", "geq=lum='16+20*floor(T)':cb=128:cr=128"],
    ...["-c:v", "libx264", "-qp", "4", "-g", "60", film],
  ]);
});

afterAll(async () => {
  await farm.close();
  await rm(folder, { recursive: true, force: true });
});

const frame = (
  of: { path: string } | { sampleId: string },
  atS: number | null,
  widthPx = 64,
): Promise<UiFrame> =>
  farm.master.host.handle({ type: "frame", of, atS, widthPx });

/** The grey in the middle of a JPEG, full range. */
async function grey({ jpegBase64 }: UiFrame): Promise<number> {
  const file = join(folder, "frame.jpg");
  await writeFile(file, Buffer.from(jpegBase64, "base64"));
  const { stdout } = await run(
    ffmpeg,
    [
      ...["-v", "error", "-i", file, "-vf", "crop=2:2,format=gray"],
      ...["-f", "rawvideo", "pipe:1"],
    ],
    { encoding: "buffer" },
  );
  return stdout[0] ?? -1;
}

/** What the film shows in a second, full range. */
const greyOf = (second: number): number => (20 * second * 255) / 219;

describe("a picture of a file", () => {
  test("is the one of the moment, not of the keyframe before it", async () => {
    for (const atS of [0, 3.04, 5.96, 9.9]) {
      const picture = await frame({ path: film }, atS);
      expect(picture).toMatchObject({ widthPx: 64, heightPx: 36, atS });
      const wanted = greyOf(Math.floor(atS));
      expect(Math.abs((await grey(picture)) - wanted)).toBeLessThan(6);
    }
  });

  test("behind the end is one of the last", async () => {
    const late = await frame({ path: film }, 9_000);
    expect(Math.abs((await grey(late)) - greyOf(9))).toBeLessThan(30);
  });

  test("is turned and has its shape as a person sees it", async () => {
    const turned = await fixtureSource("rotation-90", "ffmpeg");
    const upright = await frame({ path: turned.file }, null, 1920);
    expect(upright.heightPx).toBeGreaterThan(upright.widthPx);
    const pal = await fixtureSource("pal-aspect", "ffmpeg");
    const wide = await frame({ path: pal.file }, null, 1920);
    expect(wide.widthPx / wide.heightPx).toBeCloseTo(16 / 9, 1);
  });

  test("is refused of what is no film", async () => {
    const text = join(folder, "notes.txt");
    await writeFile(text, "nothing to see");
    await expect(frame({ path: text }, 0)).rejects.toMatchObject({
      code: "not-media",
    });
    await expect(
      frame({ path: join(folder, "none.mkv") }, 0),
    ).rejects.toMatchObject({ code: "source-missing" });
  });
});

describe("a sample", () => {
  const make = (signal?: AbortSignal) =>
    farm.master.host.handle(
      {
        type: "make-sample",
        path: film,
        presetName: "Fast 1080p",
        atS: 4.5,
        durationS: 3,
      },
      signal,
    );
  const kept = (): Promise<string[]> =>
    readdir(join(farm.folder, "master", "samples")).catch(() => []);

  test("shows what the film shows, weighs what was made, and goes when dropped", async () => {
    const sample = await make();
    expect(sample.durationS).toBe(3);
    expect(sample.sizeBytes).toBeGreaterThan(500);
    expect(sample.expectedBytes).toBeGreaterThan(sample.sizeBytes);
    expect(sample.expectedS).toBeGreaterThan(0);
    const of = { sampleId: sample.sampleId };
    for (const atS of [4.52, 5.96, 7.04]) {
      const wanted = greyOf(Math.floor(atS));
      const shown = await grey(await frame(of, atS));
      expect(Math.abs(shown - wanted)).toBeLessThan(8);
    }
    await farm.master.host.handle({ type: "drop-sample", ...of });
    expect(await kept()).toEqual([]);
    await expect(frame(of, 5)).rejects.toMatchObject({ code: "usage" });
  });

  test("is of a constant rate and a bitrate, too, and of a file without an index", async () => {
    const stream = join(folder, "streams", "film.ts");
    await mkdir(join(folder, "streams"));
    await run(ffmpeg, ["-v", "error", "-i", film, "-c", "copy", stream]);
    const recipe = findPreset("Fast 1080p", builtInPresets)?.recipe;
    if (recipe?.video.kind !== "encode") throw new Error("it encodes");
    const filters = {
      ...recipe.video.filters,
      frameRate: { mode: "constant", numerator: 10, denominator: 1 },
    } as const;
    const rate = { mode: "bitrate", kilobitsPerSecond: 80 } as const;
    const sample = await farm.master.host.handle({
      type: "make-sample",
      path: stream,
      presetName: "",
      recipe: { ...recipe, video: { ...recipe.video, filters, rate } },
      atS: 4.5,
      durationS: 3,
    });
    expect(sample.expectedBytes).toBeCloseTo(100_000, -4);
    expect(sample.notes.join(" ")).toMatch(/first pass/);
    for (const atS of [4.7, 5.5, 7.3]) {
      const shown = await grey(await frame({ sampleId: sample.sampleId }, atS));
      expect(Math.abs(shown - greyOf(Math.floor(atS)))).toBeLessThan(10);
    }
    const { sampleId } = sample;
    await farm.master.host.handle({ type: "drop-sample", sampleId });
  });

  test("ends with the face that asked for it", async () => {
    const face = new AbortController();
    const made = make(face.signal);
    made.catch(() => undefined);
    await expect.poll(kept, { interval: 5 }).toHaveLength(1);
    face.abort(new Error("gone"));
    await expect(made).rejects.toThrow();
    expect(await kept()).toEqual([]);
  });
});

test("a folder lists folders, then what may be media", async () => {
  const listed = await farm.master.host.handle({
    type: "list-folder",
    path: folder,
  });
  expect(listed.parent).toBe(tmpdir());
  expect(listed.entries.map(({ name }) => name)).toEqual([
    "streams",
    "film.mkv",
  ]);
  await expect(
    farm.master.host.handle({ type: "list-folder", path: film }),
  ).rejects.toMatchObject({ code: "source-missing" });
});
