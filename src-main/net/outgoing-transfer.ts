import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { assert } from "../core/assert.ts";
import { Failure, isErrorCode } from "../core/errors.ts";
import {
  digestEveryBytes,
  encodeDataHeader,
  framePayloadMaxBytes,
} from "../protocol/data-frames.ts";
import { windowBytes, windowFrames } from "./link-limits.ts";
import type { SendOptions, TransferResult } from "./peer-link.ts";
import { ProtocolViolation } from "./protocol-violation.ts";

/** A frame on its way; kept until the receiver's consumer took it. */
export interface OutgoingFrame {
  readonly header: Uint8Array;
  readonly payload: Buffer;
  readonly endOffset: number;
  readonly isEnd: boolean;
  /** The socket it went out on; null: not under way. */
  carrier: object | null;
}

/** What the transfer needs of its hub. */
export interface OutgoingEvents {
  /** There may be a frame to send. */
  ready(): void;
  /** The receiver's consumer took so many bytes more. */
  took(bytes: number): void;
  /** How far the link lets it be ahead of the receiver; null: no reason for a bound. */
  aheadBytes(): number | null;
  /** It is over; `code` is told to the receiver, null: it knows. */
  ended(code: string | null): void;
}

interface Settlers {
  readonly resolve: (result: TransferResult) => void;
  readonly reject: (failure: Error) => void;
}

const nothing = Buffer.alloc(0);

/**
 * The sending end of one transfer.
 *
 * unwanted: the receiver has not asked yet, or the link is lost; nothing is read.
 * wanted: frames are read from the source while there is credit, and sent
 *   again when their socket died.
 * over: `result` is settled and the source is destroyed.
 */
export class OutgoingTransfer {
  readonly id: string;
  readonly result: Promise<TransferResult>;
  readonly #source: Readable;
  readonly #options: SendOptions;
  readonly #events: OutgoingEvents;
  readonly #hash = createHash("sha256");
  readonly #unconfirmed: OutgoingFrame[] = [];
  /** Of the unconfirmed, those to send (again), in order. */
  #again: OutgoingFrame[] = [];
  #settle: Settlers | null = null;
  #number: number | null = null;
  #isWanted = false;
  #readBytes = 0;
  #takenBytes = 0;
  #sourceEnded = false;
  /** Of everything; null: the end was not reached yet. */
  #sha256: string | null = null;

