import { describe, expect, it } from "vitest";
import { planJob } from "../../../src-main/core/plan.ts";
import {
  estimatedAudioBytes,
  targetVideoBytes,
} from "../../../src-main/core/size-target.ts";
import { exampleFacts, exampleRecipe } from "./example-facts.ts";

const output = {
  container: "mp4",
  durationS: 60,
  videoFrames: 1800,
  audioTracks: 1,
  audioBytes: 960_000,
} as const;

describe("targetVideoBytes", () => {
  it("takes a bitrate as the video's own", () => {
    expect(
      targetVideoBytes({ mode: "bitrate", kilobitsPerSecond: 2000 }, output),
    ).toBe(15_000_000);
  });

  it("takes audio and container off a file size", () => {
    const bytes = targetVideoBytes({ mode: "size", megabytes: 10 }, output);
    expect(bytes).toBeLessThan(10e6 - 960_000 - 1800 * 12);
    expect(bytes).toBeGreaterThan(10e6 - 960_000 - 100_000);
  });

  it("refuses a size that leaves nothing for the video", () => {
    expect(() =>
      targetVideoBytes({ mode: "size", megabytes: 1 }, output),
    ).toThrow(expect.objectContaining({ code: "recipe-invalid" }));
  });
});

describe("estimatedAudioBytes", () => {
  it("goes by the track's bitrate, or the usual of a copied codec", () => {
    const facts = exampleFacts();
    const audio = {
      kind: "encode",
      encoder: "aac",
      kilobitsPerSecond: 160,
      channels: "mono",
      copyWhenPossible: false,
    } as const;
    const encoded = planJob(facts, exampleRecipe({}, {}, { audio }));
    // A single channel gets 0.6 of what a pair does: 96 kbit/s.
    expect(estimatedAudioBytes(facts, encoded)).toBe(720_000);
    expect(estimatedAudioBytes(facts, planJob(facts, exampleRecipe()))).toBe(
      960_000,
    );
  });
});
