import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { DisplayTags } from "../../../src-main/core/display-tags.ts";
import type { CarrierCodec } from "../../../src-main/core/ffmpeg-arguments/carrier.ts";
import type { AudioEncoder, Container } from "../../../src-main/core/recipe.ts";
import { planStreams } from "../../../src-main/core/stream-plan.ts";
import type { Binaries } from "../../../src-main/media/binaries.ts";
import { probeSource } from "../../../src-main/media/probe.ts";
import { stitch } from "../../../src-main/media/stitch.ts";
import type { StitchReport } from "../../../src-main/media/stitch.ts";
import { extractSubtitle } from "../../../src-main/media/subtitle-extract.ts";
import { verifyOutput } from "../../../src-main/media/verify-output.ts";
import type { OutputReport } from "../../../src-main/media/verify-output.ts";
import {
  decodedFrames,
  encodeAudio,
  encodeSegments,
  ffmpeg,
  generations,
  plainDisplay,
  recipeFor,
} from "../../fixtures/stitch-pieces.ts";

const execute = promisify(execFile);

let folder: string;
let both: readonly [Binaries, Binaries];
let older: Binaries;
let newer: Binaries;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "reelfarm-stitch-cases-"));
  both = await generations();
  [older, newer] = both;
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Case {
  readonly name: string;
  readonly source: string;
  readonly codec: CarrierCodec;
  readonly container: Container;
  readonly sound: AudioEncoder | "copy" | "none";
  readonly frames: number;
  readonly timescale: number;
  readonly binaries: Binaries;
  /** Encoders of the segments; one by default. */
  readonly encoders?: readonly Binaries[];
  readonly extra?: readonly string[];
  readonly display?: DisplayTags;
}

interface Outcome {
  readonly file: string;
  readonly report: StitchReport;
  readonly verified: OutputReport;
  readonly segmentFiles: readonly string[];
}

/** Three parts, stitched, verified, and decoded without complaint to the same pictures as the parts. */
async function outcomeOf(given: Case): Promise<Outcome> {
  const { binaries, source, codec, container, sound, frames } = given;
  const cuts = [0, Math.floor(frames / 3), Math.floor(frames / 1.6), frames];
  const encoders = given.encoders ?? [binaries];
  const facts = await probeSource(binaries, source);
  const plan = planStreams(facts, recipeFor(container, codec, sound));
  const workFolder = await mkdtemp(path.join(folder, "case-"));
  const segmentFiles = await encodeSegments(
    source,
    codec,
    given.timescale,
    cuts.slice(1).map((endFrame, place) => ({
      startFrame: cuts[place] ?? 0,
      endFrame,
      binaries: encoders[place % encoders.length] ?? binaries,
      extra: given.extra ?? [],
    })),
    workFolder,
  );
  const audioFile =
    sound === "copy" || sound === "none"
      ? null
      : await encodeAudio(binaries, source, sound, workFolder);
  const file = path.join(folder, `${given.name}.${container}`);
  const display = given.display ?? plainDisplay;
  const report = await stitch(binaries, {
    ...{ sourceFile: source, facts, plan, segmentFiles, display, audioFile },
    ...{ fastStart: true, outputFile: file, workFolder },
  });
  const verified = await verifyOutput(binaries, file, {
    sourceFile: source,
    ...{ facts, plan, video: report.video, display, audioFile },
    size: null,
  });
  const whole = await decodedFrames(binaries, file);
  const parts = await Promise.all(
    segmentFiles.map((segment) => decodedFrames(binaries, segment)),
  );
  expect(whole.hashes).toEqual(parts.flatMap(({ hashes }) => hashes));
  return { file, report, verified, segmentFiles };
}

/** A source of its own; `filters` for the picture. */
async function makeSource(
  name: string,
  filters: string,
  ...output: string[]
): Promise<string> {
  const file = path.join(folder, name);
  await ffmpeg(
    older,
    ...["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=2"],
    ...["-f", "lavfi", "-i", "sine=f=440:b=2:r=48000:d=2"],
    ...["-vf", filters, "-fps_mode", "passthrough"],
    ..."-c:v libx264 -crf 24 -preset veryfast -pix_fmt yuv420p -c:a aac".split(
      " ",
    ),
    ...[...output, file],
  );
  return file;
}

