import { describe, expect, it } from "vitest";
import {
  defaultOutputName,
  expectedPtsUs,
  makesFrames,
  planJob,
  videoOrder,
} from "../../../src-main/core/plan.ts";
import { builtInPresets, findPreset } from "../../../src-main/core/preset.ts";
import { orderSchema } from "../../../src-main/protocol/order-schema.ts";
import { exampleAudio, exampleFacts, exampleRecipe } from "./example-facts.ts";

const feed = {
  feed: "nut-copy",
  startUs: null,
  endUs: 1_500_000,
  expectedFrames: 45,
} as const;
const index = {
  knownFrames: 1000,
  complete: false,
  ptsUs: (ordinal: number) => (ordinal * 1_001_000) / 30,
};
const range = { startFrame: 0, endFrame: 45 };
const hdr10 = {
  pixelFormat: "yuv420p10le",
  bitDepth: 10,
  colour: {
    range: "tv",
    primaries: "bt2020",
    transfer: "smpte2084",
    space: "bt2020nc",
    chromaLocation: "left",
  },
  hdr: {
    masterDisplay:
      "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
    maxCll: "1000,400",
    dynamic: "none",
  },
} as const;
const failure = (code: string, detail?: RegExp) =>
  expect.objectContaining({
    code,
    ...(detail && { detail: expect.stringMatching(detail) }),
  });

