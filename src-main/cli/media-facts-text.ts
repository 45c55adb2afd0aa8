import type { MediaFacts, Ratio } from "../core/media-facts.ts";
import { formatBytes, formatClock } from "./figures.ts";
import { printable } from "./text-width.ts";

/** A source in a few lines, for `probe`. */
export function renderFacts(file: string, facts: MediaFacts): string[] {
  const { video } = facts;
  const lines = [
    file,
    `  format     ${facts.format}, ${formatBytes(facts.sizeBytes)}, ${formatClock(facts.durationS)}`,
  ];
  if (video)
    lines.push(
      `  video      ${sentence([
        video.codec,
        `${String(video.width)}x${String(video.height)}`,
        video.pixelFormat,
        rateText(video.averageFrameRate),
        video.colour.transfer,
        video.rotationDegrees === 0
          ? null
          : `turned ${String(video.rotationDegrees)}°`,
        video.fieldOrder === "progressive" || video.fieldOrder === "unknown"
          ? null
          : "interlaced",
        video.hdr.dynamic === "none" ? null : video.hdr.dynamic,
      ])}`,
    );
  for (const audio of facts.audio)
    lines.push(
      `  audio      ${sentence([
        audio.codec,
        audio.channelLayout ?? `${String(audio.channels)} channels`,
        `${String(audio.sampleRateHz)} Hz`,
        audio.language,
        audio.title,
      ])}`,
    );
  for (const subtitle of facts.subtitles)
    lines.push(
      `  subtitle   ${sentence([subtitle.codec, subtitle.language, subtitle.title, subtitle.isForced ? "forced" : null])}`,
    );
  for (const { fileName, mimeType } of facts.attachments)
    lines.push(`  attached   ${sentence([fileName, mimeType])}`);
  for (const { codec } of facts.covers) lines.push(`  cover      ${codec}`);
  if (facts.chapters.length > 0)
    lines.push(`  chapters   ${String(facts.chapters.length)}`);
  return lines.map(printable);
}

function sentence(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== "").join(", ");
}

function rateText(rate: Ratio | null): string | null {
  if (rate === null || rate.denominator === 0) return null;
  const framesPerSecond = rate.numerator / rate.denominator;
  return `${String(Number(framesPerSecond.toFixed(3)))} fps`;
}
