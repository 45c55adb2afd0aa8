import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AudioOrder, VideoOrder } from "../../../src-main/core/order.ts";
import { noFilters } from "../../../src-main/core/recipe.ts";
import { orderSchema } from "../../../src-main/protocol/order-schema.ts";
import { exampleEncode } from "../core/example-facts.ts";

const video: VideoOrder = {
  kind: "video",
  feed: "nut-copy",
  picture: {
    codec: "hevc",
    width: 3840,
    height: 2160,
    pixelFormat: "yuv420p10le",
    sampleAspect: { numerator: 1, denominator: 1 },
    interlaced: false,
    fieldOrder: "progressive",
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
    rotationDegrees: 0,
  },
  encode: {
    ...exampleEncode,
    filters: {
      ...noFilters,
      crop: { top: 140, bottom: 140, left: 0, right: 0 },
      fit: { maxWidth: 1920, maxHeight: 1080 },
      frameRate: { mode: "constant", numerator: 25, denominator: 1 },
      burnSubtitle: 0,
    },
  },
  startUs: -20_000.5,
  endUs: 10_000_000,
  expectedFrames: 250,
  grid: {
    rate: { numerator: 25, denominator: 1 },
    originUs: 0,
    firstFrame: 0,
    endFrame: 250,
  },
  nominalRate: { numerator: 25, denominator: 1 },
  timescale: 90_000,
  threads: 4,
  burnSubtitle: true,
  maxOutputBytes: 1e9,
};
const audio: AudioOrder = {
  kind: "audio",
  tracks: [
    {
      channels: 6,
      sampleRateHz: 48_000,
      encoder: "opus",
      kilobitsPerSecond: 96,
    },
  ],
  maxOutputBytes: 1e8,
};
const orders = [video, audio];

type Path = readonly (string | number)[];

/** Every place of a value that holds no further places. */
function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function replaced(value: unknown, path: Path, by: unknown): unknown {
  const copy = structuredClone(value) as Record<string | number, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as typeof copy;
  at[path.at(-1)!] = by;
  return copy;
}

const places = orders.flatMap((order) =>
  leaves(order).map((path) => ({ order, path, name: path.join(".") })),
);
const passes = (value: unknown) => orderSchema.safeParse(value).success;

/** What somebody would send who wants a worker to run, read or write something else. */
const hostileTexts = [
  "-i",
  "-f",
  "--",
  "-vf movie=/etc/passwd",
  "file:/etc/passwd",
  "concat:a|b",
  "pipe:0",
  "http://127.0.0.1/",
  "../../x",
  "/dev/zero",
  "C:\\x",
  "a\0b",
  "a\nb",
  "h264,movie=x",
  "h264;rm",
  "$(id)",
  "x".repeat(10_000),
  "",
  "__proto__",
  "ÄÖ",
  "G(1,1)B(1,1)R(1,1)WP(1,1)L(1,1):log=/tmp/x",
  "1000,400:log=x",
];
const hostileNumbers = [
  NaN,
  Infinity,
  -Infinity,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MAX_SAFE_INTEGER,
  1e13,
  -1e13,
  2 ** 53,
];

describe("orderSchema", () => {
  it("takes sound orders as they are", () => {
    for (const order of orders) expect(orderSchema.parse(order)).toEqual(order);
  });

  it.each(places)("lets no hostile text pass in $name", ({ order, path }) => {
    for (const text of hostileTexts)
      expect(passes(replaced(order, path, text)), text).toBe(false);
  });

  it.each(places)("lets no huge number pass in $name", ({ order, path }) => {
    for (const number of hostileNumbers)
      expect(passes(replaced(order, path, number)), `${number}`).toBe(false);
  });

  it("takes no text anywhere but words, whatever the fuzzer thinks of", () => {
    const place = fc.constantFrom(...places);
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.string({ unit: "binary", maxLength: 60 }),
      fc
        .tuple(fc.constantFrom(...hostileTexts), fc.string())
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(place, text, ({ order, path }, by) => {
        const result = orderSchema.safeParse(replaced(order, path, by));
        if (result.success) expect(by).toMatch(/^[a-z0-9][a-z0-9_-]{0,31}$/);
      }),
      { numRuns: 5000 },
    );
  });

  it("takes no other kind of value in any place", () => {
    for (const { order, path, name } of places)
      for (const by of [[], {}, [1], { length: 1 }, undefined])
        expect(passes(replaced(order, path, by)), name).toBe(false);
  });

  it("takes no additional field in any object", () => {
    const objects = new Set(
      places.map(({ order, path }) =>
        JSON.stringify([orders.indexOf(order), path.slice(0, -1)]),
      ),
    );
    for (const key of objects) {
      const [which, path] = JSON.parse(key) as [number, Path];
      const extended = replaced(orders[which], [...path, "args"], ["-i"]);
      expect(passes(extended), key).toBe(false);
    }
  });

  it("takes nothing without one of its fields", () => {
    for (const { order, path, name } of places) {
      if (typeof path.at(-1) === "number") continue;
      const copy = structuredClone(order) as unknown as Record<string, unknown>;
      let at = copy;
      for (const key of path.slice(0, -1)) at = at[key] as typeof copy;
      Reflect.deleteProperty(at, path.at(-1) as string);
      expect(passes(copy), name).toBe(false);
    }
  });

  it.each([
    [
      "too many pixels",
      { picture: { ...video.picture, width: 16_384, height: 16_384 } },
    ],
    ["a range that ends before it begins", { startUs: 5, endUs: 5 }],
    [
      "a crop that leaves nothing",
      {
        encode: {
          ...video.encode,
          filters: {
            ...video.encode.filters,
            crop: { top: 1080, bottom: 1080, left: 0, right: 0 },
          },
        },
      },
    ],
    [
      "a grid without a rate",
      {
        encode: {
          ...video.encode,
          filters: { ...video.encode.filters, frameRate: { mode: "source" } },
        },
      },
    ],
    ["a rate without a grid", { grid: null }],
    ["an empty grid", { grid: { ...video.grid, endFrame: 0 } }],
    ["a subtitle nobody asked for", { burnSubtitle: false }],
    [
      "settings that contradict each other",
      { encode: { ...video.encode, encoder: "prores" } },
    ],
    ["no frames", { expectedFrames: 0 }],
  ])("refuses %s", (_, change) => {
    expect(passes({ ...video, ...change })).toBe(false);
  });

  it("refuses more audio tracks than any source has", () => {
    const tracks = Array.from({ length: 65 }, () => audio.tracks[0]);
    expect(passes({ ...audio, tracks })).toBe(false);
    expect(passes({ ...audio, tracks: [] })).toBe(false);
  });
});
