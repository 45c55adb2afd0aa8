import { createReadStream } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Failure } from "../../../src-main/core/errors.ts";
import type { VideoOrder } from "../../../src-main/core/order.ts";
import type { VideoEncode } from "../../../src-main/core/recipe.ts";
import type { Binaries } from "../../../src-main/media/binaries.ts";
import { startEncode } from "../../../src-main/media/encode.ts";
import { inspectSegment } from "../../../src-main/media/inspect-segment.ts";
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
let source = "";
let feed = "";

const ptsUs = Float64Array.from(
  { length: 60 },
  (_, frame) => 1e6 + (frame * 1e6) / 30,
);

beforeAll(async () => {
  folder = await temporaryFolder();
  source = path.join(folder, "source.mp4");
  feed = path.join(folder, "source.nut");
  const [first] = binaries;
  ffmpeg(first!, [
    ...["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=4"],
    ...["-c:v", "libx264", "-preset", "veryfast", "-crf", "25", "-g", "48"],
    ...["-bf", "3", "-pix_fmt", "yuv420p", source],
  ]);
  makeFeed(first!, source, feed);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings: readonly Pick<
  VideoEncode,
  "encoder" | "rate" | "pixelFormat"
>[] = [
  {
    encoder: "x264",
    rate: { mode: "quality", quality: 25 },
    pixelFormat: "yuv420p",
  },
  {
    encoder: "x264",
    rate: { mode: "bitrate", kilobitsPerSecond: 400 },
    pixelFormat: "yuv422p10le",
  },
  {
    encoder: "x265",
    rate: { mode: "quality", quality: 28 },
    pixelFormat: "yuv420p10le",
  },
  {
    encoder: "svt-av1",
    rate: { mode: "quality", quality: 40 },
    pixelFormat: "yuv420p",
  },
  {
    encoder: "svt-av1",
    rate: { mode: "bitrate", kilobitsPerSecond: 400 },
    pixelFormat: "yuv420p10le",
  },
  {
    encoder: "vp9",
    rate: { mode: "quality", quality: 40 },
    pixelFormat: "yuv420p",
  },
  {
    encoder: "prores",
    rate: { mode: "profile", profile: "lt" },
    pixelFormat: "yuv422p10le",
  },
  {
    encoder: "dnxhr",
    rate: { mode: "profile", profile: "sq" },
    pixelFormat: "yuv422p",
  },
];

const lossless = [
  ["x264", "yuv420p"],
  ["x264", "yuv420p10le"],
  ["x265", "yuv420p"],
  ["vp9", "yuv420p"],
  ["ffv1", "yuv420p"],
] as const;

function orderOf(
  encode: Partial<VideoEncode>,
  more: Partial<VideoOrder> = {},
): VideoOrder {
  return { ...plainOrder, encode: { ...plainEncode, ...encode }, ...more };
}

describe.each(binaries)("encoding with ffmpeg $version", (tools) => {
  it.each(settings)(
    "$encoder at $rate.mode in $pixelFormat gives exactly the ordered frames",
    async (encode) => {
      const order = orderOf(encode);
      const target = path.join(folder, "segment.mp4");
      const made = await encodeFile(tools, order, feed, target);
      const report = await inspectSegment(tools, target, { order, ptsUs });
      expect(made.frames).toBe(60);
      expect(report).toMatchObject({
        frames: 60,
        sizeBytes: made.sizeBytes,
        pixelFormat: encode.pixelFormat,
      });
      expect(report.firstPtsUs).toBeCloseTo(1e6, 0);
    },
  );

  it.each(lossless)(
    "%s lossless in %s decodes to the very pictures of the source",
    async (encoder, pixelFormat) => {
      const order = orderOf({
        encoder,
        pixelFormat,
        rate: { mode: "lossless" },
      });
      const target = path.join(folder, "lossless.mp4");
      await encodeFile(tools, order, feed, target);
      const whole = frameHashes(tools, source, ["-pix_fmt", pixelFormat]);
      expect(frameHashes(tools, target).map(({ hash }) => hash)).toEqual(
        whole.slice(30, 90).map(({ hash }) => hash),
      );
    },
  );

  it("two segments at the same settings have the same parameter sets", async () => {
    const hashes: string[] = [];
    for (const [startUs, endUs] of [
      [null, 1_016_667],
      [2_483_333, null],
    ] as const) {
      const order = orderOf(
        { encoder: "x265" },
        { startUs, endUs, expectedFrames: null },
      );
      const target = path.join(folder, "part.mp4");
      await encodeFile(tools, order, feed, target, {
        threads: hashes.length + 1,
      });
      const report = await inspectSegment(tools, target, {
        order,
        ptsUs: null,
      });
      hashes.push(report.parameterSetsHash);
    }
    expect(hashes[0]).toBe(hashes[1]);
  });

  it("tells progress, and lets go of the feed quietly once the range is complete", async () => {
    const seen: number[] = [];
    const order = orderOf({}, { endUs: 1_483_333, expectedFrames: 15 });
    const target = path.join(folder, "early.mp4");
    const made = await encodeFile(tools, order, feed, target, {
      onProgress: ({ frames }) => seen.push(frames),
    });
    expect(made.frames).toBe(15);
    expect(seen.at(-1)).toBe(15);
  });

  it("rejects with encoder-failed and no path when the feed is no NUT", async () => {
    const run = startEncode(tools, plainOrder, {
      workFolder: folder,
      threads: 1,
    });
    run.output.resume();
    run.input.end("this is not media");
    const failure = await failureOf(run.done);
    expect(failure.code).toBe("encoder-failed");
    expect(failure.detail).not.toMatch(/\/|0x/);
    expect(failure.detail).not.toBe("");
  });

  it("stops an encode that writes more than its order allows", async () => {
    const order = orderOf(
      { encoder: "ffv1", rate: { mode: "lossless" } },
      { maxOutputBytes: 100_000 },
    );
    const target = path.join(folder, "large.mov");
    const failure = await failureOf(encodeFile(tools, order, feed, target));
    expect(failure.code).toBe("result-too-large");
  });

  it("stops an encode that writes more than the disk has room for", async () => {
    const order = orderOf({ encoder: "ffv1", rate: { mode: "lossless" } });
    const run = startEncode(tools, order, {
      ...{ workFolder: folder, threads: 1, roomBytes: 100_000 },
    });
    run.output.resume();
    run.input.end(await readFile(feed));
    expect((await failureOf(run.done)).code).toBe("worker-disk-full");
  });

  it("ends when killed, also while suspended", async () => {
    const run = startEncode(tools, plainOrder, {
      workFolder: folder,
      threads: 1,
    });
    run.output.resume();
    run.suspend();
    run.kill();
    expect((await failureOf(run.done)).code).toBe("cancelled");
  });

  it("opens no address that a feed names", async () => {
    const run = startEncode(tools, plainOrder, {
      workFolder: folder,
      threads: 1,
    });
    run.output.resume();
    run.input.end(`ffconcat version 1.0\nfile ${source}\n`);
    expect((await failureOf(run.done)).code).toBe("encoder-failed");
  });
});

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
  } catch (error) {
    return error as Failure;
  }
  throw new Error("nothing failed");
}

