import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";

/**
 * CPace, the balanced password-authenticated key exchange of
 * draft-irtf-cfrg-cpace, suite CPACE-RISTR255-SHA512, initiator-responder
 * setting, with the key confirmation its section on it describes. Two sides
 * that know the same short secret, channel and session get the same key; one
 * that guesses learns from each run whether that one guess was right, and a
 * listener learns nothing.
 */

/** Bytes of a share, and of the randomness a scalar is made of. */
export const shareBytes = 32;
export const scalarBytes = 32;
/** Bytes of a confirmation tag. */
export const tagBytes = 64;

/** What both sides must agree on beforehand. */
export interface CpaceInputs {
  /** The secret that is known to both (PRS). */
  readonly secret: Uint8Array;
  /** Who talks to whom about what (CI). */
  readonly channel: Uint8Array;
  /** What belongs to this one connection (sid). */
  readonly session: Uint8Array;
}

/** One side's message: its share (Y) and what it says in the open beside it (AD). */
export interface CpaceMessage {
  readonly share: Uint8Array;
  readonly said: Uint8Array;
}

/** Tags that prove to the other side that the key is known. */
export interface CpaceTags {
  readonly initiator: Uint8Array;
  readonly responder: Uint8Array;
}

/** One side's own run: its secret scalar and the share made of it. */
export class CpaceRun {
  readonly share: Uint8Array;
  readonly #inputs: CpaceInputs;
  readonly #scalar: bigint;

  /** `random`: 32 bytes nobody can foresee, never used twice. */
  constructor(inputs: CpaceInputs, random: Uint8Array) {
    this.#inputs = inputs;
    this.#scalar = scalarOf(random);
    this.share = generator(inputs).multiply(this.#scalar).toBytes();
  }

  /**
   * The session key (ISK); null when the other's share is none, or one that
   * makes the key known to everybody: the run must end then.
   */
  key(initiator: CpaceMessage, responder: CpaceMessage): Uint8Array | null {
    const isInitiator = isSame(initiator.share, this.share);
    const theirs = isInitiator ? responder.share : initiator.share;
    if (isSame(theirs, this.share)) return null;
    const secretPoint = multiplyVerified(this.#scalar, theirs);
    if (secretPoint === null) return null;
    return sha512(
      lengthValues(keyDomain, this.#inputs.session, secretPoint),
      transcript(initiator, responder),
    );
  }
}

/** The tags both sides can work out from the key (draft, "Key confirmation", with HMAC-SHA512). */
export function confirmationTags(
  key: Uint8Array,
  session: Uint8Array,
  initiator: CpaceMessage,
  responder: CpaceMessage,
): CpaceTags {
  const tagKey = sha512(utf8("CPaceMac"), session, key);
  const tag = ({ share, said }: CpaceMessage): Uint8Array =>
    createHmac("sha512", tagKey).update(lengthValues(share, said)).digest();
  return { initiator: tag(initiator), responder: tag(responder) };
}

/** Compares secrets without telling by its time where they differ. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** `lv_cat`: each value behind its length as LEB128, so that no two lists of values look alike. */
export function lengthValues(...values: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const value of values) parts.push(leb128(value.length), value);
  return Buffer.concat(parts);
}

/** `generator_string`: padded so that the secret has a block of the hash to itself. */
export function generatorString({
  secret,
  channel,
  session,
}: CpaceInputs): Uint8Array {
  const filled = lengthValues(secret).length + lengthValues(domain).length;
  const padding = new Uint8Array(Math.max(0, hashBlockBytes - filled - 1));
  return lengthValues(domain, secret, padding, channel, session);
}

/** `scalar_mult_vfy`: null in place of the neutral element. */
export function multiplyVerified(
  scalar: bigint,
  share: Uint8Array,
): Uint8Array | null {
  try {
    const point = ristretto255.Point.fromBytes(share);
    const product = point.multiply(scalar);
    return product.is0() ? null : product.toBytes();
  } catch {
    return null; // No canonical encoding of a group element.
  }
}

/** `sample_scalar`: the low 252 bits, little endian; always below the group order. */
export function scalarOf(random: Uint8Array): bigint {
  let scalar = 0n;
  for (let at = scalarBytes - 1; at >= 0; at -= 1)
    scalar = (scalar << 8n) | BigInt(random[at] ?? 0);
  const low = scalar & ((1n << 252n) - 1n);
  return low === 0n ? 1n : low; // Once in 2^252; the library takes no zero.
}

const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8");
const domain = utf8("CPaceRistretto255");
const keyDomain = utf8("CPaceRistretto255_ISK");
/** SHA-512's input block. */
const hashBlockBytes = 128;

function generator(
  inputs: CpaceInputs,
): InstanceType<typeof ristretto255.Point> {
  const { deriveToCurve } = ristretto255_hasher;
  if (deriveToCurve === undefined)
    throw new Error("bug: no element derivation");
  return deriveToCurve(sha512(generatorString(inputs)));
}

/** `transcript_ir`. */
function transcript(a: CpaceMessage, b: CpaceMessage): Uint8Array {
  return lengthValues(a.share, a.said, b.share, b.said);
}

function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

function leb128(length: number): Uint8Array {
  const bytes: number[] = [];
  let rest = length;
  do {
    const more = rest >= 0x80 ? 0x80 : 0;
    bytes.push((rest & 0x7f) | more);
    rest = Math.floor(rest / 0x80);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}