  constructor(
    id: string,
    source: Readable,
    options: SendOptions,
    events: OutgoingEvents,
  ) {
    this.id = id;
    this.#source = source;
    this.#options = options;
    this.#events = events;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    source.on("error", (error) => this.#sourceFailed(error));
    source.once("close", () => this.#sourceClosed());
    if (source.errored !== null) this.#sourceFailed(source.errored);
    else if (source.destroyed) this.#sourceClosed();
    const { signal } = options;
    if (signal?.aborted === true) this.#cancel();
    else signal?.addEventListener("abort", this.#cancel, { once: true });
  }

  get number(): number | null {
    return this.#number;
  }

  get isOver(): boolean {
    return this.#settle === null;
  }

  /** The receiver asks, first or after a loss of the link (rule W13). */
  want(number: number, have: number, took: number): void {
    if (this.#number !== null && this.#number !== number)
      throw new ProtocolViolation("W13", "one transfer under two numbers");
    if (have < took || have > this.#readBytes)
      throw new ProtocolViolation("W13", "bytes that were never sent");
    const isFirst = this.#number === null;
    this.#number = number;
    this.#isWanted = true;
    this.took(took);
    this.#again = this.#unconfirmed.filter(
      (frame) => frame.isEnd || frame.endOffset > have,
    );
    for (const frame of this.#again) frame.carrier = null;
    if (isFirst) {
      this.#source.on("readable", () => this.#events.ready());
      this.#source.once("end", () => {
        this.#sourceEnded = true;
        this.#events.ready();
      });
    }
    this.#events.ready();
  }

  took(bytes: number): void {
    if (bytes > this.#readBytes)
      throw new ProtocolViolation("W14", "took more than was sent");
    if (bytes <= this.#takenBytes) return;
    this.#events.took(bytes - this.#takenBytes);
    this.#takenBytes = bytes;
    const first = this.#unconfirmed.findIndex(
      (frame) => frame.isEnd || frame.endOffset > bytes,
    );
    this.#unconfirmed.splice(0, first < 0 ? this.#unconfirmed.length : first);
    this.#options.onProgress?.(bytes);
    this.#events.ready();
  }

  done(bytes: number): void {
    if (this.#sha256 === null || bytes !== this.#readBytes)
      throw new ProtocolViolation("W18", "done before the end");
    const result = { bytes, sha256: this.#sha256 };
    this.took(bytes);
    this.#end((settle) => settle.resolve(result), null);
  }

  /** The receiver does not want it any more. */
  stopped(code: string): void {
    const known = isErrorCode(code) ? code : "transfer-broken";
    this.#fail(new Failure(known, "the receiver stopped"), null);
  }

  /** The link is gone for good. */
  abandon(failure: Failure): void {
    this.#fail(failure, failure.code);
  }

  /** The link is lost for now; the receiver asks again over the next one. */
  pause(): void {
    this.#isWanted = false;
  }

  /** A socket died: what it carried is sent again (the receiver drops repeats). */
  carrierLost(carrier: object): void {
    const lost = this.#unconfirmed.filter((frame) => frame.carrier === carrier);
    if (lost.length === 0) return;
    for (const frame of lost) frame.carrier = null;
    this.#again = this.#unconfirmed.filter((frame) => frame.carrier === null);
    this.#events.ready();
  }

  /** The next frame to send, if there is one now. */
  nextFrame(): OutgoingFrame | null {
    if (!this.#isWanted || this.isOver) return null;
    for (;;) {
      const frame = this.#again.shift();
      if (frame === undefined) return this.#readFrame();
      const isTaken = frame.endOffset <= this.#takenBytes && !frame.isEnd;
      if (!isTaken) return frame;
    }
  }

  /** Reads only what the receiver has room for (rule W14). */
  #readFrame(): OutgoingFrame | null {
    if (this.#sha256 !== null) return null;
    if (this.#unconfirmed.length >= windowFrames) return null;
    if (this.#sourceEnded) return this.#frame(nothing, true);
    const ahead = Math.min(
      windowBytes,
      this.#options.aheadBytes?.() ?? windowBytes,
      this.#events.aheadBytes() ?? windowBytes,
    );
    const room = Math.min(
      framePayloadMaxBytes,
      this.#takenBytes + ahead - this.#readBytes,
      digestEveryBytes - (this.#readBytes % digestEveryBytes),
    );
    if (room <= 0) return null;
    const size = Math.min(room, this.#source.readableLength);
    const payload: unknown = this.#source.read(size);
    if (payload === null) return null;
    assert(Buffer.isBuffer(payload), "a transfer's source gives bytes");
    return this.#frame(payload, false);
  }

  #frame(payload: Buffer, isEnd: boolean): OutgoingFrame {
    const offset = this.#readBytes;
    this.#readBytes += payload.length;
    this.#hash.update(payload);
    const isDue = isEnd || this.#readBytes % digestEveryBytes === 0;
    const digest = isDue ? this.#hash.copy().digest() : null;
    if (isEnd) this.#sha256 = digest?.toString("hex") ?? null;
    const transfer = this.#number ?? 0;
    const frame: OutgoingFrame = {
      header: encodeDataHeader({ transfer, offset, digest, isEnd }),
      payload,
      endOffset: this.#readBytes,
      isEnd,
      carrier: null,
    };
    this.#unconfirmed.push(frame);
    return frame;
  }

  readonly #cancel = (): void => {
    this.#fail(new Failure("cancelled"), "cancelled");
  };

  #sourceFailed(error: Error): void {
    const failure =
      error instanceof Failure
        ? error
        : new Failure("transfer-broken", "the source failed", { cause: error });
    this.#fail(failure, failure.code);
  }

  #sourceClosed(): void {
    if (this.#sourceEnded || this.#source.readableEnded) return;
    this.#sourceFailed(
      new Failure("transfer-broken", "the source was cut off"),
    );
  }

  #fail(failure: Failure, code: string | null): void {
    this.#end((settle) => settle.reject(failure), code);
  }

  #end(settle: (by: Settlers) => void, code: string | null): void {
    const by = this.#settle;
    if (by === null) return;
    this.#settle = null;
    this.#options.signal?.removeEventListener("abort", this.#cancel);
    this.#unconfirmed.length = 0;
    this.#again = [];
    this.#source.destroy();
    this.#events.ended(code);
    settle(by);
  }
}