describe("inspecting a segment", () => {
  const [tools] = binaries as [Binaries];
  const order = orderOf({});
  let segment = "";

  beforeAll(async () => {
    segment = path.join(folder, "good.mp4");
    await encodeFile(tools, order, feed, segment);
  });

  const inspect = async (
    more: Partial<VideoOrder>,
    times: Float64Array | null = ptsUs,
    file = segment,
  ): Promise<string> => {
    const failure = await failureOf(
      inspectSegment(tools, file, {
        order: { ...order, ...more },
        ptsUs: times,
      }),
    );
    return failure.code;
  };

  it("refuses another number of frames", async () => {
    expect(await inspect({}, ptsUs.slice(0, 59))).toBe("frame-count-wrong");
    expect(await inspect({ expectedFrames: 61 }, null)).toBe(
      "frame-count-wrong",
    );
    expect(await inspect({ expectedFrames: 3 }, null)).toBe(
      "frame-count-wrong",
    );
  });

  it("refuses a frame at another time", async () => {
    const moved = ptsUs.map((time, frame) => (frame === 7 ? time + 200 : time));
    expect(await inspect({}, moved)).toBe("timestamps-wrong");
  });

  it("refuses another codec, size, pixel format or timescale", async () => {
    const { encode, picture } = order;
    for (const wrong of [
      { encode: { ...encode, encoder: "x265" } },
      { picture: { ...picture, width: 322 } },
      { encode: { ...encode, pixelFormat: "yuv444p" } },
      { timescale: 30_720 },
    ] as const)
      expect(await inspect(wrong)).toBe("result-invalid");
  });

  it("refuses what is no carrier at all", async () => {
    const file = path.join(folder, "noise.mp4");
    const bytes = Buffer.alloc(50_000, 7);
    await writeFile(file, bytes);
    expect(await inspect({}, ptsUs, file)).toBe("result-invalid");
    await writeFile(file, `ffconcat version 1.0\nfile ${segment}\n`);
    expect(await inspect({}, ptsUs, file)).toBe("result-invalid");
    await writeFile(file, (await readFile(segment)).subarray(0, 20_000));
    expect(await inspect({}, ptsUs, file)).toBe("frame-count-wrong");
  });
});

describe("suspending an encode", () => {
  it("makes no progress until it is resumed, and loses nothing", async () => {
    const [tools] = binaries as [Binaries];
    const run = startEncode(tools, orderOf({}), {
      workFolder: folder,
      threads: 1,
    });
    run.suspend();
    let bytes = 0;
    run.output.on("data", (chunk: Buffer) => (bytes += chunk.length));
    const fed = pipeline(createReadStream(feed), run.input);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(bytes).toBe(0);
    run.resume();
    expect((await run.done).frames).toBe(60);
    await fed;
  });
});
