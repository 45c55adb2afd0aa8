import { describe, expect, test } from "vitest";
import type { MediaFacts } from "../../../src-main/core/media-facts.ts";
import type { Recipe } from "../../../src-main/core/recipe.ts";
import { planStreams } from "../../../src-main/core/stream-plan.ts";
import { recipeFor } from "../../fixtures/stitch-pieces.ts";
import { exampleAudio, exampleFacts } from "./example-facts.ts";

const track = {
  language: null,
  title: null,
  isDefault: false,
  isForced: false,
};
const rich: MediaFacts = exampleFacts(
  {},
  {
    audio: [
      exampleAudio,
      { ...exampleAudio, index: 2, codec: "truehd", channels: 8 },
    ],
    subtitles: [
      { index: 3, codec: "subrip", form: "text", ...track },
      { index: 4, codec: "hdmv_pgs_subtitle", form: "picture", ...track },
    ],
    attachments: [{ index: 5, fileName: "a.ttf", mimeType: "font/ttf" }],
    covers: [{ index: 6, codec: "mjpeg" }],
    dataStreams: [{ index: 7, codec: "gpmd" }],
    chapters: [{ startS: 0, endS: 60, title: "One" }],
  },
);

const notesOf = (recipe: Recipe): string[] =>
  planStreams(rich, recipe).notes.map(
    ({ code, sourceIndex }) => `${code} ${String(sourceIndex)}`,
  );

describe("what becomes of every stream", () => {
  test("mkv keeps all but foreign data", () => {
    const plan = planStreams(rich, recipeFor("mkv", "h264", "copy"));
    expect(plan.audio.map(({ encode }) => encode)).toEqual([null, null]);
    expect(plan.subtitles.map(({ codec }) => codec)).toEqual(["copy", "copy"]);
    expect(plan.attachments).toHaveLength(1);
    expect(plan.covers).toHaveLength(1);
    expect(notesOf(recipeFor("mkv", "h264", "copy"))).toEqual([
      "data-dropped 7",
    ]);
  });

  test("mp4 converts what it can and says what it cannot hold", () => {
    const recipe = recipeFor("mp4", "h264", "copy");
    const plan = planStreams(rich, recipe);
    expect(plan.audio.map(({ codec }) => codec)).toEqual(["aac", "aac"]);
    expect(plan.audio[1]?.encode).toMatchObject({
      encoder: "aac",
      channels: 8,
    });
    expect(plan.subtitles.map(({ codec }) => codec)).toEqual(["mov_text"]);
    expect(notesOf(recipe)).toEqual([
      ...["audio-converted 2", "attachment-dropped 5"],
      ...["subtitle-converted 3", "subtitle-dropped 4", "data-dropped 7"],
    ]);
  });

  test("webm holds Opus and WebVTT only", () => {
    const plan = planStreams(rich, recipeFor("webm", "vp9", "copy"));
    expect(plan.audio.map(({ codec }) => codec)).toEqual(["opus", "opus"]);
    expect(plan.subtitles.map(({ codec }) => codec)).toEqual(["webvtt"]);
  });

  test("a container for one track takes the first", () => {
    const recipe = recipeFor("flac", "none", "flac");
    expect(planStreams(rich, recipe).audio).toHaveLength(1);
    expect(notesOf(recipe)).toContain("audio-dropped 2");
    expect(notesOf(recipe)).toContain("chapters-dropped null");
  });

  test("a track is copied where the recipe allows and the container holds it", () => {
    const recipe = recipeFor("mp4", "h264", "opus");
    const { audio } = planStreams(rich, {
      ...recipe,
      audio: { ...recipe.audio, copyWhenPossible: true } as Recipe["audio"],
    });
    expect(audio.map(({ codec }) => codec)).toEqual(["aac", "opus"]);
  });
});

describe("recipes that cannot be", () => {
  test.each([
    [recipeFor("webm", "h264", "opus"), "container-cannot-hold"],
    [recipeFor("webm", "prores", "opus"), "container-cannot-hold"],
    [recipeFor("mp4", "prores", "aac"), "container-cannot-hold"],
    [recipeFor("webm", "copy", "opus"), "container-cannot-hold"],
    [recipeFor("m4a", "h264", "aac"), "container-cannot-hold"],
    [recipeFor("webm", "vp9", "aac"), "container-cannot-hold"],
  ])("%# are refused", (recipe, code) => {
    expect(() => planStreams(rich, recipe)).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  test("a source without what the recipe makes is refused", () => {
    const silent = { ...rich, audio: [] };
    expect(() => planStreams(silent, recipeFor("mka", "none", "flac"))).toThrow(
      expect.objectContaining({ code: "no-audio" }) as Error,
    );
    expect(() =>
      planStreams({ ...rich, video: null }, recipeFor("mp4", "h264", "aac")),
    ).toThrow(expect.objectContaining({ code: "no-video" }) as Error);
  });
});
