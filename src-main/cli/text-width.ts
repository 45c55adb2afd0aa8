/**
 * How wide a text stands on a terminal. Enough for names of films in most
 * scripts: wide East Asian characters count two, combining marks none.
 */

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const segmenter = new Intl.Segmenter();

function characterWidth(character: string): number {
  return wide.test(character) ? 2 : 1;
}

/** Columns a text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text))
    width += characterWidth(segment);
  return width;
}

/** Cut to a width, with `…` for what is missing: in the middle, so that endings stay. */
export function shorten(text: string, maxWidth: number): string {
  if (textWidth(text) <= maxWidth) return text;
  if (maxWidth < 2) return "…".slice(0, Math.max(0, maxWidth));
  const characters = [...segmenter.segment(text)].map((part) => part.segment);
  const tailWidth = Math.floor((maxWidth - 1) / 3);
  const tail = takeWidth(characters.toReversed(), tailWidth).reverse();
  const head = takeWidth(characters, maxWidth - 1 - tailWidth);
  return `${head.join("")}…${tail.join("")}`;
}

function takeWidth(characters: readonly string[], maxWidth: number): string[] {
  const taken: string[] = [];
  let width = 0;
  for (const character of characters) {
    width += characterWidth(character);
    if (width > maxWidth) break;
    taken.push(character);
  }
  return taken;
}

/** Filled up with spaces to a width. */
export function pad(
  text: string,
  width: number,
  align: "left" | "right",
): string {
  const space = " ".repeat(Math.max(0, width - textWidth(text)));
  return align === "left" ? text + space : space + text;
}

/** A text for people may hold anything a peer or a file name brought: nothing that steers a terminal gets through. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    character === "\n" || character === "\t" ? character : "�",
  );
}
