import type { RawData, WebSocket } from "ws";
import { Failure, isErrorCode } from "../../core/errors.ts";
import { refusalSchema } from "../../protocol/link-messages.ts";
import { pairingMessageMaxBytes } from "../../protocol/pairing-messages.ts";
import type { Timers } from "../link-limits.ts";

/** Either side speaks in turn, so one early message is already one too many. */
const earlyMessagesMax = 2;

/** The form a message must have. */
interface MessageForm<Message> {
  safeParse(
    message: unknown,
  ):
    | { readonly success: true; readonly data: Message }
    | { readonly success: false };
}

/** A WebSocket read message by message. Closed by whoever holds it, in the end. */
export class PairingLine {
  /** Settles when the connection is over, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #timers: Timers;
  readonly #early: unknown[] = [];
  #waiting: ((message: unknown) => void) | null = null;
  #isClosed = false;

  constructor(socket: WebSocket, timers: Timers) {
    this.#socket = socket;
    this.#timers = timers;
    socket.on("error", () => socket.terminate());
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    this.closed = new Promise((resolve) =>
      socket.once("close", () => {
        this.#isClosed = true;
        this.#deliver(undefined);
        resolve();
      }),
    );
  }

  /**
   * The next message. Failures: `peer-broken` (none in time, closed, not of
   * this form), or the code of a refusal in its place.
   */
  async next<Message>(
    schema: MessageForm<Message>,
    withinMs: number,
  ): Promise<Message> {
    const message = await this.#nextMessage(withinMs);
    const refusal = refusalSchema.safeParse(message);
    if (refusal.success) {
      const { code, detail } = refusal.data.refused;
      throw new Failure(isErrorCode(code) ? code : "peer-broken", detail);
    }
    const parsed = schema.safeParse(message);
    if (!parsed.success)
      throw new Failure(
        "peer-broken",
        message === undefined ? "it went away" : "P3: not what comes now",
      );
    return parsed.data;
  }

  say(message: object): void {
    if (!this.#isClosed) this.#socket.send(JSON.stringify(message));
  }

  /** Sends what was said, then ends; a side that does not answer is cut off. */
  close(): void {
    if (this.#isClosed) return;
    this.#socket.close(1000);
    this.#timers.after(1_000, () => this.#socket.terminate());
  }

  #nextMessage(withinMs: number): Promise<unknown> {
    if (this.#early.length > 0) return Promise.resolve(this.#early.shift());
    if (this.#isClosed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const stopTimer = this.#timers.after(withinMs, () =>
        this.#deliver(undefined),
      );
      this.#waiting = (message) => {
        stopTimer();
        resolve(message);
      };
    });
  }

  #receive(data: RawData, isBinary: boolean): void {
    const message = isBinary ? null : parse(data);
    if (this.#waiting !== null) this.#deliver(message);
    else if (this.#early.length < earlyMessagesMax) this.#early.push(message);
    else this.#socket.terminate();
  }

  #deliver(message: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(message);
  }
}

/** Null stands for what is no JSON; undefined never comes from the wire. */
function parse(data: RawData): unknown {
  const text = String(data);
  if (text.length > pairingMessageMaxBytes) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
