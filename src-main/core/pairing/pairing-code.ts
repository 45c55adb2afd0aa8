const codeDigits = 6;
/** How many codes there are. */
export const pairingCodes = 10 ** codeDigits;

/** The code of a number below `pairingCodes`. */
export function pairingCodeOf(number: number): string {
  return String(number).padStart(codeDigits, "0");
}

/** As people read it: `123 456`. */
export function formatPairingCode(code: string): string {
  return `${code.slice(0, 3)} ${code.slice(3)}`;
}

/** Reads a typed code; spaces, hyphens and full-width digits are forgiven. Null: it is none. */
export function parsePairingCode(typed: string): string | null {
  if (typed.length > 40) return null;
  const code = typed.normalize("NFKC").replace(/[\s.-]/g, "");
  return /^[0-9]{6}$/.test(code) ? code : null;
}
