import { randomBytes, randomInt } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { WebSocket } from "ws";
import { Failure } from "../../core/errors.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { DeviceId } from "../../core/identifiers.ts";
import { deviceLabel } from "../../core/pairing/device-label.ts";
import {
  defaultPairingLimits,
  PairingBook,
  type PairingLimits,
  type PairingMeans,
  type PairingOffer,
  type PairingVisit,
} from "../../core/pairing/pairing-book.ts";
import {
  pairingCodeOf,
  pairingCodes,
} from "../../core/pairing/pairing-code.ts";
import {
  commonVersion,
  helloMessage,
  ownProtocol,
  type LocalHello,
} from "../../protocol/hello.ts";
import {
  workerDoneSchema,
  workerOpeningSchema,
  workerProofSchema,
} from "../../protocol/pairing-messages.ts";
import type { Timers } from "../link-limits.ts";
import { systemTimers } from "../link-limits.ts";
import { isSame } from "./cpace.ts";
import {
  exporterOf,
  PairingExchange,
  type PairingSide,
} from "./pairing-exchange.ts";
import { PairingLine } from "./pairing-line.ts";

/** A stranger on `/pair`, its key proven. */
export interface PairingCaller {
  readonly socket: WebSocket;
  readonly wire: TLSSocket;
  readonly peerId: DeviceId;
  readonly address: string;
  /** It proved to know the secret: the port's time limit for strangers ends. */
  readonly letIn: () => void;
  /** Counts and reports it as turned away. */
  readonly refuse: (code: ErrorCode) => void;
}

/** A device that showed the secret (and was accepted). */
export interface PairedDevice {
  readonly deviceId: DeviceId;
  readonly name: string;
  readonly address: string;
}

export interface PairingDeskOptions {
  readonly ownId: DeviceId;
  readonly hello: LocalHello;
  /** Writes the device down; the worker is told afterwards. A Failure refuses it. */
  readonly letIn: (device: PairedDevice) => Promise<void>;
  /** Offers or the request are not what they were. */
  readonly onChanged?: () => void;
  readonly timers?: Timers;
  readonly limits?: Partial<PairingLimits>;
}

/** For each of its messages a worker has this long: it computes, no person types. */
const stepMs = 5_000;

/** The end of the latest visit. */
export interface PairingOutcome extends PairedDevice {
  /** Null: it is paired. */
  readonly code: ErrorCode | null;
}

/**
 * A master's desk for strangers. Who may try is decided by `PairingBook`; who
 * knows the secret, by CPace. Nothing a stranger does throws here.
 */
export class PairingDesk {
  readonly #options: PairingDeskOptions;
  readonly #limits: PairingLimits;
  readonly #timers: Timers;
  readonly #book: PairingBook;
  #person: ((accepts: boolean) => void) | null = null;
  #outcome: PairingOutcome | null = null;
  #outcomes = 0;
  #stopClock: () => void = () => undefined;

  constructor(options: PairingDeskOptions) {
    this.#options = options;
    this.#limits = { ...defaultPairingLimits, ...options.limits };
    this.#timers = options.timers ?? systemTimers;
    this.#book = new PairingBook(this.#limits);
  }

  /** Whether strangers may knock at `/pair` (rule P1). */
  get isOpen(): boolean {
    return this.offers.length > 0 || this.#book.visit !== null;
  }

  /** What is offered now; `expiresAtMs` in the time of `nowMs`. */
  get offers(): readonly PairingOffer[] {
    return this.#book.offers(this.nowMs());
  }

  get visit(): PairingVisit | null {
    return this.#book.visit;
  }

  /** How the latest visit ended. */
  get outcome(): PairingOutcome | null {
    return this.#outcome;
  }

  /** Visits that ended; tells one outcome from the next. */
  get outcomes(): number {
    return this.#outcomes;
  }

  /** The desk's own clock: monotonic milliseconds. */
  nowMs(): number {
    return this.#timers.now();
  }