describe("planJob", () => {
  it("settles a plain job and loses nothing", () => {
    const plan = planJob(exampleFacts(), exampleRecipe());
    expect(plan.encode?.pixelFormat).toBe("yuv420p");
    expect(plan.needs).toEqual(["encoder:x264"]);
    expect(plan.timescale).toBe(30_000);
    expect(plan.audioOrder).toBeNull();
    expect(plan.needsAnalysis).toBe(false);
    expect(plan.notes).toEqual([]);
  });

  it("never loses bit depth or colour silently", () => {
    const source = { pixelFormat: "yuv422p10le", bitDepth: 10 };
    const kept = planJob(exampleFacts(source), exampleRecipe());
    expect(kept.encode?.pixelFormat).toBe("yuv422p10le");
    expect(kept.notes).toEqual([]);
    const nvenc = planJob(
      exampleFacts(source),
      exampleRecipe({ encoder: "h264-nvenc" }),
    );
    expect(nvenc.notes.join()).toMatch(/10 bit become 8 bit/);
    const asked = planJob(
      exampleFacts(source),
      exampleRecipe({ pixelFormat: "yuv420p" }),
    );
    expect(asked.notes.join()).toMatch(/10 bit become 8 bit/);
  });

  it("does not tag YUV with what RGB sources say of themselves", () => {
    const { colour } = exampleFacts().video!;
    const colourOf = (pixelFormat: string) =>
      planJob(
        exampleFacts({ pixelFormat, colour: { ...colour, space: "gbr" } }),
        exampleRecipe(),
      ).picture?.colour;
    expect(colourOf("gbrp")).toMatchObject({ space: null, range: null });
    expect(colourOf("yuv420p")).toMatchObject({ space: null, range: "tv" });
  });

  it("refuses a lossless archive that would lose something", () => {
    const recipe = findPreset("lossless-archive")!.recipe;
    expect(() =>
      planJob(exampleFacts({ pixelFormat: "yuv420p12le" }), recipe),
    ).toThrow(failure("recipe-invalid", /12 bit/));
    expect(
      planJob(exampleFacts({ pixelFormat: "yuv422p10le" }), recipe).notes,
    ).toEqual([]);
  });

  it("maps tones only where there is HDR", () => {
    const recipe = exampleRecipe({}, { tonemap: "hdr-to-sdr" });
    const sdr = planJob(exampleFacts(), recipe);
    expect(sdr.encode?.filters.tonemap).toBe("off");
    expect(sdr.needs).toEqual(["encoder:x264"]);
    const hdr = planJob(exampleFacts(hdr10), recipe);
    expect(hdr.encode?.filters.tonemap).toBe("hdr-to-sdr");
    expect(hdr.needs).toContain("filter:zscale");
  });

  it("says that dynamic HDR is lost and that HDR in 8 bit bands", () => {
    const dolby = { ...hdr10, hdr: { ...hdr10.hdr, dynamic: "dolby-vision" } };
    const plan = planJob(
      exampleFacts(dolby as never),
      exampleRecipe({ pixelFormat: "yuv420p" }),
    );
    expect(plan.notes.join()).toMatch(/Dolby Vision/);
    expect(plan.notes.join()).toMatch(/bands/);
  });

  it("deinterlaces by itself only what is interlaced", () => {
    const auto = exampleRecipe({}, { deinterlace: "auto" });
    const deinterlaceOf = (fieldOrder: string, recipe = auto) =>
      planJob(exampleFacts({ fieldOrder } as never), recipe).encode?.filters
        .deinterlace;
    expect(deinterlaceOf("progressive")).toBe("off");
    expect(deinterlaceOf("unknown")).toBe("off");
    expect(deinterlaceOf("tb")).toBe("auto");
    expect(
      deinterlaceOf("progressive", exampleRecipe({}, { deinterlace: "on" })),
    ).toBe("on");
    const off = planJob(exampleFacts({ fieldOrder: "tt" }), exampleRecipe());
    expect(off.encode?.filters.deinterlace).toBe("off");
    expect(off.outputInterlaced).toBe(true);
    const fit = { maxWidth: 1280, maxHeight: 720 };
    const scaled = planJob(
      exampleFacts({ fieldOrder: "tt" }),
      exampleRecipe({}, { fit }),
    );
    expect(scaled.encode?.filters.deinterlace).toBe("on");
    expect(scaled.notes.join()).toMatch(/interlaced/);
  });

  it("gives every segment the same nominal rate, within bounds", () => {
    const rateOf = (numerator: number, denominator: number) =>
      planJob(
        exampleFacts({ averageFrameRate: { numerator, denominator } }),
        exampleRecipe(),
      ).nominalRate;
    expect(rateOf(30_000, 1001)).toEqual({
      numerator: 30_000,
      denominator: 1001,
    });
    expect(rateOf(10_807_200_000, 360_271_000)).toEqual({
      numerator: 29_997,
      denominator: 1000,
    });
    expect(rateOf(90_000, 1).numerator).toBe(1_000_000);
    expect(rateOf(0, 0).numerator).toBe(25_000);
    expect(rateOf(1, 60)).toEqual({ numerator: 1000, denominator: 1000 });
  });

  it("makes odd sizes even where the encoder needs it", () => {
    const odd = { width: 321, height: 181 };
    const plan = planJob(exampleFacts(odd), exampleRecipe());
    expect(plan.output).toMatchObject({ width: 320, height: 180 });
    expect(plan.encode?.filters.crop).toMatchObject({ right: 1, bottom: 1 });
    const full = planJob(
      exampleFacts({ ...odd, pixelFormat: "yuv444p" }),
      exampleRecipe(),
    );
    expect(full.output).toMatchObject({ width: 321, height: 181 });
  });

  it("crops what people see of a turned picture", () => {
    const crop = { top: 10, bottom: 0, left: 0, right: 0 };
    const plan = planJob(
      exampleFacts({ rotationDegrees: 90 }),
      exampleRecipe({}, { crop }),
    );
    expect(plan.encode?.filters.crop).toEqual({
      top: 0,
      bottom: 0,
      left: 10,
      right: 0,
    });
  });

  it("turns the picture where the container cannot carry the rotation", () => {
    const source = exampleFacts({ rotationDegrees: 90 });
    const mp4 = planJob(source, exampleRecipe());
    expect(mp4.output).toMatchObject({ width: 1920, rotationDegrees: 90 });
    const mkv = planJob(source, exampleRecipe({}, {}, { container: "mkv" }));
    expect(mkv.output).toMatchObject({ width: 1080, rotationDegrees: 0 });
    expect(mkv.notes.join()).toMatch(/turned by 90/);
  });

  it("finds the subtitle to draw in, and refuses what cannot be drawn", () => {
    const track = {
      index: 4,
      codec: "subrip",
      form: "text",
      language: null,
      title: null,
      isDefault: false,
      isForced: false,
    } as const;
    const picture = { ...track, index: 5, form: "picture" } as const;
    const facts = exampleFacts({}, { subtitles: [track, picture] });
    const burn = (burnSubtitle: number) =>
      exampleRecipe({}, { burnSubtitle }, { container: "mkv" });
    const plan = planJob(facts, burn(0));
    expect(plan.burnStreamIndex).toBe(4);
    expect(plan.needs).toContain("filter:subtitles");
    expect(() => planJob(facts, burn(1))).toThrow(failure("recipe-invalid"));
    expect(() => planJob(facts, burn(2))).toThrow(failure("recipe-invalid"));
  });

  it("orders the encoded audio, in the order of its feed", () => {
    const facts = exampleFacts(
      {},
      {
        audio: [
          exampleAudio,
          { ...exampleAudio, index: 2, codec: "truehd", channels: 6 },
          { ...exampleAudio, index: 5, codec: "pcm_s16le" },
        ],
      },
    );
    const audio = {
      kind: "encode",
      encoder: "aac",
      kilobitsPerSecond: 160,
      channels: "source",
      copyWhenPossible: true,
    } as const;
    const plan = planJob(facts, exampleRecipe({}, {}, { audio }));
    expect(plan.audioStreamIndexes).toEqual([2, 5]);
    expect(plan.audioOrder?.tracks.map(({ channels }) => channels)).toEqual([
      6, 2,
    ]);
    // A quarter of what the samples of eight channels would have.
    const seconds = facts.durationS ?? 0;
    expect(plan.audioOrder?.maxOutputBytes).toBeLessThan(
      5e6 + (seconds * 8 * 48_000 * 4) / 4,
    );
    expect(plan.audioNeeds).toEqual(["audio:aac"]);
    expect(plan.streams.audio.map(({ sourceIndex }) => sourceIndex)).toEqual([
      1, 2, 5,
    ]);
  });

  it.each([
    [
      "recipe-invalid",
      exampleRecipe({ rate: { mode: "quality", quality: 99 } }),
    ],
    ["container-cannot-hold", exampleRecipe({}, {}, { container: "webm" })],
  ])("fails with %s", (code, recipe) => {
    expect(() => planJob(exampleFacts(), recipe)).toThrow(failure(code));
  });

  it("fails without the streams it is to encode", () => {
    expect(() =>
      planJob(exampleFacts({}, { video: null }), exampleRecipe()),
    ).toThrow(failure("no-video"));
    expect(() =>
      planJob(
        exampleFacts({}, { audio: [] }),
        findPreset("audio-only")!.recipe,
      ),
    ).toThrow(failure("no-audio"));
  });

  it.each(["bitrate", "size"] as const)(
    "plans a first pass for a %s",
    (mode) => {
      const rate =
        mode === "bitrate"
          ? { mode, kilobitsPerSecond: 2000 }
          : { mode, megabytes: 700 };
      expect(
        planJob(exampleFacts(), exampleRecipe({ rate })).needsAnalysis,
      ).toBe(true);
    },
  );
});

