import { isDeviceId } from "./identifiers.ts";
import type { DeviceId } from "./identifiers.ts";

/**
 * The form of a device id that people read aloud and type: 52 base32 digits in
 * four blocks of 13, each block followed by a check digit, shown as eight
 * groups of seven. Digits are Crockford's (no I, L, O, U).
 */
export function formatDeviceId(id: DeviceId): string {
  const digits = toDigits(id);
  const checked: number[] = [];
  for (let at = 0; at < digits.length; at += blockDigits) {
    const block = digits.slice(at, at + blockDigits);
    checked.push(...block, checkDigit(block));
  }
  const text = checked.map((digit) => alphabet.charAt(digit)).join("");
  return (text.match(/.{7}/g) ?? []).join("-");
}

/**
 * Reads what `formatDeviceId` wrote, or 64 hex digits; ignores case, spaces,
 * hyphens and colons, and takes I and L for 1, O for 0. Null: mistyped.
 */
export function parseDeviceId(text: string): DeviceId | null {
  if (text.length > 200) return null;
  const clean = text.replace(/[\s:-]/g, "").toUpperCase();
  const hex = clean.toLowerCase();
  if (isDeviceId(hex)) return hex;
  if (clean.length !== idDigits + idDigits / blockDigits) return null;
  const digits: number[] = [];
  for (let at = 0; at < clean.length; at += blockDigits + 1) {
    const block = [...clean.slice(at, at + blockDigits + 1)].map(readDigit);
    const check = block.pop();
    if (block.includes(-1) || check !== checkDigit(block)) return null;
    digits.push(...block);
  }
  return toId(digits);
}

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** 256 bits in fives, the last digit padded with zeros. */
const idDigits = 52;
const blockDigits = 13;

function readDigit(letter: string): number {
  if (letter === "I" || letter === "L") return 1;
  return letter === "O" ? 0 : alphabet.indexOf(letter);
}

/**
 * A weighted sum over GF(32), the weights being different powers of a
 * generator: notices every single wrong digit and every swap of two digits.
 */
function checkDigit(block: readonly number[]): number {
  let sum = 0;
  for (const digit of block) sum = timesGenerator(sum ^ digit);
  return sum;
}

/** Multiplies by x modulo x^5 + x^2 + 1, which is primitive. */
function timesGenerator(value: number): number {
  const doubled = value << 1;
  return doubled & 32 ? doubled ^ 0b100101 : doubled;
}

function toDigits(id: DeviceId): number[] {
  const digits: number[] = [];
  let bits = 0;
  let bitCount = 0;
  for (const nibble of id) {
    bits = ((bits << 4) | Number.parseInt(nibble, 16)) & 0xff;
    bitCount += 4;
    if (bitCount < 5) continue;
    bitCount -= 5;
    digits.push((bits >> bitCount) & 31);
  }
  digits.push((bits << (5 - bitCount)) & 31);
  return digits;
}

function toId(digits: readonly number[]): DeviceId | null {
  let hex = "";
  let bits = 0;
  let bitCount = 0;
  for (const digit of digits) {
    bits = ((bits << 5) | digit) & 0x1ff;
    bitCount += 5;
    while (bitCount >= 4 && hex.length < 64) {
      bitCount -= 4;
      hex += ((bits >> bitCount) & 15).toString(16);
    }
  }
  const padding = bits & ((1 << bitCount) - 1);
  return padding === 0 && isDeviceId(hex) ? hex : null;
}