async function probe(
  file: string,
  ...args: string[]
): Promise<Record<string, unknown>> {
  const { stdout } = await execute(newer.ffprobe, [
    ...["-v", "error", "-of", "json", ...args, file],
  ]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function streamsOf(file: string): Promise<Record<string, unknown>[]> {
  const { streams } = await probe(file, "-show_streams");
  return streams as Record<string, unknown>[];
}

describe("times", () => {
  test.each([
    ["mp4", 0],
    ["mkv", 1],
  ] as const)(
    "variable rate in %s, generation %i",
    async (container, generation) => {
      const source = await makeSource(
        `vfr-${container}.mkv`,
        "select='not(eq(mod(n,7),3))',setpts='PTS+if(gt(N,30),1.7/TB,0)+0.004*mod(N,3)/TB'",
      );
      const binaries = both[generation];
      const { times } = await decodedFrames(binaries, source);
      const { verified, report } = await outcomeOf({
        name: "vfr",
        ...{ source, codec: "h264", container, sound: "copy", binaries },
        ...{ frames: times.length, timescale: 16_000 },
      });
      expect(verified.frames).toBe(times.length);
      const first = report.video?.ptsTicks[0] ?? 0;
      expect(
        Array.from(
          report.video?.ptsTicks ?? [],
          (ticks) => (ticks - first) / 16,
        ),
      ).toEqual(times.map((time) => time - (times[0] ?? 0)));
    },
  );

  test("encoders with different reordering delays do not move a frame", async () => {
    const source = await makeSource("delays.mp4", "null");
    const facts = await probeSource(newer, source);
    const plan = planStreams(facts, recipeFor("mp4", "h264", "none"));
    const workFolder = await mkdtemp(path.join(folder, "delays-"));
    const parts = [
      [0, 20, "0"],
      [20, 40, "8"],
      [40, 41, "3"],
      [41, 60, "3"],
    ] as const;
    const segmentFiles = await encodeSegments(
      source,
      "h264",
      90_000,
      parts.map(([startFrame, endFrame, bframes]) => ({
        ...{ startFrame, endFrame, binaries: newer },
        extra: ["-bf", bframes, "-b_strategy", "0"],
      })),
      workFolder,
    );
    const outputFile = path.join(folder, "delays-out.mp4");
    const report = await stitch(newer, {
      ...{ sourceFile: source, facts, plan, segmentFiles, workFolder },
      ...{
        display: plainDisplay,
        audioFile: null,
        fastStart: false,
        outputFile,
      },
    });
    await verifyOutput(newer, outputFile, {
      sourceFile: source,
      ...{ facts, plan, video: report.video, display: plainDisplay },
      ...{ size: null, audioFile: null },
    });
    const { times } = await decodedFrames(newer, outputFile);
    expect(times).toEqual(times.map((_, n) => (times[0] ?? 0) + n * 3000));
  });

  test.each([0, 1] as const)(
    "late picture and late sound keep their distance, generation %i",
    async (generation) => {
      const plain = await makeSource(`plain-${String(generation)}.mkv`, "null");
      for (const [late, at] of [
        ["video", 0],
        ["audio", 1],
      ] as const) {
        const source = path.join(
          folder,
          `late-${late}-${String(generation)}.mkv`,
        );
        await ffmpeg(
          older,
          ...["-itsoffset", at === 0 ? "0.72" : "0", "-i", plain],
          ...["-itsoffset", at === 1 ? "0.72" : "0", "-i", plain],
          ...["-map", "0:v", "-map", "1:a", "-c", "copy", source],
        );
        for (const container of ["mp4", "mkv"] as const) {
          const { file } = await outcomeOf({
            name: `late-${late}-${String(generation)}-out`,
            ...{ source, codec: "h264", container, sound: "aac" },
            ...{ frames: 60, timescale: 90_000, binaries: both[generation] },
          });
          const [video, audio] = await streamsOf(file);
          const facts = await probeSource(newer, source);
          const planned =
            (facts.audio[0]?.startS ?? 0) - (facts.video?.startS ?? 0);
          expect(Math.abs(planned)).toBeGreaterThan(0.6);
          const distance =
            Number(audio?.["start_time"]) - Number(video?.["start_time"]);
          expect(Math.abs(distance - planned)).toBeLessThan(0.034);
        }
      }
    },
  );

  test.each(["aac", "opus", "flac"] as const)(
    "%s in mp4 is as long as one process makes it",
    async (sound) => {
      const source = await makeSource(`length-${sound}.mkv`, "null");
      const { file } = await outcomeOf({
        name: `length-${sound}-out`,
        ...{ source, codec: "h264", container: "mp4", sound },
        ...{ frames: 60, timescale: 90_000, binaries: newer },
      });
      const single = path.join(folder, `single-${sound}.mp4`);
      const library = sound === "opus" ? "libopus" : sound;
      await ffmpeg(
        newer,
        ...["-i", source, "-map", "0:a", "-c:a", library, "-ar", "48000"],
        ...["-strict", "experimental", single],
      );
      const samples = async (of: string): Promise<number> => {
        const { stdout } = await execute(
          newer.ffmpeg,
          [
            ...[
              "-v",
              "error",
              "-i",
              of,
              "-map",
              "0:a",
              "-f",
              "s16le",
              "pipe:1",
            ],
          ],
          { encoding: "buffer", maxBuffer: 1e8 },
        );
        return stdout.length;
      };
      expect(await samples(file)).toBe(await samples(single));
    },
  );
});

describe("parts from encoders of different builds", () => {
  test.each([
    ["h264", "mp4"],
    ["h264", "mkv"],
    ["hevc", "mp4"],
    ["av1", "mp4"],
    ["vp9", "webm"],
    ["ffv1", "mkv"],
    ["prores", "mov"],
    ["dnxhd", "mov"],
  ] as const)("%s in %s", async (codec, container) => {
    const source = await makeSource(`mixed-${codec}-${container}.mp4`, "null");
    const { report } = await outcomeOf({
      name: `mixed-${codec}`,
      ...{ source, codec, container, sound: "none", binaries: older },
      ...{ frames: 60, timescale: 30_000, encoders: [older, newer] },
    });
    expect(report.video?.frames).toBe(60);
  });

  test.each([
    ["h264", "avc3"],
    ["hevc", "hev1"],
  ] as const)(
    "%s parts that disagree carry their own sets: %s",
    async (codec, tag) => {
      const source = await makeSource(`disagree-${codec}.mp4`, "null");
      const facts = await probeSource(newer, source);
      const plan = planStreams(facts, recipeFor("mp4", codec, "none"));
      const workFolder = await mkdtemp(path.join(folder, "disagree-"));
      const extras =
        codec === "h264"
          ? [
              ["-refs", "1"],
              ["-refs", "4", "-coder", "0"],
            ]
          : [
              ["-x265-params", "log-level=none:open-gop=0:ctu=16"],
              ["-x265-params", "log-level=none:open-gop=0:ctu=64:amp=1"],
            ];
      const segmentFiles = await encodeSegments(
        source,
        codec,
        90_000,
        [0, 1, 2].map((place) => ({
          ...{ startFrame: place * 20, endFrame: place * 20 + 20 },
          binaries: newer,
          extra: extras[place % 2] ?? [],
        })),
        workFolder,
      );
      const outputFile = path.join(folder, `disagree-${codec}-out.mp4`);
      const report = await stitch(newer, {
        ...{ sourceFile: source, facts, plan, segmentFiles, workFolder },
        ...{
          display: plainDisplay,
          audioFile: null,
          fastStart: true,
          outputFile,
        },
      });
      expect(report.video?.setsInBand).toBe(true);
      for (const binaries of both) {
        await verifyOutput(binaries, outputFile, {
          sourceFile: source,
          ...{ facts, plan, video: report.video, display: plainDisplay },
          ...{ size: null, audioFile: null },
        });
        const whole = await decodedFrames(binaries, outputFile);
        const parts = await Promise.all(
          segmentFiles.map((file) => decodedFrames(binaries, file)),
        );
        expect(whole.hashes).toEqual(parts.flatMap(({ hashes }) => hashes));
      }
      const [video] = await streamsOf(outputFile);
      expect(video?.["codec_tag_string"]).toBe(tag);
    },
  );
});

describe("how the picture is shown", () => {
  test.each([
    ["mp4", 0],
    ["mp4", 1],
    ["mov", 0],
    ["mkv", 0],
    ["mkv", 1],
  ] as const)(
    "rotation and PAL aspect in %s, generation %i",
    async (container, generation) => {
      const source = await makeSource(`shape-${container}.mp4`, "setsar=64/45");
      const display: DisplayTags = {
        ...plainDisplay,
        sampleAspect: { numerator: 64, denominator: 45 },
        rotationDegrees: 90,
        colour: {
          ...{ range: "tv", primaries: "bt470bg", transfer: "smpte170m" },
          ...{ space: "bt470bg", chromaLocation: null },
        },
      };
      const { file } = await outcomeOf({
        name: `shape-${String(generation)}`,
        ...{ source, codec: "h264", container, sound: "copy", display },
        ...{ frames: 60, timescale: 90_000, binaries: both[generation] },
        extra: [
          ...["-color_range", "tv", "-color_primaries", "bt470bg"],
          ...["-color_trc", "smpte170m", "-colorspace", "bt470bg"],
        ],
      });
      const [video] = await streamsOf(file);
      expect(video?.["side_data_list"]).toContainEqual(
        expect.objectContaining({ rotation: -90 }),
      );
    },
  );

  test.each([
    ["mp4", 0],
    ["mkv", 0],
    ["mp4", 1],
    ["mkv", 1],
  ] as const)("HDR10 in %s, generation %i", async (container, generation) => {
    const source = await makeSource(`hdr-${container}.mp4`, "null");
    const display: DisplayTags = {
      ...plainDisplay,
      colour: {
        ...{ range: "tv", primaries: "bt2020", transfer: "smpte2084" },
        ...{ space: "bt2020nc", chromaLocation: null },
      },
      hdr: {
        masterDisplay:
          "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)",
        maxCll: "1000,400",
        dynamic: "none",
      },
    };
    await outcomeOf({
      name: `hdr-${String(generation)}`,
      ...{ source, codec: "hevc", container, sound: "none", display },
      ...{ frames: 60, timescale: 90_000, binaries: both[generation] },
      extra: [
        ...["-pix_fmt", "yuv420p10le", "-color_range", "tv"],
        ...["-color_primaries", "bt2020", "-color_trc", "smpte2084"],
        ...["-colorspace", "bt2020nc"],
      ],
    });
  });
});

describe("everything else of the source", () => {
  const subtitles = "1\n00:00:00,500 --> 00:00:01,500\nGrüße\n";

  async function richSource(): Promise<string> {
    const plain = await makeSource("rich-plain.mkv", "null");
    const subtitleFile = path.join(folder, "rich.srt");
    const chapterFile = path.join(folder, "rich.ffmeta");
    const fontFile = path.join(folder, "font.ttf");
    const file = path.join(folder, "rich.mkv");
    await writeFile(subtitleFile, subtitles);
    await writeFile(fontFile, "not really a font");
    await writeFile(
      chapterFile,
      ";FFMETADATA1\ntitle=A film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n",
    );
    await ffmpeg(
      older,
      ...["-i", plain, "-i", subtitleFile, "-i", chapterFile],
      ...["-map", "0:v", "-map", "0:a", "-map", "0:a"],
      ...["-map", "1:s", "-map", "1:s", "-map_metadata", "2"],
      ...["-c", "copy", "-c:s:0", "srt", "-c:s:1", "ass"],
      ...["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu"],
      ...["-metadata:s:a:1", "title=Kommentar", "-disposition:a:1", "comment"],
      ...["-metadata:s:s:0", "language=ger", "-disposition:s:0", "forced"],
      ...["-attach", fontFile, "-metadata:s:t", "mimetype=font/ttf", file],
    );
    return file;
  }

  test.each([
    ["mkv", "flac", 0],
    ["mkv", "copy", 1],
    ["mp4", "aac", 0],
    ["mp4", "copy", 1],
    ["webm", "opus", 1],
  ] as const)(
    "tracks, subtitles, chapters and tags in %s with %s, generation %i",
    async (container, sound, generation) => {
      const source = await richSource();
      const { file } = await outcomeOf({
        name: `rich-${sound}-${String(generation)}`,
        ...{
          source,
          codec: container === "webm" ? "vp9" : "h264",
          container,
          sound,
        },
        ...{ frames: 60, timescale: 90_000, binaries: both[generation] },
      });
      const streams = await streamsOf(file);
      const ofKind = (kind: string): Record<string, unknown>[] =>
        streams.filter(({ codec_type }) => codec_type === kind);
      const tag = (
        stream: Record<string, unknown> | undefined,
        name: string,
      ): unknown =>
        (stream?.["tags"] as Record<string, unknown> | undefined)?.[name];
      expect(ofKind("audio").map((stream) => tag(stream, "language"))).toEqual(
        container === "mp4" ? ["eng", "deu"] : ["eng", "deu"],
      );
      expect(ofKind("subtitle")).toHaveLength(2);
      const disposition = ofKind("subtitle")[0]?.["disposition"] as Record<
        string,
        number
      >;
      if (container === "mkv") expect(disposition["forced"]).toBe(1);
      const { chapters } = await probe(file, "-show_chapters");
      expect(
        (chapters as { start_time: string; tags: { title: string } }[]).map(
          ({ start_time, tags }) => [
            Math.round(Number(start_time) * 10) / 10,
            tags.title,
          ],
        ),
      ).toEqual([
        [0, "One"],
        [1, "Two"],
      ]);
      const { format } = await probe(file, "-show_format");
      const tags = (format as { tags: Record<string, string> }).tags;
      expect(tags["title"] ?? tags["TITLE"]).toBe("A film");
      const { stdout } = await execute(both[generation].ffmpeg, [
        ...["-v", "error", "-i", file, "-map", "0:s:0", "-f", "srt", "pipe:1"],
      ]);
      expect(stdout).toContain("Grüße");
      const start = /(\d\d:\d\d:\d\d,\d\d)/.exec(stdout)?.[1] ?? "";
      expect(["00:00:00,50", "00:00:00,49", "00:00:00,52"]).toContain(start);
      expect(ofKind("attachment")).toHaveLength(container === "mkv" ? 1 : 0);
    },
  );

  test("a subtitle leaves as ASS for drawing into the picture", async () => {
    const source = await richSource();
    const facts = await probeSource(newer, source);
    const ass = await extractSubtitle(
      newer,
      source,
      facts.subtitles[0]?.index ?? -1,
    );
    expect(Buffer.from(ass).toString()).toMatch(
      /Dialogue: .*0:00:00\.50,0:00:01\.50.*Grüße/,
    );
    await expect(extractSubtitle(newer, source, 0)).rejects.toMatchObject({
      code: "stitch-failed",
    });
  });

  test.each([0, 1] as const)(
    "covers are kept, generation %i",
    async (generation) => {
      const plain = await makeSource("cover-plain.mp4", "null");
      const source = path.join(folder, "covered.mp4");
      const picture = path.join(folder, "cover.png");
      await ffmpeg(
        older,
        ...[
          "-f",
          "lavfi",
          "-i",
          "color=red:s=64x64",
          "-frames:v",
          "1",
          picture,
        ],
      );
      await ffmpeg(
        older,
        ...["-i", plain, "-i", picture, "-map", "0", "-map", "1", "-c", "copy"],
        ...["-disposition:v:1", "attached_pic", source],
      );
      for (const container of ["mp4", "mkv"] as const)
        await outcomeOf({
          name: `covered-${String(generation)}`,
          ...{ source, codec: "h264", container, sound: "copy" },
          ...{ frames: 60, timescale: 90_000, binaries: both[generation] },
        });
    },
  );

  test.each([
    ["m4a", "copy"],
    ["mka", "flac"],
    ["ogg", "opus"],
    ["flac", "flac"],
  ] as const)("sound alone in %s with %s", async (container, sound) => {
    const source = await makeSource(`sound-${container}.mkv`, "null");
    for (const binaries of both) {
      const facts = await probeSource(binaries, source);
      const plan = planStreams(facts, recipeFor(container, "none", sound));
      const audioFile =
        sound === "copy"
          ? null
          : await encodeAudio(binaries, source, sound, folder);
      const outputFile = path.join(folder, `sound.${container}`);
      await stitch(binaries, {
        ...{ sourceFile: source, facts, plan, segmentFiles: [], display: null },
        ...{ audioFile, fastStart: true, outputFile, workFolder: folder },
      });
      await verifyOutput(binaries, outputFile, {
        sourceFile: source,
        ...{ facts, plan, video: null, display: null, size: null, audioFile },
      });
    }
  });
});
