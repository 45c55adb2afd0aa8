import { Failure } from "../errors.ts";
import type { DeviceId } from "../identifiers.ts";
import { AddressTries } from "./address-tries.ts";

/** How a device shows that it is expected: a typed code, or a link's token. */
export type PairingMeans = "code" | "link";

/** How long an offer stands, and how many wrong tries it takes. */
export interface PairingLimits {
  readonly codeMs: number;
  readonly linkMs: number;
  /** Tries of a code, right or wrong, before it is dead. */
  readonly triesPerCode: number;
  /** Wrong tries from one network within `addressWindowMs`. */
  readonly triesPerAddress: number;
  readonly addressWindowMs: number;
  /** How long a person may think about a request. */
  readonly answerMs: number;
}

/**
 * Five of a million codes within two minutes: one in 200,000 for who guesses.
 * A link's token of 128 bits cannot be guessed; its tries are not counted, so
 * that nobody can use them up.
 */
export const defaultPairingLimits: PairingLimits = {
  codeMs: 120_000,
  linkMs: 3_600_000,
  triesPerCode: 5,
  triesPerAddress: 10,
  addressWindowMs: 600_000,
  answerMs: 120_000,
};

/** What a device must show to be let in. */
export interface PairingOffer {
  readonly means: PairingMeans;
  /** Six digits, or the link's token in hex. */
  readonly secret: string;
  /** A person here is asked before the device is let in. */
  readonly mustAsk: boolean;
  readonly expiresAtMs: number;
  /** Null: as many as come. */
  readonly triesLeft: number | null;
}

/** A device that wants in, and from where it came. */
export interface PairingVisitor {
  readonly deviceId: DeviceId;
  readonly name: string;
  readonly address: string;
}

/** Who is being paired at this moment. */
export type PairingVisit<Visitor = PairingVisitor> = Visitor & {
  readonly number: number;
  readonly means: PairingMeans;
  readonly state: "proving" | "asking" | "entering";
};

/**
 * What a master offers to strangers and who is at it, told the time (any clock
 * that only goes forward). SPEC.md, rules P1 to P11.
 *
 * An offer, one of each means:
 * live: from `offer`. Left when its time is over, when its tries are used up
 *   and the last one failed, by `withdraw`, by a newer offer of the same means,
 *   or when a visitor proved to know it.
 *
 * The visit, one at a time:
 * proving: from `begin`, which spends a try. Left by `prove` or `end`.
 * asking: a person must decide; the offer is used. Left by `answer` or `end`.
 * entering: it is being written down. Left by `end`.
 */
export class PairingBook<
  Visitor extends { readonly address: string } = PairingVisitor,
> {
  readonly #limits: PairingLimits;
  readonly #offers = new Map<PairingMeans, PairingOffer>();
  readonly #tries: AddressTries;
  #visit: PairingVisit<Visitor> | null = null;
  #visits = 0;

  constructor(limits: PairingLimits = defaultPairingLimits) {
    this.#limits = limits;
    this.#tries = new AddressTries(
      limits.triesPerAddress,
      limits.addressWindowMs,
    );
  }

  /** Takes the place of an offer of the same means. */
  offer(
    means: PairingMeans,
    secret: string,
    mustAsk: boolean,
    nowMs: number,
  ): PairingOffer {
    const { codeMs, linkMs, triesPerCode } = this.#limits;
    const offer: PairingOffer = {
      means,
      secret,
      mustAsk,
      expiresAtMs: nowMs + (means === "code" ? codeMs : linkMs),
      triesLeft: means === "code" ? triesPerCode : null,
    };
    this.#offers.set(means, offer);
    return offer;
  }

  withdraw(): void {
    this.#offers.clear();
  }

  /** The live offers. */
  offers(nowMs: number): readonly PairingOffer[] {
    for (const offer of [...this.#offers.values()])
      if (nowMs >= offer.expiresAtMs) this.#offers.delete(offer.means);
    return [...this.#offers.values()];
  }

  get visit(): PairingVisit<Visitor> | null {
    return this.#visit;
  }

  /**
   * Spends a try; only then may the visitor get an answer. Failures:
   * `pairing-closed`, `pairing-limit`, `pairing-busy`.
   */
  begin(
    means: PairingMeans,
    visitor: Visitor,
    nowMs: number,
  ): {
    readonly visit: PairingVisit<Visitor>;
    readonly offer: PairingOffer;
  } {
    const offer = this.offers(nowMs).find((one) => one.means === means);
    if (offer === undefined) throw new Failure("pairing-closed");
    if (this.#tries.isLocked(visitor.address, nowMs))
      throw new Failure("pairing-limit");
    if (this.#visit !== null) throw new Failure("pairing-busy");
    this.#tries.add(visitor.address, nowMs);
    const left = offer.triesLeft === null ? null : offer.triesLeft - 1;
    const spent = { ...offer, triesLeft: left };
    this.#offers.set(means, spent);
    this.#visits += 1;
    const visit: PairingVisit<Visitor> = {
      ...visitor,
      number: this.#visits,
      means,
      state: "proving",
    };
    this.#visit = visit;
    return { visit, offer: spent };
  }

  /**
   * The visitor knows the secret, which is used up by that. Failure
   * `pairing-closed` when the offer it knows is not live any more.
   */
  prove(
    visit: PairingVisit<Visitor>,
    offer: PairingOffer,
    nowMs: number,
  ): PairingVisit<Visitor> {
    const now = this.offers(nowMs).find((one) => one.means === offer.means);
    if (this.#visit !== visit || now?.secret !== offer.secret)
      throw new Failure("pairing-closed");
    this.#offers.delete(offer.means);
    this.#tries.takeBack(visit.address);
    const state = offer.mustAsk ? "asking" : "entering";
    this.#visit = { ...visit, state };
    return this.#visit;
  }

  /** A person's word on the request with that number; false when it is not asked any more. */
  answer(number: number): boolean {
    const visit = this.#visit;
    if (visit?.number !== number || visit.state !== "asking") return false;
    this.#visit = { ...visit, state: "entering" };
    return true;
  }

  /** The visit is over, however it ended. */
  end(number: number): void {
    if (this.#visit?.number !== number) return;
    const offer = this.#offers.get(this.#visit.means);
    if (offer?.triesLeft === 0) this.#offers.delete(offer.means);
    this.#visit = null;
  }
}
