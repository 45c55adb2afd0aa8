import { describe, expect, it } from "vitest";
import { encoderTraits } from "../../../src-main/core/encoder-traits.ts";
import {
  builtInPresets,
  findPreset,
  presetSlug,
} from "../../../src-main/core/preset.ts";
import { recipeProblem } from "../../../src-main/core/recipe-check.ts";
import { exampleRecipe } from "./example-facts.ts";

describe("built-in presets", () => {
  it.each(builtInPresets.map((preset) => [preset.name, preset] as const))(
    "%s is free of contradictions",
    (_, preset) => {
      expect(recipeProblem(preset.recipe)).toBeNull();
    },
  );

  it("bound the distance of keyframes and stay near the usual quality", () => {
    for (const { recipe } of builtInPresets) {
      if (recipe.video.kind !== "encode") continue;
      const { encoder, rate, keyframeIntervalS } = recipe.video;
      expect(keyframeIntervalS).toBeGreaterThanOrEqual(1);
      expect(keyframeIntervalS).toBeLessThanOrEqual(10);
      if (rate.mode !== "quality") continue;
      const usual = encoderTraits[encoder].quality?.usual ?? NaN;
      expect(Math.abs(rate.quality - usual)).toBeLessThanOrEqual(4);
    }
  });

  it("have a slug each, and it leads back", () => {
    const slugs = builtInPresets.map(({ name }) => presetSlug(name));
    expect(slugs).toEqual([
      "fast-1080p",
      "hq-1080p",
      "hevc-small",
      "av1-archive",
      "web",
      "phone",
      "edit-proxy-prores",
      "edit-proxy-dnxhr",
      "lossless-archive",
      "audio-only",
    ]);
    builtInPresets.forEach((preset, i) => {
      expect(findPreset(slugs[i]!)).toBe(preset);
    });
  });
});

describe("findPreset", () => {
  it.each(["Fast 1080p", "FAST-1080P", " fast 1080p ", "fast_1080p"])(
    "takes %j",
    (name) => {
      expect(findPreset(name)?.name).toBe("Fast 1080p");
    },
  );

  it.each(["", "---", "fast", "no such"])("does not take %j", (name) => {
    expect(findPreset(name)).toBeUndefined();
  });

  it("prefers the name over the slug, and the first over the second", () => {
    const [first, second] = builtInPresets;
    const mine = [
      { ...first!, name: "my web" },
      { ...second!, name: "My-Web" },
    ];
    expect(findPreset("my-web", mine)).toBe(mine[1]);
    expect(findPreset("my_web", mine)).toBe(mine[0]);
  });
});

describe("recipeProblem", () => {
  it.each([
    ["x264 in webm", exampleRecipe({}, {}, { container: "webm" }), "container"],
    ["video in m4a", exampleRecipe({}, {}, { container: "m4a" }), "container"],
    [
      "ProRes with a bitrate",
      exampleRecipe(
        {
          encoder: "prores",
          rate: { mode: "bitrate", kilobitsPerSecond: 1000 },
        },
        {},
        { container: "mov" },
      ),
      "video.rate.mode",
    ],
    [
      "a DNxHR profile for ProRes",
      exampleRecipe(
        { encoder: "prores", rate: { mode: "profile", profile: "hqx" } },
        {},
        { container: "mov" },
      ),
      "video.rate.profile",
    ],
    [
      "8 bit DNxHR HQX",
      exampleRecipe(
        {
          encoder: "dnxhr",
          rate: { mode: "profile", profile: "hqx" },
          pixelFormat: "yuv422p",
        },
        {},
        { container: "mov" },
      ),
      "video.pixelFormat",
    ],
    [
      "a quality for FFV1",
      exampleRecipe({ encoder: "ffv1" }, {}, { container: "mkv" }),
      "video.rate.mode",
    ],
    [
      "lossless NVENC",
      exampleRecipe({ encoder: "hevc-nvenc", rate: { mode: "lossless" } }),
      "video.rate.mode",
    ],
    [
      "CRF 60 of x264",
      exampleRecipe({ rate: { mode: "quality", quality: 60 } }),
      "video.rate.quality",
    ],
    [
      "4:4:4 of SVT-AV1",
      exampleRecipe({ encoder: "svt-av1", pixelFormat: "yuv444p" }),
      "video.pixelFormat",
    ],
    [
      "a profile for x264",
      exampleRecipe({ rate: { mode: "profile", profile: "hq" } }),
      "video.rate.mode",
    ],
    [
      "nothing at all",
      exampleRecipe(
        {},
        {},
        { video: { kind: "none" }, audio: { kind: "none" } },
      ),
      "video",
    ],
    [
      "opus in mov",
      exampleRecipe(
        {},
        {},
        {
          container: "mov",
          audio: {
            kind: "encode",
            encoder: "opus",
            kilobitsPerSecond: 96,
            channels: "source",
            copyWhenPossible: false,
          },
        },
      ),
      "container",
    ],
  ])("refuses %s", (_, recipe, field) => {
    expect(recipeProblem(recipe)?.field).toBe(field);
  });

  it("has nothing against a plain recipe", () => {
    expect(recipeProblem(exampleRecipe())).toBeNull();
  });
});
