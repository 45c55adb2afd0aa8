/** A name is shown in one line of a list. */
export const labelMaxCharacters = 64;

/**
 * A name another device gave itself, fit to be shown: no control characters,
 * none that turn the direction of writing or are invisible, spaces joined,
 * cut. Never empty.
 */
export function deviceLabel(name: string): string {
  const clean = name
    .normalize("NFC")
    .replace(/\s+/gu, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, "")
    .trim();
  const cut = [...clean].slice(0, labelMaxCharacters).join("").trim();
  return cut === "" ? "a computer without a name" : cut;
}
