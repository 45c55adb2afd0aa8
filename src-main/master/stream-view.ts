import type { MediaFacts } from "../core/media-facts.ts";
import type { StreamNote, StreamPlan } from "../core/stream-plan.ts";
import type { UiStreamNote } from "../protocol/ui-contract.ts";

/** What becomes of every stream of a source, in its order; what is about no one stream comes last. */
export function streamViews(
  facts: MediaFacts,
  plan: StreamPlan,
): UiStreamNote[] {
  const noted = new Set(plan.notes.map((note) => note.sourceIndex));
  const rows = [
    ...plan.notes.map(noteRow),
    ...keptRows(facts, plan).filter(({ index }) => !noted.has(index)),
  ];
  return rows
    .sort((a, b) => (a.index ?? Infinity) - (b.index ?? Infinity))
    .map(({ index, action, text }) => ({
      stream: index === null ? "" : `#${String(index)}`,
      action,
      text,
    }));
}

interface Row extends Pick<UiStreamNote, "action" | "text"> {
  readonly index: number | null;
}

function noteRow({ code, sourceIndex, text }: StreamNote): Row {
  const action = code.endsWith("-dropped") ? "drop" : "convert";
  return { index: sourceIndex, action, text };
}

/** In names that need no translation. */
function keptRows(facts: MediaFacts, plan: StreamPlan): Row[] {
  const rows: Row[] = [];
  const { video } = facts;
  if (plan.video.kind !== "none" && video !== null)
    rows.push({
      index: video.index,
      action: plan.video.kind,
      text: words(
        "Video",
        change(video.codec, plan.video.codec),
        `${String(video.width)}×${String(video.height)}`,
      ),
    });
  for (const kept of plan.audio) {
    const track = facts.audio.find((one) => one.index === kept.sourceIndex);
    rows.push({
      index: kept.sourceIndex,
      action: kept.encode === null ? "copy" : "encode",
      text: words(
        "Audio",
        change(track?.codec ?? "", kept.codec),
        track?.channelLayout,
        kept.language,
        kept.title,
      ),
    });
  }
  for (const kept of plan.subtitles) {
    const track = facts.subtitles.find((one) => one.index === kept.sourceIndex);
    const codec = track?.codec ?? "";
    rows.push({
      index: kept.sourceIndex,
      action: kept.codec === "copy" ? "copy" : "convert",
      text: words(
        "Subtitles",
        change(codec, kept.codec === "copy" ? codec : kept.codec),
        kept.language,
        kept.title,
      ),
    });
  }
  for (const { sourceIndex, fileName, mimeType } of plan.attachments)
    rows.push({
      index: sourceIndex,
      action: "copy",
      text: words("Attachment", fileName ?? mimeType),
    });
  for (const { sourceIndex, codec } of plan.covers)
    rows.push({
      index: sourceIndex,
      action: "copy",
      text: words("Cover", codec),
    });
  if (plan.chapters && facts.chapters.length > 0)
    rows.push({
      index: null,
      action: "copy",
      text: `Chapters (${String(facts.chapters.length)})`,
    });
  return rows;
}

const change = (from: string, to: string): string =>
  from === to ? from : `${from} → ${to}`;
const words = (...some: (string | null | undefined)[]): string =>
  some.filter((word) => word != null && word !== "").join(", ");
