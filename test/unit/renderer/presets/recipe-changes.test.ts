import { describe, expect, it } from "vitest";
import { builtInPresets } from "../../../../src-main/core/preset.ts";
import { recipeProblem } from "../../../../src-main/core/recipe-check.ts";
import { containers, type Recipe } from "../../../../src-main/core/recipe.ts";
import {
  encodersFor,
  plainRecipe,
  rateModes,
  videoEncode,
  withContainer,
  withEncoder,
  withRateMode,
} from "../../../../src-renderer/features/presets/recipe-changes.ts";

const recipes = builtInPresets.map(
  ({ name, recipe }) => [name, recipe] as const,
);

describe("changes of a recipe", () => {
  it.each(recipes)("keep %s free of contradictions", (_, recipe) => {
    for (const container of containers) {
      const moved = withContainer(recipe, container);
      expect(recipeProblem(moved), container).toBeNull();
      if (moved.video.kind === "none") continue;
      for (const encoder of encodersFor(container)) {
        const video = withEncoder(videoEncode(moved), encoder);
        expect(recipeProblem({ ...moved, video }), encoder).toBeNull();
        for (const mode of rateModes(encoder)) {
          const rated = withRateMode(video, mode);
          expect(rated.rate.mode).toBe(mode);
          expect(recipeProblem({ ...moved, video: rated })).toBeNull();
        }
      }
    }
  });

  it("bring the picture back that a sound-only file had taken", () => {
    const there = withContainer(plainRecipe, "m4a");
    expect(there.video.kind).toBe("none");
    expect(withContainer(there, "mkv").video.kind).toBe("encode");
  });

  it("carry quality over as a distance from the usual", () => {
    const video = videoEncode(plainRecipe);
    const better = {
      ...video,
      rate: { mode: "quality", quality: 16 },
    } as const;
    expect(withEncoder(better, "svt-av1").rate).toEqual({
      mode: "quality",
      quality: 20,
    });
  });

  it("leave a lossless picture lossless where that is possible", () => {
    const video = withRateMode(videoEncode(plainRecipe), "lossless");
    expect(withEncoder(video, "x265").rate.mode).toBe("lossless");
    expect(withEncoder(video, "svt-av1").rate.mode).toBe("quality");
  });

  it("give sound a bitrate again after FLAC", () => {
    const flac: Recipe = withContainer(plainRecipe, "flac");
    expect(flac.audio).toMatchObject({ encoder: "flac" });
    const back = withContainer(flac, "m4a").audio;
    expect(back).toMatchObject({ encoder: "aac", kilobitsPerSecond: 160 });
  });
});