  /** A new code or token; an earlier one of the same kind is dead from now on. */
  offer(means: PairingMeans, mustAsk: boolean): PairingOffer {
    const secret =
      means === "code"
        ? pairingCodeOf(randomInt(pairingCodes))
        : randomBytes(16).toString("hex");
    const offer = this.#book.offer(means, secret, mustAsk, this.nowMs());
    this.#stopClock();
    this.#stopClock = this.#timers.after(
      offer.expiresAtMs - this.nowMs() + 1,
      () => this.#changed(),
    );
    this.#changed();
    return offer;
  }

  /** Withdraws all offers and refuses who is being asked about. */
  stop(): void {
    this.#book.withdraw();
    this.#stopClock();
    this.#person?.(false);
    this.#changed();
  }

  /** A person's word; false when that request is not there any more. */
  answer(request: number, accepts: boolean): boolean {
    const { visit } = this.#book;
    if (visit?.number !== request || visit.state !== "asking") return false;
    this.#person?.(accepts);
    return true;
  }

  /** Ends the visit of a device that was revoked meanwhile. */
  forget(deviceId: DeviceId): void {
    if (this.#book.visit?.deviceId === deviceId) this.#person?.(false);
  }

  /** Takes over the connection to its end. */
  async receive(caller: PairingCaller): Promise<void> {
    const line = new PairingLine(caller.socket, this.#timers);
    try {
      await this.#pair(caller, line);
    } catch (error) {
      const failure =
        error instanceof Failure
          ? error
          : new Failure("internal-error", "pairing", { cause: error });
      caller.refuse(failure.code);
      const { code, detail } = failure;
      line.say({ refused: { code, detail: detail.slice(0, 200) } });
    } finally {
      line.close();
    }
  }

  async #pair(caller: PairingCaller, line: PairingLine): Promise<void> {
    const opening = await line.next(workerOpeningSchema, stepMs);
    const { hello } = this.#options;
    const own = hello.protocol ?? ownProtocol;
    if (commonVersion(own, opening.reelfarm) === null)
      throw new Failure("peer-version", `the master is ${hello.appVersion}`);
    const device: PairedDevice = {
      deviceId: caller.peerId,
      name: deviceLabel(opening.reelfarm.name),
      address: caller.address,
    };
    const { means } = opening.pairing;
    const begun = this.#book.begin(means, device, this.nowMs());
    this.#changed();
    try {
      const theirs = {
        share: opening.pairing.share,
        reelfarm: opening.reelfarm,
      };
      await this.#prove(caller, line, begun, theirs);
      this.#outcome = { ...device, code: null };
    } catch (error) {
      const code = error instanceof Failure ? error.code : "internal-error";
      this.#outcome = { ...device, code };
      throw error;
    } finally {
      this.#outcomes += 1;
      this.#book.end(begun.visit.number);
      this.#changed();
    }
  }

  /** The try is spent; now the worker hears our share, and proves first. */
  async #prove(
    caller: PairingCaller,
    line: PairingLine,
    begun: { readonly visit: PairingVisit; readonly offer: PairingOffer },
    worker: PairingSide,
  ): Promise<void> {
    const { offer } = begun;
    const exchange = new PairingExchange({
      means: offer.means,
      secret: offer.secret,
      workerId: caller.peerId,
      masterId: this.#options.ownId,
      exporter: exporterOf(caller.wire),
    });
    const { reelfarm } = helloMessage(this.#options.hello);
    const { share } = exchange;
    const proofs = exchange.proofs(worker, { share, reelfarm });
    line.say({ reelfarm, pairing: { share } });
    const { proof } = await line.next(workerProofSchema, stepMs);
    if (!isSame(Buffer.from(proof, "hex"), proofs.initiator))
      throw new Failure("pairing-code-wrong", triesText(offer));
    const visit = this.#book.prove(begun.visit, offer, this.nowMs());
    caller.letIn();
    this.#changed();
    if (visit.state === "asking") await this.#ask(visit, line);
    const { deviceId, name, address } = visit;
    await this.#options.letIn({ deviceId, name, address });
    line.say({ proof: Buffer.from(proofs.responder).toString("hex") });
    // The device is let in either way; this only keeps the line until it heard.
    await line.next(workerDoneSchema, stepMs).catch(() => undefined);
  }

  async #ask(visit: PairingVisit, line: PairingLine): Promise<void> {
    line.say({ waiting: true });
    const accepts = await new Promise<boolean>((resolve) => {
      const { answerMs } = this.#limits;
      const stopTimer = this.#timers.after(answerMs, () => resolve(false));
      const decide = (word: boolean): void => {
        stopTimer();
        resolve(word);
      };
      this.#person = decide;
      void line.closed.then(() => decide(false));
    });
    this.#person = null;
    if (!accepts || !this.#book.answer(visit.number))
      throw new Failure("pairing-refused");
    this.#changed();
  }

  #changed(): void {
    this.#options.onChanged?.();
  }
}

function triesText({ triesLeft }: PairingOffer): string {
  if (triesLeft === null) return "";
  if (triesLeft === 0) return "That was the last try; ask for a new code.";
  return triesLeft === 1 ? "One try is left." : `${triesLeft} tries are left.`;
}
