import type { VideoCodec } from "./encoder-traits.ts";
import type { ColourFacts } from "./media-facts.ts";
import type { Container } from "./recipe.ts";

/**
 * The colours an output of this codec can say in this container. H.264, HEVC,
 * AV1, VP9 and ProRes say them in the video itself. FFV1 and DNxHR leave it to
 * the container, and ffmpeg (5.1 and 7.0) writes MOV's `colr` only when
 * primaries, transfer and matrix are all known. DNxHR's own header has one
 * matrix, BT.709, and decoders believe it before the container.
 */
export function sayableColour(
  colour: ColourFacts,
  codec: VideoCodec,
  container: Container,
): ColourFacts {
  const said = { ...colour };
  const isPartial =
    colour.primaries === null ||
    colour.transfer === null ||
    colour.space === null;
  const leavesItToContainer = codec === "ffv1" || codec === "dnxhd";
  if (leavesItToContainer && container === "mov" && isPartial) {
    said.primaries = null;
    said.transfer = null;
    said.space = null;
  }
  if (codec === "dnxhd" && said.space !== "bt709") said.space = null;
  return said;
}

/** What of the colours cannot be said, as a sentence for people; null: nothing. */
export function unsaidColourNote(
  colour: ColourFacts,
  codec: VideoCodec,
  container: Container,
): string | null {
  const said = sayableColour(colour, codec, container);
  const unsaid = (["primaries", "transfer", "space"] as const).flatMap(
    (name) =>
      colour[name] !== null && said[name] === null
        ? [`${nameForPeople[name]} ${colour[name]}`]
        : [],
  );
  return unsaid.length === 0
    ? null
    : `The output cannot say these colour tags of the source: ${unsaid.join(", ")}. The pictures are as they should be; a player may show slightly other colours.`;
}

const nameForPeople = {
  primaries: "primaries",
  transfer: "transfer",
  space: "matrix",
} as const;
