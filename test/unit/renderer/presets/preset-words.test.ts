import { describe, expect, it } from "vitest";
import { builtInPresets } from "../../../../src-main/core/preset.ts";
import { videoEncoders } from "../../../../src-main/core/recipe.ts";
import type { UiWorker } from "../../../../src-main/protocol/ui-contract.ts";
import { workersFor } from "../../../../src-renderer/features/presets/able-workers.ts";
import {
  freeName,
  nameProblem,
} from "../../../../src-renderer/features/presets/preset-names.ts";
import {
  qualityOf,
  qualityWord,
  qualityWords,
} from "../../../../src-renderer/features/presets/quality-words.ts";
import {
  exactSettings,
  pictureWords,
} from "../../../../src-renderer/features/presets/recipe-words.ts";

const builtIn = (name: string) => {
  const found = builtInPresets.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};

const worker = (
  name: string,
  capabilities: readonly string[],
  state: UiWorker["state"] = "connected",
): UiWorker =>
  ({
    workerId: name,
    name,
    state,
    capabilities,
  }) as Partial<UiWorker> as UiWorker;

describe("words for quality", () => {
  it("stand for numbers that mean the same word again", () => {
    for (const encoder of videoEncoders)
      for (const word of qualityWords) {
        const quality = qualityOf(word, encoder);
        if (quality !== null) expect(qualityWord(quality, encoder)).toBe(word);
      }
  });
});

describe("the workers that can", () => {
  const { recipe } = builtIn("Fast 1080p");
  it("are those with everything every film needs", () => {
    const all = worker("all", ["encoder:x264", "filter:zscale", "audio:aac"]);
    const plain = worker("plain", ["encoder:x264", "audio:aac"]);
    const other = worker("other", ["encoder:x265"]);
    const gone = worker("gone", ["encoder:x264"], "lost");
    const found = workersFor(recipe, [all, plain, other, gone]);
    expect(found.able.map(({ name }) => name)).toEqual(["all", "plain"]);
    expect(found.limited).toEqual([
      { worker: plain, missing: ["filter:zscale"] },
    ]);
    expect(found.unable).toEqual([
      { worker: other, missing: ["encoder:x264"] },
    ]);
  });

  it("must encode the sound where there is nothing else", () => {
    const { recipe: sound } = builtIn("Audio only");
    const deaf = worker("deaf", ["encoder:x264"]);
    expect(workersFor(sound, [deaf]).able).toEqual([]);
  });
});

describe("a recipe in words", () => {
  it("says codec, quality and what is done to the picture", () => {
    expect(pictureWords(builtIn("Fast 1080p").recipe)).toEqual([
      { key: "presets.said", values: { text: "H.264" } },
      { key: "presets.quality-good" },
      { key: "presets.at-most", values: { width: 1920, height: 1080 } },
      { key: "presets.does-deinterlace-auto" },
      { key: "presets.does-tonemap" },
    ]);
  });

  it("has every exact setting behind it", () => {
    const exact = exactSettings(builtIn("Fast 1080p").recipe);
    expect(exact).toContainEqual({ path: "video.rate.quality", value: "22" });
    expect(exact).toContainEqual({ path: "video.filters.crop", value: "null" });
  });
});

describe("a preset's name", () => {
  const own = { ...builtIn("Web"), name: "Attic", origin: "user" } as const;
  const presets = [...builtInPresets, own];
  it("must be free, whatever the case", () => {
    expect(nameProblem(" ", null, presets)).toBe("empty");
    expect(nameProblem("web", null, presets)).toBe("built-in");
    expect(nameProblem("ATTIC", null, presets)).toBe("taken");
    expect(nameProblem("attic", "Attic", presets)).toBeNull();
    expect(nameProblem("Cellar", "Attic", presets)).toBeNull();
  });

  it("counts on for copies", () => {
    expect(freeName("Attic", presets)).toBe("Attic 2");
    const more = [...presets, { ...own, name: "Attic 2" }];
    expect(freeName("Attic 2", more)).toBe("Attic 3");
  });
});
