/**
 * Single values of arguments. Orders come from another machine: every value is
 * checked here once more, so that nothing but words of closed lists and bounded
 * numbers can become an argument.
 */
import { encoderTraits } from "../encoder-traits.ts";
import { Failure } from "../errors.ts";
import type { Ratio } from "../media-facts.ts";
import type { VideoEncoder } from "../recipe.ts";

/** A fraction in ffmpeg's notation. */
export function ratio({ numerator, denominator }: Ratio): string {
  return `${boundedInteger(numerator, 1, 1_000_000)}/${boundedInteger(denominator, 1, 1_000_000)}`;
}

/** A number that can only be digits. */
export function boundedInteger(
  value: number,
  min: number,
  max: number,
): string {
  if (!Number.isInteger(value) || value < min || value > max)
    throw refused(`the number ${String(value)}`);
  return String(value);
}

/** What does not fit is refused, not corrected. */
export function refused(what: string): Failure {
  return new Failure("order-refused", what);
}

/** The encoder's own scale, checked against the table of traits. */
export function qualityValue(encoder: VideoEncoder, quality: number): string {
  const scale = encoderTraits[encoder].quality;
  if (scale === null || !(quality >= scale.min && quality <= scale.max))
    throw refused(`quality ${String(quality)} for ${encoder}`);
  return scale.step >= 1
    ? String(Math.round(quality))
    : String(Math.round(quality * 100) / 100);
}

/** An average with room for hard scenes: half as much again, over two seconds. */
export function bitrateArguments(kilobitsPerSecond: number): string[] {
  const average = Math.round(kilobitsPerSecond);
  const peak = Math.round(average * 1.5);
  return [
    ...["-b:v", `${boundedInteger(average, 10, 1_000_000)}k`],
    ...["-maxrate:v", `${String(peak)}k`, "-bufsize:v", `${String(2 * peak)}k`],
  ];
}

/** A number with at most six decimals and no exponent. */
export function decimal(value: number): string {
  if (!Number.isFinite(value) || Math.abs(value) > 1e9)
    throw refused(`the number ${String(value)}`);
  return value.toFixed(6);
}

/** The text itself when it is in the list. */
export function word<Word extends string>(
  text: string,
  list: readonly Word[],
): Word {
  const known = list.find((candidate) => candidate === text);
  if (known === undefined) throw refused("a word of no list");
  return known;
}
