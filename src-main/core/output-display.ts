import { sayableColour } from "./colour-limits.ts";
import type { DisplayTags } from "./display-tags.ts";
import { encoderTraits } from "./encoder-traits.ts";
import { outputColour, outputFields } from "./ffmpeg-arguments/filters.ts";
import type { FrameTimes } from "./output-grid.ts";
import { expectedPtsUs, type JobPlan } from "./plan.ts";

/**
 * How a job's encoded picture is to be shown; null where video is copied or
 * left out. A picture mapped to SDR says nothing of HDR.
 */
export function outputDisplay(plan: JobPlan): DisplayTags | null {
  const { encode, picture, output } = plan;
  if (encode === null || picture === null || output === null) return null;
  const isMapped = encode.filters.tonemap !== "off";
  return {
    sampleAspect: output.sampleAspect,
    rotationDegrees: output.rotationDegrees,
    fieldOrder: outputFields({ picture, encode }) ?? "progressive",
    colour: sayableColour(
      outputColour({ picture, encode }),
      encoderTraits[encode.encoder].codec,
      plan.recipe.container,
    ),
    hdr: isMapped
      ? { masterDisplay: null, maxCll: null, dynamic: "none" }
      : picture.hdr,
  };
}

/** Frames the whole output must have, once all frames of the source are known. */
export function outputFrameCount(
  plan: JobPlan,
  index: FrameTimes & { readonly knownFrames: number },
): number {
  return expectedPtsUs(plan, index, {
    startFrame: 0,
    endFrame: index.knownFrames,
  }).length;
}
