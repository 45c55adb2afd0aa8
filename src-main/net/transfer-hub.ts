import type { Readable } from "node:stream";
import { assert } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import { FlightWindow } from "../core/flight-window.ts";
import type { DataFrameHeader } from "../protocol/data-frames.ts";
import type { TransferMessage } from "../protocol/link-messages.ts";
import { openFileSource } from "./file-source.ts";
import { IncomingTransfer } from "./incoming-transfer.ts";
import {
  endedTransfersKept,
  openTransfersMax,
  socketQueueMaxBytes,
} from "./link-limits.ts";
import type { Timers } from "./link-limits.ts";
import { OutgoingTransfer } from "./outgoing-transfer.ts";
import type {
  ReceiveOptions,
  SendFileOptions,
  SendOptions,
  TransferResult,
  Transfers,
} from "./peer-link.ts";
import { ProtocolViolation } from "./protocol-violation.ts";

/** What carries frames: one data socket. */
export interface FrameCarrier {
  readonly queuedBytes: number;
  /** `written` is called when the bytes left the process; not when the socket dies. */
  send(header: Uint8Array, payload: Buffer, written: () => void): void;
}

type Want = Extract<TransferMessage, { k: "want" }>;

/**
 * All transfers with one device. It outlives links:
 *
 * attached: a control connection is there; data sockets come and go.
 * detached: the link is lost; nothing is sent, and after the grace the hub is
 *   abandoned.
 * abandoned: everything failed, and every new transfer fails at once.
 */
export class TransferHub implements Transfers {
  readonly #timers: Timers;
  readonly #graceMs: number;
  readonly #outgoing = new Map<string, OutgoingTransfer>();
  readonly #outgoingByNumber = new Map<number, OutgoingTransfer>();
  /** Wants that came before the sender's own call, by id. */
  readonly #earlyWants = new Map<string, Want>();
  readonly #incoming = new Map<number, IncomingTransfer>();
  /** Last words about ended incoming transfers, said again over the next link. */
  readonly #lastWords = new Map<number, TransferMessage>();
  /** Names whose other end gave up before ours was there, with the code. */
  readonly #failedSends = new Map<string, string>();
  readonly #stoppedWants = new Map<string, string>();
  readonly #carriers = new Set<FrameCarrier>();
  readonly #flight = new FlightWindow();
  /** Transfers that may have a frame; the first has the next turn. */
  readonly #turns = new Set<OutgoingTransfer>();
  #say: ((message: TransferMessage) => void) | null = null;
  #stopGrace: (() => void) | null = null;
  #abandoned: Failure | null = null;
  #lastNumber = 0;
  #isPumping = false;
  #networkWasFull = false;
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(timers: Timers, graceMs: number) {
    this.#timers = timers;
    this.#graceMs = graceMs;
  }

