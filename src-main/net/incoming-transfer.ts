import { createHash, timingSafeEqual } from "node:crypto";
import { Readable } from "node:stream";
import { Failure, isErrorCode } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { DataFrameHeader } from "../protocol/data-frames.ts";
import type { TransferMessage } from "../protocol/link-messages.ts";
import {
  confirmEveryBytes,
  confirmEveryFrames,
  confirmLeastBytes,
  windowBytes,
  windowFrames,
} from "./link-limits.ts";
import type { ReceiveOptions } from "./peer-link.ts";
import { ProtocolViolation } from "./protocol-violation.ts";

interface Piece {
  readonly header: DataFrameHeader;
  readonly payload: Buffer;
}

/**
 * The receiving end of one transfer.
 *
 * open: frames arrive in any order, once or more often; those that continue
 *   what is here are queued, the others wait in `#ahead`. The consumer takes
 *   them one by one; only then is the sender given new credit.
 * ended: done, stopped by the consumer or failed; later frames are ignored by
 *   the hub.
 */
export class IncomingTransfer {
  readonly id: string;
  readonly number: number;
  readonly stream: Readable;
  readonly #maxBytes: number;
  readonly #tell: (message: TransferMessage) => void;
  readonly #hash = createHash("sha256");
  /** Contiguous pieces not yet handed to the stream. */
  readonly #queue: Piece[] = [];
  /** Pieces beyond a gap, by offset. */
  readonly #ahead = new Map<number, Piece>();
  #arrivedBytes = 0;
  #pushedBytes = 0;
  #takenBytes = 0;
  #confirmedBytes = 0;
  #unconfirmedFrames = 0;
  #endArrived = false;
  #endPushed = false;
  #isHungry = false;
  #isOver = false;
  /** Why the stream was destroyed by us; null: by the consumer. */
  #verdict: ErrorCode | null = null;

  /** `tell` sends to the sender; a `done` or `stop` it is given is the last. */
  constructor(
    id: string,
    number: number,
    options: ReceiveOptions,
    tell: (message: TransferMessage) => void,
  ) {
    this.id = id;
    this.number = number;
    this.#maxBytes = options.maxBytes;
    this.#tell = tell;
    const { signal } = options;
    const cancel = (): void => this.#destroy("cancelled", "");
    this.stream = new Readable({
      highWaterMark: 1, // One piece ahead of the consumer; the rest is ours.
      read: () => this.#handOut(),
      destroy: (error, callback) => {
        signal?.removeEventListener("abort", cancel);
        this.#close(error);
        callback(error);
      },
    });
    if (signal?.aborted === true) cancel();
    else signal?.addEventListener("abort", cancel, { once: true });
  }

  /** Whether the consumer waits for bytes. */
  get isHungry(): boolean {
    return this.#isHungry && !this.#isOver;
  }

  /** Asks for the transfer, first and after every loss of the link (rule W13). */
  want(): TransferMessage {
    this.#confirmedBytes = this.#takenBytes;
    return {
      k: "want",
      n: this.number,
      id: this.id,
      have: this.#arrivedBytes,
      took: this.#takenBytes,
    };
  }

  /** One frame. Throws `ProtocolViolation`. */
  accept(header: DataFrameHeader, payload: Buffer): void {
    if (this.#isOver) return;
    const end = header.offset + payload.length;
    if (end > this.#confirmedBytes + windowBytes)
      throw new ProtocolViolation("W14", "data beyond the window");
    if (this.#queue.length + this.#ahead.size >= windowFrames)
      throw new ProtocolViolation("W15", "too many frames in the window");
    if (end > this.#maxBytes) {
      this.#destroy("limit-exceeded", `more than ${this.#maxBytes} bytes`);
      return;
    }
    const isRepeat =
      end < this.#arrivedBytes ||
      (end === this.#arrivedBytes && (payload.length > 0 || this.#endArrived));
    if (isRepeat) return;
    if (header.offset < this.#arrivedBytes || this.#endArrived)
      throw new ProtocolViolation("W16", "frames overlap");
    if (!this.#ahead.has(header.offset))
      this.#ahead.set(header.offset, { header, payload });
    this.#advance();
  }

  /** The sender gave up. */
  fail(code: string): void {
    const known = isErrorCode(code) ? code : "transfer-broken";
    this.#destroy(known, "the sender stopped");
  }

  /** The link is gone for good. */
  abandon(failure: Failure): void {
    this.#destroy(failure.code, failure.detail);
  }

  #advance(): void {
    for (;;) {
      const piece = this.#ahead.get(this.#arrivedBytes);
      if (piece === undefined) break;
      this.#ahead.delete(this.#arrivedBytes);
      this.#queue.push(piece);
      this.#arrivedBytes += piece.payload.length;
      if (piece.header.isEnd) this.#endArrived = true;
      if (this.#endArrived && this.#ahead.size > 0)
        throw new ProtocolViolation("W16", "data after the end");
    }
    if (this.#isHungry) this.#handOut();
  }

  /** The stream asks for more: so the consumer took everything handed out before. */
  #handOut(): void {
    if (this.#isOver) return;
    this.#takenBytes = this.#pushedBytes;
    if (this.#endPushed) {
      this.#finish();
      return;
    }
    this.#confirm();
    const piece = this.#queue.shift();
    this.#isHungry = piece === undefined;
    if (piece === undefined) return;
    const { header, payload } = piece;
    if (!this.#verify(header, payload)) {
      this.#destroy("transfer-corrupt", `before byte ${this.#arrivedBytes}`);
      return;
    }
    this.#unconfirmedFrames += 1;
    this.#pushedBytes += payload.length;
    this.#endPushed = header.isEnd;
    if (payload.length > 0) this.stream.push(payload);
    else this.#finish();
  }

  /** The digest covers everything from the start, so each chunk and the whole at the end. */
  #verify(header: DataFrameHeader, payload: Buffer): boolean {
    this.#hash.update(payload);
    if (header.digest === null) return true;
    return timingSafeEqual(this.#hash.copy().digest(), header.digest);
  }

  #confirm(): void {
    const taken = this.#takenBytes - this.#confirmedBytes;
    const isDue =
      taken >= confirmEveryBytes ||
      this.#unconfirmedFrames >= confirmEveryFrames ||
      (taken >= confirmLeastBytes && this.#queue.length <= 1);
    if (!isDue) return;
    this.#confirmedBytes = this.#takenBytes;
    this.#unconfirmedFrames = 0;
    this.#tell({ k: "took", n: this.number, took: this.#takenBytes });
  }

  #finish(): void {
    this.#isOver = true;
    this.#tell({ k: "done", n: this.number, took: this.#takenBytes });
    this.stream.push(null);
  }

  #destroy(code: ErrorCode, detail: string): void {
    if (this.#isOver) return;
    this.#verdict = code;
    this.stream.destroy(new Failure(code, detail));
  }

  #close(error: Error | null): void {
    this.#queue.length = 0;
    this.#ahead.clear();
    if (this.#isOver) return;
    this.#isOver = true;
    const code =
      this.#verdict ?? (error instanceof Failure ? error.code : "cancelled");
    this.#tell({ k: "stop", n: this.number, code });
  }
}
