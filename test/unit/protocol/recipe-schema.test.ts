import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import type { AudioOrder, VideoOrder } from "../../../src-main/core/order.ts";
import { builtInPresets } from "../../../src-main/core/preset.ts";
import type {
  Preset,
  Recipe,
  VideoEncode,
} from "../../../src-main/core/recipe.ts";
import type {
  audioOrderSchema,
  videoOrderSchema,
} from "../../../src-main/protocol/order-schema.ts";
import {
  parsePresetFile,
  presetFileText,
  presetSchema,
  recipeSchema,
} from "../../../src-main/protocol/recipe-schema.ts";
import type { videoEncodeSchema } from "../../../src-main/protocol/recipe-schema.ts";
import { exampleRecipe } from "../core/example-facts.ts";

/** Schemas give writable data where core's types are readonly; nothing else may differ. */
type Plain<T> = T extends object
  ? { -readonly [Key in keyof T]: Plain<T[Key]> }
  : T;
type Same<A, B> =
  (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B>
    ? 1
    : 2
    ? true
    : false;
/** Colours are the one place where the schema is narrower: words of closed lists, where core has any text. */
type Without<O extends { readonly picture: object }> = Plain<
  Omit<O, "picture">
> & { picture: Plain<Omit<O["picture"], "colour">> };
const proven = <T extends true>(value: T): T => value;

describe("schemas and core types", () => {
  it("are the same, as the compiler proves", () => {
    proven<Same<z.infer<typeof recipeSchema>, Recipe>>(true);
    proven<Same<z.infer<typeof presetSchema>, Preset>>(true);
    proven<Same<z.infer<typeof videoEncodeSchema>, VideoEncode>>(true);
    type SchemaOrder = z.infer<typeof videoOrderSchema>;
    proven<Same<Without<SchemaOrder>, Without<VideoOrder>>>(true);
    proven<Same<keyof SchemaOrder["picture"], keyof VideoOrder["picture"]>>(
      true,
    );
    proven<Same<z.infer<typeof audioOrderSchema>, AudioOrder>>(true);
    // @ts-expect-error The comparison notices a missing field.
    proven<Same<z.infer<typeof recipeSchema>, Omit<Recipe, "fastStart">>>(true);
  });
});

describe("recipeSchema", () => {
  it.each(builtInPresets.map((preset) => [preset.name, preset] as const))(
    "takes the built-in %s as it is",
    (_, preset) => {
      expect(presetSchema.parse(preset)).toEqual(preset);
    },
  );

  const recipe = exampleRecipe();
  const changed = (path: string, value: unknown): unknown => {
    const copy = structuredClone(recipe) as unknown as Record<string, unknown>;
    const keys = path.split(".");
    let at = copy;
    for (const key of keys.slice(0, -1))
      at = at[key] as Record<string, unknown>;
    at[keys.at(-1)!] = value;
    return copy;
  };

  it.each([
    ["container", "avi"],
    ["container", undefined],
    ["extra", true],
    ["video.extra", "-i"],
    ["video.encoder", "libx264"],
    ["video.effort", "placebo"],
    ["video.rate", { mode: "quality", quality: NaN }],
    ["video.rate", { mode: "quality", quality: Infinity }],
    ["video.rate", { mode: "quality", quality: -1 }],
    ["video.rate", { mode: "quality", quality: "22" }],
    ["video.rate", { mode: "quality", quality: 22, extra: 1 }],
    ["video.rate", { mode: "bitrate", kilobitsPerSecond: 0 }],
    ["video.rate", { mode: "size", megabytes: 1e12 }],
    ["video.keyframeIntervalS", 0],
    ["video.keyframeIntervalS", 3600],
    ["video.filters.fit", { maxWidth: 1920.5, maxHeight: 1080 }],
    ["video.filters.fit", { maxWidth: 1e9, maxHeight: 1080 }],
    ["video.filters.crop", { top: -1, bottom: 0, left: 0, right: 0 }],
    ["video.filters.burnSubtitle", "film.srt"],
    [
      "video.filters.frameRate",
      { mode: "constant", numerator: 1, denominator: 0 },
    ],
    [
      "video.filters.frameRate",
      { mode: "constant", numerator: 1, denominator: 60 },
    ],
    [
      "audio",
      {
        kind: "encode",
        encoder: "aac",
        kilobitsPerSecond: 0,
        channels: "source",
        copyWhenPossible: false,
      },
    ],
    ["video", { kind: "copy", encoder: "x264" }],
  ])("refuses %s %j", (path, value) => {
    expect(recipeSchema.safeParse(changed(path, value)).success).toBe(false);
  });

  it("refuses contradictions", () => {
    const webm = exampleRecipe({}, {}, { container: "webm" });
    expect(recipeSchema.safeParse(webm).success).toBe(false);
  });
});

describe("preset files", () => {
  it.each(builtInPresets.map((preset) => [preset.name, preset] as const))(
    "%s survives being written and read",
    (_, preset) => {
      expect(parsePresetFile(presetFileText(preset), "a.json")).toEqual({
        ...preset,
        origin: "user",
      });
    },
  );

  const text = (change: object) =>
    JSON.stringify({
      reelfarm: "preset",
      version: 1,
      name: "Mine",
      description: "",
      recipe: exampleRecipe(),
      ...change,
    });
  const bad = exampleRecipe({ rate: { mode: "quality", quality: 77 } });

  it.each([
    ["{", /^mine\.json: it is not JSON$/],
    ["null", /^mine\.json: /],
    [" ".repeat(70_000), /too large/],
    [text({ version: 2 }), /^mine\.json: version: /],
    [text({ reelfarm: "settings" }), /^mine\.json: reelfarm: /],
    [text({ name: "" }), /^mine\.json: name: /],
    [text({ name: "a\u001b[2J" }), /^mine\.json: name: has control characters/],
    [text({ recipe: bad }), /^mine\.json: recipe\.video\.rate\.quality: .*77/],
    [text({ more: 1 }), /more/],
  ])("are refused with file, field and reason: %.30s", (content, detail) => {
    expect(() => parsePresetFile(content, "mine.json")).toThrow(
      expect.objectContaining({
        code: "preset-invalid",
        detail: expect.stringMatching(detail),
      }),
    );
  });

  it("never fail in another way, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (content) => {
        expect(() => parsePresetFile(content, "x")).toThrow(
          expect.objectContaining({ code: "preset-invalid" }),
        );
      }),
    );
  });
});
