/**
 * Lets browsers of the home in: a code shown at this computer, typed there
 * (rules L5 to L8 of protocol/SPEC.md). Codes, tries and locks are those of
 * pairing; a code for a browser lets in no worker, and the other way round.
 */
import { createHash, randomBytes, randomInt } from "node:crypto";
import { Failure } from "../core/errors.ts";
import { deviceLabel } from "../core/pairing/device-label.ts";
import {
  defaultPairingLimits,
  PairingBook,
  type PairingLimits,
  type PairingOffer,
} from "../core/pairing/pairing-book.ts";
import {
  pairingCodeOf,
  pairingCodes,
  parsePairingCode,
} from "../core/pairing/pairing-code.ts";
import { withBrowser, type KnownBrowser } from "../protocol/known-browser.ts";
import type { UiBrowserOffer } from "../protocol/ui-lan.ts";
import { sameToken } from "./admission.ts";

/** A browser that was let in is asked for a new code after this. */
export const sessionMs = 90 * 24 * 3600 * 1000;
/** Bytes of a token: nobody guesses 256 bits. */
const tokenBytes = 32;
/** Coming back is written down at most this often. */
const seenEveryMs = 60_000;

/** Where the browsers are kept. */
export interface BrowserShelf {
  readonly all: () => readonly KnownBrowser[];
  /** In force when it returns, on the disk when it resolves. */
  readonly keep: (browsers: readonly KnownBrowser[]) => Promise<void>;
}

export interface LoginDeskOptions {
  readonly shelf: BrowserShelf;
  /** The offer or the list is not what it was. */
  readonly onChanged: () => void;
  /** Its lines must end, now. */
  readonly onGone: (browserId: string) => void;
  /** The calendar's time. */
  readonly nowMs?: () => number;
  /** A clock that only goes forward. */
  readonly clockMs?: () => number;
  readonly limits?: Partial<PairingLimits>;
}

export interface LoginTry {
  readonly code: string;
  readonly name: string;
  readonly address: string;
}

export class LoginDesk {
  readonly #options: LoginDeskOptions;
  readonly #book: PairingBook<LoginTry>;
  readonly #nowMs: () => number;
  readonly #clockMs: () => number;
  #expiry: NodeJS.Timeout | null = null;

  constructor(options: LoginDeskOptions) {
    this.#options = options;
    this.#book = new PairingBook({
      ...defaultPairingLimits,
      ...options.limits,
    });
    this.#nowMs = options.nowMs ?? (() => Date.now());
    this.#clockMs = options.clockMs ?? (() => performance.now());
  }

  /** A new code; an earlier one is dead from now on. */
  offer(): UiBrowserOffer {
    const code = pairingCodeOf(randomInt(pairingCodes));
    const offer = this.#book.offer("code", code, false, this.#clockMs());
    this.#stopExpiry();
    this.#expiry = setTimeout(
      () => this.#options.onChanged(),
      offer.expiresAtMs - this.#clockMs() + 1,
    );
    this.#expiry.unref();
    this.#options.onChanged();
    return this.#view(offer);
  }

  withdraw(): void {
    this.#book.withdraw();
    this.#stopExpiry();
    this.#options.onChanged();
  }

  /** The live code; null: there is none. */
  get offered(): UiBrowserOffer | null {
    const [offer] = this.#book.offers(this.#clockMs());
    return offer === undefined ? null : this.#view(offer);
  }

  /** Those whose time is not over. */
  get browsers(): readonly KnownBrowser[] {
    const nowMs = this.#nowMs();
    return this.#options.shelf.all().filter((one) => one.expiresAtMs > nowMs);
  }

  /**
   * A new token for who knows the code; resolves once it is written down. Its
   * earlier token (`before`) is dead then. Failures: `usage` for what is no code
   * (it costs no try), `pairing-closed`, `pairing-limit`, `pairing-code-wrong`.
   */
  async logIn(asked: LoginTry, before: string | null): Promise<string> {
    const code = parsePairingCode(asked.code);
    if (code === null) throw new Failure("usage", "A code has six digits.");
    try {
      this.#prove(asked, code);
    } finally {
      this.#options.onChanged();
    }
    const token = randomBytes(tokenBytes).toString("base64url");
    const { shelf } = this.#options;
    const nowMs = this.#nowMs();
    const replaced = before === null ? null : this.find(before);
    const others = shelf.all().filter((one) => one.id !== replaced?.id);
    const kept = withBrowser(
      others,
      {
        id: randomBytes(8).toString("hex"),
        name: deviceLabel(asked.name),
        tokenHash: hashOf(token),
        pairedAtMs: nowMs,
        lastSeenAtMs: nowMs,
        lastAddress: asked.address.slice(0, 100),
        expiresAtMs: nowMs + sessionMs,
      },
      nowMs,
    );
    await this.#keep(kept);
    return token;
  }

  /** Whose token it is; null: nobody's. */
  find(token: string): KnownBrowser | null {
    const hash = hashOf(token);
    let found: KnownBrowser | null = null;
    // All are compared: how long it takes tells nothing.
    for (const browser of this.browsers)
      if (sameToken(hash, browser.tokenHash)) found = browser;
    return found;
  }

  /** It opened a line from there. */
  async seen(id: string, address: string): Promise<void> {
    const nowMs = this.#nowMs();
    const { shelf } = this.#options;
    const browser = shelf.all().find((one) => one.id === id);
    if (browser === undefined) return;
    if (
      nowMs - browser.lastSeenAtMs < seenEveryMs &&
      browser.lastAddress === address
    )
      return;
    const now = {
      ...browser,
      lastSeenAtMs: nowMs,
      lastAddress: address.slice(0, 100),
    };
    await shelf.keep(shelf.all().map((one) => (one.id === id ? now : one)));
  }

  /** Out at once. Failure `device-unknown`. */
  async revoke(id: string): Promise<void> {
    const all = this.#options.shelf.all();
    const kept = all.filter((one) => one.id !== id);
    if (kept.length === all.length) throw new Failure("device-unknown", id);
    await this.#keep(kept);
  }

  close(): void {
    this.#stopExpiry();
  }

  /** Spends a try before it compares. */
  #prove(asked: LoginTry, code: string): void {
    const { visit, offer } = this.#book.begin("code", asked, this.#clockMs());
    try {
      if (!sameToken(code, offer.secret))
        throw new Failure("pairing-code-wrong", triesText(offer));
      this.#book.prove(visit, offer, this.#clockMs());
    } finally {
      this.#book.end(visit.number);
    }
  }

  /** Who is not on the list any more has its lines ended first. */
  async #keep(browsers: readonly KnownBrowser[]): Promise<void> {
    const { shelf, onGone, onChanged } = this.#options;
    const gone = shelf
      .all()
      .filter((one) => !browsers.some(({ id }) => id === one.id));
    const stored = shelf.keep(browsers);
    for (const { id } of gone) onGone(id);
    onChanged();
    await stored;
  }

  #view({ secret, expiresAtMs, triesLeft }: PairingOffer): UiBrowserOffer {
    const endsAtMs = this.#nowMs() + expiresAtMs - this.#clockMs();
    return {
      code: secret,
      // To the second, or the node's row would differ at every look.
      expiresAtMs: Math.round(endsAtMs / 1000) * 1000,
      triesLeft: triesLeft ?? 0,
    };
  }

  #stopExpiry(): void {
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    this.#expiry = null;
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token, "utf8").digest("hex");
}

function triesText({ triesLeft }: PairingOffer): string {
  return triesLeft === 1
    ? "1 try is left."
    : `${String(triesLeft)} tries are left.`;
}