describe("videoOrder", () => {
  it.each(
    builtInPresets.map((preset) => [preset.name, preset.recipe] as const),
  )("of %s passes the worker's guard", (_, recipe) => {
    const plan = planJob(exampleFacts(hdr10), recipe);
    if (plan.encode === null) return;
    const order = videoOrder(plan, feed, index, range);
    expect(orderSchema.parse(order)).toEqual(order);
  });

  it("takes the frames of the feed, or those of the grid", () => {
    const source = videoOrder(
      planJob(exampleFacts(), exampleRecipe()),
      feed,
      index,
      range,
    );
    expect(source).toMatchObject({ expectedFrames: 45, grid: null });
    const frameRate = {
      mode: "constant",
      numerator: 15,
      denominator: 1,
    } as const;
    const plan = planJob(exampleFacts(), exampleRecipe({}, { frameRate }));
    const order = videoOrder(plan, feed, index, range);
    expect(order.grid).toMatchObject({ firstFrame: 0, endFrame: 23 });
    expect(order.expectedFrames).toBe(23);
    expect(expectedPtsUs(plan, index, range)).toHaveLength(23);
  });

  it("orders one frame of a range that has none, and says that it does not count", () => {
    const frameRate = {
      mode: "constant",
      numerator: 1,
      denominator: 1,
    } as const;
    const plan = planJob(exampleFacts(), exampleRecipe({}, { frameRate }));
    const empty = { startFrame: 16, endFrame: 20 };
    const order = videoOrder(plan, feed, index, empty);
    expect(orderSchema.parse(order)).toMatchObject({ expectedFrames: 1 });
    expect(expectedPtsUs(plan, index, empty)).toHaveLength(1);
    expect(makesFrames(plan, index, empty)).toBe(false);
    expect(makesFrames(plan, index, range)).toBe(true);
    const kept = planJob(exampleFacts(), exampleRecipe());
    expect(makesFrames(kept, index, empty)).toBe(true);
  });

  it("expects nothing where only the encode can tell", () => {
    const plan = planJob(exampleFacts(), exampleRecipe());
    const order = videoOrder(
      plan,
      { ...feed, expectedFrames: null },
      index,
      range,
    );
    expect(order.expectedFrames).toBeNull();
  });

  it("takes the quality that size control found", () => {
    const rate = { mode: "bitrate", kilobitsPerSecond: 2000 } as const;
    const plan = planJob(exampleFacts(), exampleRecipe({ rate }));
    const order = videoOrder(plan, feed, index, range, {
      mode: "quality",
      quality: 21.5,
    });
    expect(order.encode.rate).toEqual({ mode: "quality", quality: 21.5 });
  });

  it("gives the source's own times as expected", () => {
    const plan = planJob(exampleFacts(), exampleRecipe());
    const times = expectedPtsUs(plan, index, { startFrame: 30, endFrame: 32 });
    expect([...times]).toEqual([index.ptsUs(30), index.ptsUs(31)]);
  });
});

describe("defaultOutputName", () => {
  const mp4 = exampleRecipe();

  it.each([
    ["film.mkv", "film.mp4"],
    ["/home/me/My film.2020.mkv", "My film.2020.mp4"],
    ["C:\\Users\\me\\film.avi", "film.mp4"],
    ["film.mp4", "film (reelfarm).mp4"],
    ["film.MP4", "film (reelfarm).mp4"],
    ["film", "film.mp4"],
    [".hidden", ".hidden.mp4"],
  ])("of %s is %s", (source, output) => {
    expect(defaultOutputName(source, mp4)).toBe(output);
  });
});