  send(
    id: string,
    source: Readable,
    options: SendOptions = {},
  ): Promise<TransferResult> {
    assert(!this.#outgoing.has(id), `transfer ${id} is sent twice`);
    const refusal = this.#refusalToSend(id);
    if (refusal !== null) {
      source.on("error", () => undefined).destroy();
      return Promise.reject(refusal);
    }
    const transfer: OutgoingTransfer = new OutgoingTransfer(
      id,
      source,
      options,
      {
        ready: () => this.#giveTurn(transfer),
        took: (bytes) => this.#flight.took(transfer, bytes, this.#timers.now()),
        aheadBytes: () => this.#flight.eachBytes,
        ended: (code) => this.#outgoingEnded(id, code),
      },
    );
    // The constructor may have ended it at once (aborted signal, dead source).
    if (transfer.isOver) return transfer.result;
    this.#outgoing.set(id, transfer);
    const want = this.#earlyWants.get(id);
    this.#earlyWants.delete(id);
    if (want !== undefined) this.#bind(transfer, want);
    return transfer.result;
  }

  async sendFile(
    id: string,
    path: string,
    options: SendFileOptions = {},
  ): Promise<TransferResult> {
    const source = openFileSource(path, options.from ?? 0, options.follow);
    return await this.send(id, source, options);
  }

  receive(id: string, options: ReceiveOptions): Readable {
    const number = (this.#lastNumber += 1);
    const transfer = new IncomingTransfer(id, number, options, (message) =>
      this.#tellSender(message),
    );
    if (this.#abandoned !== null) transfer.abandon(this.#abandoned);
    else if (this.#incoming.size >= openTransfersMax)
      transfer.abandon(new Failure("limit-exceeded", "open transfers"));
    if (transfer.stream.destroyed) return transfer.stream;
    this.#incoming.set(number, transfer);
    this.#say?.(transfer.want());
    return transfer.stream;
  }

  bytesSent(): number {
    return this.#bytesSent;
  }

  bytesReceived(): number {
    return this.#bytesReceived;
  }

  get isAbandoned(): boolean {
    return this.#abandoned !== null;
  }

  /** Whether bytes waited for the network since the last call. */
  takeWaiting(): boolean {
    const waited = this.#networkWasFull;
    this.#networkWasFull = false;
    return waited || [...this.#incoming.values()].some((one) => one.isHungry);
  }

  /** A link is there: everything open is asked for again (rule W13). */
  attach(say: (message: TransferMessage) => void): void {
    this.#stopGrace?.();
    this.#stopGrace = null;
    this.#say = say;
    for (const words of this.#lastWords.values()) say(words);
    for (const transfer of this.#incoming.values()) say(transfer.want());
  }

  /**
   * The link that attached with `say` is lost (a younger one's is not touched).
   * Its data sockets are removed by their owner.
   */
  detach(say: (message: TransferMessage) => void): void {
    if (this.#say !== say) return;
    this.#say = null;
    for (const transfer of this.#outgoing.values()) transfer.pause();
    this.#stopGrace = this.#timers.after(this.#graceMs, () =>
      this.abandon(new Failure("transfer-broken", "the link was lost")),
    );
  }

  /** Whether it is this link that the transfers use. */
  isAttachedTo(say: (message: TransferMessage) => void): boolean {
    return this.#say === say;
  }

  /** For good: everything open fails. */
  abandon(failure: Failure): void {
    if (this.#abandoned !== null) return;
    this.#abandoned = failure;
    this.#stopGrace?.();
    this.#say = null;
    for (const transfer of [...this.#outgoing.values()])
      transfer.abandon(failure);
    for (const transfer of [...this.#incoming.values()])
      transfer.abandon(failure);
  }

  addCarrier(carrier: FrameCarrier): void {
    this.#carriers.add(carrier);
    this.#pump();
  }

  removeCarrier(carrier: FrameCarrier): void {
    this.#carriers.delete(carrier);
    for (const transfer of this.#outgoing.values())
      transfer.carrierLost(carrier);
  }

  /** One frame from any data socket. Throws `ProtocolViolation`. */
  acceptFrame(header: DataFrameHeader, payload: Buffer): void {
    this.#bytesReceived += payload.length;
    const { transfer } = header;
    if (transfer === 0 || transfer > this.#lastNumber)
      throw new ProtocolViolation("W12", "a number never given out");
    this.#incoming.get(transfer)?.accept(header, payload);
  }

  /** One message about transfers. Throws `ProtocolViolation`. */
  acceptMessage(message: TransferMessage): void {
    switch (message.k) {
      case "want":
        return this.#wanted(message);
      case "took":
        return this.#outgoingByNumber.get(message.n)?.took(message.took);
      case "done":
        return this.#outgoingByNumber.get(message.n)?.done(message.took);
      case "stop":
        return this.#stopped(message.n, message.code);
      case "fail":
        return this.#incoming.get(message.n)?.fail(message.code);
    }
  }

  #wanted(want: Want): void {
    const known =
      this.#outgoingByNumber.get(want.n) ?? this.#outgoing.get(want.id);
    if (known !== undefined) {
      if (known.id !== want.id)
        throw new ProtocolViolation("W12", "one number for two transfers");
      return this.#bind(known, want);
    }
    const code = this.#failedSends.get(want.id);
    if (code !== undefined) {
      this.#failedSends.delete(want.id);
      this.#say?.({ k: "fail", n: want.n, code });
      return;
    }
    if (this.#earlyWants.size >= openTransfersMax)
      throw new ProtocolViolation("W17", "too many wants");
    this.#earlyWants.set(want.id, want);
  }

  #bind(transfer: OutgoingTransfer, want: Want): void {
    this.#outgoingByNumber.set(want.n, transfer);
    transfer.want(want.n, want.have, want.took);
  }

  #stopped(number: number, code: string): void {
    const transfer = this.#outgoingByNumber.get(number);
    if (transfer !== undefined) return transfer.stopped(code);
    for (const [id, want] of this.#earlyWants) {
      if (want.n !== number) continue;
      this.#earlyWants.delete(id);
      remember(this.#stoppedWants, id, code);
    }
  }

  #refusalToSend(id: string): Failure | null {
    if (this.#abandoned !== null) return this.#abandoned;
    if (this.#outgoing.size >= openTransfersMax)
      return new Failure("limit-exceeded", "open transfers");
    if (!this.#stoppedWants.delete(id)) return null;
    return new Failure("cancelled", "the receiver stopped");
  }

  #outgoingEnded(id: string, code: string | null): void {
    const transfer = this.#outgoing.get(id);
    const number = transfer?.number ?? null;
    if (transfer !== undefined) this.#turns.delete(transfer);
    this.#outgoing.delete(id);
    if (number !== null) this.#outgoingByNumber.delete(number);
    if (code === null) return;
    if (number !== null && this.#say !== null)
      this.#say({ k: "fail", n: number, code });
    else this.#failBeforeWant(id, code);
  }

  /** The receiver asks later, or its question is here already. */
  #failBeforeWant(id: string, code: string): void {
    const want = this.#earlyWants.get(id);
    this.#earlyWants.delete(id);
    if (want !== undefined) this.#say?.({ k: "fail", n: want.n, code });
    else remember(this.#failedSends, id, code);
  }

  #tellSender(message: TransferMessage): void {
    if (message.k === "done" || message.k === "stop") {
      this.#incoming.delete(message.n);
      remember(this.#lastWords, message.n, message);
    }
    this.#say?.(message);
  }

  #giveTurn(transfer: OutgoingTransfer): void {
    if (transfer.isOver) return;
    this.#turns.add(transfer);
    this.#pump();
  }

  /** Fills the sockets, one frame of each transfer in turn. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#sendOne());
    } finally {
      this.#isPumping = false;
    }
  }

  #sendOne(): boolean {
    const [transfer] = this.#turns;
    if (transfer === undefined) return false;
    const carrier = this.#emptiestCarrier();
    if (carrier === null) {
      this.#networkWasFull = true;
      return false;
    }
    this.#turns.delete(transfer);
    const frame = transfer.nextFrame();
    if (frame === null) return true;
    this.#turns.add(transfer);
    frame.carrier = carrier;
    this.#bytesSent += frame.payload.length;
    carrier.send(frame.header, frame.payload, () => this.#pump());
    return true;
  }

  #emptiestCarrier(): FrameCarrier | null {
    let best: FrameCarrier | null = null;
    for (const carrier of this.#carriers)
      if (best === null || carrier.queuedBytes < best.queuedBytes)
        best = carrier;
    return best !== null && best.queuedBytes < socketQueueMaxBytes
      ? best
      : null;
  }
}

/** Adds to a bounded memory; the oldest entry is forgotten. */
function remember<Key, Value>(
  memory: Map<Key, Value>,
  key: Key,
  value: Value,
): void {
  memory.delete(key);
  memory.set(key, value);
  if (memory.size <= endedTransfersKept) return;
  for (const oldest of memory.keys()) {
    memory.delete(oldest);
    return;
  }
}
