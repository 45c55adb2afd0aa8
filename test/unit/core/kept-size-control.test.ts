import { expect, test } from "vitest";
import {
  keepSizeControl,
  takeUpSizeControl,
} from "../../../src-main/core/kept-size-control.ts";
import {
  beginSizeControl,
  sampleQuality,
  sampleRanges,
  withSamples,
} from "../../../src-main/core/size-control.ts";

test("a size control that is kept and taken up is the same after every round", () => {
  let control = beginSizeControl({
    encoder: "x264",
    targetBytes: 2_000_000,
    framesPerSecond: 25,
    analysisQuality: 24,
    analysed: Array.from({ length: 12 }, (_, at) => ({
      startFrame: at * 200,
      endFrame: (at + 1) * 200,
      bytes: 100_000 + 20_000 * (at % 5),
    })),
  });
  for (let round = 0; round < 3; round++) {
    const kept = JSON.parse(
      JSON.stringify(keepSizeControl(control)),
    ) as ReturnType<typeof keepSizeControl>;
    expect(takeUpSizeControl("x264", kept)).toEqual(control);
    const quality = sampleQuality(control);
    control = withSamples(
      control,
      sampleRanges(control).map((range) => ({
        ...range,
        quality,
        bytes: 90_000 * 2 ** ((24 - quality) / 5.5) + 100 * range.startFrame,
      })),
    );
  }
});
