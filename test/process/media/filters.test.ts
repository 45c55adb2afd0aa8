import { execFileSync, spawnSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { PictureFacts, VideoOrder } from "../../../src-main/core/order.ts";
import {
  noFilters,
  type VideoEncode,
  type VideoFilters,
} from "../../../src-main/core/recipe.ts";
import type { Binaries } from "../../../src-main/media/binaries.ts";
import { plainEncode, plainOrder } from "../../fixtures/orders.ts";
import {
  encodeFile,
  ffmpeg,
  frameHashes,
  generations,
  makeFeed,
  temporaryFolder,
} from "./encode-bench.ts";

const binaries = await generations();
let folder = "";

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Makes a source of four seconds at 30 frames per second and its feed; returns their names. */
function makeSource(
  tools: Binaries,
  name: string,
  picture: string,
  args: readonly string[],
): { source: string; feed: string } {
  const source = path.join(folder, `${name}.mkv`);
  const feed = path.join(folder, `${name}.nut`);
  ffmpeg(tools, ["-f", "lavfi", "-i", picture, ...args, source]);
  makeFeed(tools, source, feed);
  return { source, feed };
}

const x264 = [
  ...["-c:v", "libx264", "-preset", "veryfast", "-crf", "25"],
  ...["-g", "30", "-pix_fmt", "yuv420p"],
];

function orderOf(
  filters: Partial<VideoFilters>,
  picture: Partial<PictureFacts> = {},
  encode: Partial<VideoEncode> = {},
): VideoOrder {
  return {
    ...plainOrder,
    picture: { ...plainOrder.picture, ...picture },
    encode: {
      ...plainEncode,
      encoder: "ffv1",
      rate: { mode: "lossless" },
      ...encode,
      filters: { ...noFilters, ...filters },
    },
  };
}

function streamFacts(tools: Binaries, file: string): Record<string, unknown> {
  const text = execFileSync(
    tools.ffprobe,
    [
      ...["-v", "error", "-select_streams", "v:0", "-show_streams"],
      ...["-of", "json", file],
    ],
    { encoding: "utf8" },
  );
  const [stream] = (JSON.parse(text) as { streams: Record<string, unknown>[] })
    .streams;
  return stream ?? {};
}

/** H.264's are shown by a filter: ffprobe 6 does not decode them. */
function metadataOf(tools: Binaries, file: string, encoder: string): string {
  const inBand = ["-v", "info", "-i", file, "-c", "copy", "-frames:v", "1"];
  const { stdout, stderr } =
    encoder === "x264"
      ? spawnSync(
          tools.ffmpeg,
          [...inBand, "-bsf:v", "trace_headers", "-f", "null", "-"],
          { encoding: "utf8" },
        )
      : spawnSync(
          tools.ffprobe,
          [
            ...["-v", "error", "-read_intervals", "%+#1", "-show_frames"],
            ...["-select_streams", "v:0", "-of", "json", file],
          ],
          { encoding: "utf8" },
        );
  return stdout + stderr;
}

const scaling = "flags=lanczos+accurate_rnd+full_chroma_int";

describe.each(binaries)("filters with ffmpeg $version", (tools) => {
  const cases: readonly [string, Partial<VideoFilters>, string][] = [
    [
      "crop",
      { crop: { top: 2, bottom: 4, left: 6, right: 8 } },
      "crop=306:174:6:2",
    ],
    [
      "fit",
      { fit: { maxWidth: 160, maxHeight: 160 } },
      `scale=160:90:${scaling}`,
    ],
    ["turn", { applyRotation: true }, "transpose=1"],
    [
      "crop, fit and turn",
      {
        crop: { top: 0, bottom: 0, left: 40, right: 40 },
        fit: { maxWidth: 120, maxHeight: 120 },
        applyRotation: true,
      },
      `crop=240:180:40:0,scale=120:90:${scaling},transpose=1`,
    ],
  ];

  it.each(cases)(
    "%s gives the pictures of one plain run",
    async (_, filters, plain) => {
      const { source, feed } = makeSource(
        tools,
        "plain",
        "testsrc2=s=320x180:r=30:d=4",
        x264,
      );
      const target = path.join(folder, "filtered.mov");
      const order = orderOf(filters, { rotationDegrees: 90 });
      await encodeFile(tools, order, feed, target);
      const whole = frameHashes(tools, source, ["-vf", plain]);
      expect(frameHashes(tools, target).map(({ hash }) => hash)).toEqual(
        whole.slice(30, 90).map(({ hash }) => hash),
      );
    },
  );

  it("deinterlacing sees the frames before and after the range", async () => {
    const { source, feed } = makeSource(
      tools,
      "fields",
      "testsrc2=s=320x180:r=60:d=4",
      [
        ...["-vf", "tinterlace=interleave_top,setfield=tff"],
        ...x264,
        ...["-flags", "+ildct+ilme", "-x264-params", "tff=1"],
      ],
    );
    const target = path.join(folder, "whole-pictures.mov");
    const order = orderOf(
      { deinterlace: "on" },
      { interlaced: true, fieldOrder: "tt" },
    );
    const made = await encodeFile(tools, order, feed, target);
    expect(made.frames).toBe(60);
    const whole = frameHashes(tools, source, [
      "-vf",
      "bwdif=mode=send_frame:parity=tff:deint=all",
    ]);
    expect(frameHashes(tools, target).map(({ hash }) => hash)).toEqual(
      whole.slice(30, 90).map(({ hash }) => hash),
    );
  });

  it("denoising has settled before the range begins", async () => {
    const { source, feed } = makeSource(
      tools,
      "noise",
      "testsrc2=s=320x180:r=30:d=4,noise=alls=20:allf=t",
      x264,
    );
    const target = path.join(folder, "denoised.mov");
    const made = await encodeFile(
      tools,
      orderOf({ denoise: "medium" }),
      feed,
      target,
    );
    expect(made.frames).toBe(60);
    const whole = frameHashes(tools, source, ["-vf", "hqdn3d=4:3:6:4.5"]);
    // The whole source is the feed here, so even the recursive filter agrees to the bit.
    expect(frameHashes(tools, target).map(({ hash }) => hash)).toEqual(
      whole.slice(30, 90).map(({ hash }) => hash),
    );
  });

  it("draws subtitles at source time", async () => {
    const { source, feed } = makeSource(
      tools,
      "blank",
      "color=c=black:s=320x180:r=30:d=4",
      x264,
    );
    const ass = path.join(folder, "subtitle.ass");
    await writeFile(
      ass,
      [
        "[Script Info]\nScriptType: v4.00+\nPlayResX: 320\nPlayResY: 180\n",
        "[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, Alignment\nStyle: Default,sans,40,&H00FFFFFF,5\n",
        "[Events]\nFormat: Layer, Start, End, Style, Text",
        // A drawing, so that no font of the machine matters.
        "Dialogue: 0,0:00:01.50,0:00:02.00,Default,{\\p1}m 0 0 l 100 0 100 50 0 50{\\p0}\n",
      ].join("\n"),
    );
    const target = path.join(folder, "burnt.mov");
    const order = { ...orderOf({ burnSubtitle: 0 }), burnSubtitle: true };
    await encodeFile(tools, order, feed, target, { subtitleFile: ass });
    const hashes = frameHashes(tools, target).map(({ hash }) => hash);
    const blank = frameHashes(tools, source)[0]!.hash;
    const drawn = hashes.flatMap((hash, frame) =>
      hash === blank ? [] : [frame],
    );
    expect(drawn).toEqual(Array.from({ length: 15 }, (_, at) => 15 + at));
  });

  it("maps HDR to SDR and says so in the tags", async () => {
    const { feed } = makeSource(tools, "hdr", "testsrc2=s=320x180:r=30:d=4", [
      ...["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p10le"],
      ...["-color_primaries", "bt2020", "-color_trc", "smpte2084"],
      ...["-colorspace", "bt2020nc", "-color_range", "tv"],
    ]);
    const target = path.join(folder, "sdr.mp4");
    const order = orderOf(
      { tonemap: "hdr-to-sdr" },
      {
        pixelFormat: "yuv420p10le",
        colour: {
          range: "tv",
          primaries: "bt2020",
          transfer: "smpte2084",
          space: "bt2020nc",
          chromaLocation: "left",
        },
      },
      { encoder: "x264", rate: { mode: "quality", quality: 25 } },
    );
    const made = await encodeFile(tools, order, feed, target);
    expect(made.frames).toBe(60);
    expect(streamFacts(tools, target)).toMatchObject({
      color_primaries: "bt709",
      color_transfer: "bt709",
      color_space: "bt709",
      color_range: "tv",
      pix_fmt: "yuv420p",
    });
  });

  it.each(["x264", "x265", "svt-av1"] as const)(
    "%s carries colours, HDR10 and sample aspect",
    async (encoder) => {
      const { feed } = makeSource(
        tools,
        "tagged",
        "testsrc2=s=320x180:r=30:d=4",
        [
          ...["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt"],
          "yuv420p10le",
        ],
      );
      const target = path.join(folder, "tagged.mp4");
      const order = orderOf(
        {},
        {
          pixelFormat: "yuv420p10le",
          sampleAspect: { numerator: 64, denominator: 45 },
          colour: {
            range: "tv",
            primaries: "bt2020",
            transfer: "smpte2084",
            space: "bt2020nc",
            chromaLocation: "topleft",
          },
          hdr: {
            masterDisplay:
              "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
            maxCll: "1000,400",
            dynamic: "none",
          },
        },
        {
          encoder,
          rate: { mode: "quality", quality: 30 },
          pixelFormat: "yuv420p10le",
        },
      );
      await encodeFile(tools, order, feed, target);
      expect(streamFacts(tools, target)).toMatchObject({
        color_primaries: "bt2020",
        color_transfer: "smpte2084",
        color_space: "bt2020nc",
        sample_aspect_ratio: "64:45",
      });
      const said = metadataOf(tools, target, encoder);
      expect(said).toMatch(/Content light level/i);
      expect(said).toMatch(/max_content(_light_level)?\b.*1000/);
      expect(said).toMatch(/Mastering display/i);
      expect(said).toMatch(
        /max_luminance": "(10000000\/10000|256000\/256)"|max_display_mastering_luminance.*10000000/,
      );
    },
  );

  it("keeps full range and fields as they are", async () => {
    const { source, feed } = makeSource(
      tools,
      "full",
      "testsrc2=s=320x180:r=30:d=4",
      [
        ...["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuvj420p"],
        ...["-flags", "+ildct+ilme", "-x264-params", "bff=1"],
      ],
    );
    const target = path.join(folder, "full.mp4");
    const order = orderOf(
      {},
      {
        pixelFormat: "yuvj420p",
        interlaced: true,
        fieldOrder: "bb",
        colour: { ...plainOrder.picture.colour, range: "pc" },
      },
      { encoder: "x264", rate: { mode: "lossless" } },
    );
    await encodeFile(tools, order, feed, target);
    expect(streamFacts(tools, target)).toMatchObject({
      color_range: "pc",
      field_order: "bb",
    });
    const whole = frameHashes(tools, source);
    expect(frameHashes(tools, target).map(({ hash }) => hash)).toEqual(
      whole.slice(30, 90).map(({ hash }) => hash),
    );
  });

  it("keeps the first size when the source changes its own", async () => {
    const small = makeSource(
      tools,
      "small",
      "testsrc2=s=160x90:r=30:d=4",
      x264,
    );
    const target = path.join(folder, "same-size.mov");
    const made = await encodeFile(tools, orderOf({}), small.feed, target);
    expect(made.frames).toBe(60);
    expect(streamFacts(tools, target)).toMatchObject({
      width: 320,
      height: 180,
    });
  });
});
