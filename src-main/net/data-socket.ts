import type { TLSSocket } from "node:tls";
import type { RawData, WebSocket } from "ws";
import { parseDataHeader } from "../protocol/data-frames.ts";
import type { DataFrameHeader } from "../protocol/data-frames.ts";
import type { Timers } from "./link-limits.ts";
import { isFramingError, ProtocolViolation } from "./protocol-violation.ts";
import type { FrameCarrier } from "./transfer-hub.ts";

export interface DataSocketEvents {
  /** May throw `ProtocolViolation`. */
  frame(header: DataFrameHeader, payload: Buffer): void;
  broken(violation: ProtocolViolation): void;
  /** Once; the socket is of no use any more. */
  closed(): void;
}

/**
 * One data connection. A socket on which neither bytes nor pongs come through
 * for `silentMs` is cut off, though the system would keep it for minutes:
 * what it carried is sent again over another.
 */
export class DataSocket implements FrameCarrier {
  readonly #socket: WebSocket;
  readonly #wire: TLSSocket;
  readonly #events: DataSocketEvents;
  readonly #stopWatch: () => void;
  #queuedBytes = 0;
  #isClosed = false;
  #silentLooks = 0;

  constructor(
    socket: WebSocket,
    wire: TLSSocket,
    events: DataSocketEvents,
    timers: Timers,
    timing: { readonly heartbeatMs: number; readonly silentMs: number },
  ) {
    this.#socket = socket;
    this.#wire = wire;
    this.#events = events;
    socket.binaryType = "fragments";
    socket.on("message", (data, isBinary) => this.#received(data, isBinary));
    socket.on("pong", () => (this.#silentLooks = 0));
    socket.on("error", (error) => {
      if (isFramingError(error))
        events.broken(new ProtocolViolation("W20", "framing"));
      socket.terminate();
    });
    socket.on("close", () => this.#close());
    const looksMax = Math.ceil(timing.silentMs / timing.heartbeatMs);
    this.#stopWatch = timers.every(timing.heartbeatMs, () => {
      this.#silentLooks += 1;
      if (this.#silentLooks > looksMax) this.cut();
      else if (socket.readyState === socket.OPEN) socket.ping();
    });
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  send(header: Uint8Array, payload: Buffer, written: () => void): void {
    const size = header.length + payload.length;
    this.#queuedBytes += size;
    const onWritten = (error?: Error | null): void => {
      this.#queuedBytes -= size;
      if (error !== undefined && error !== null) return;
      this.#silentLooks = 0;
      written();
    };
    // Two fragments of one message: header and payload are never copied together.
    this.#wire.cork();
    if (payload.length === 0)
      this.#socket.send(header, { binary: true, fin: true }, onWritten);
    else {
      this.#socket.send(header, { binary: true, fin: false });
      this.#socket.send(payload, { binary: true, fin: true }, onWritten);
    }
    this.#wire.uncork();
  }

  /** Without goodbye. */
  cut(): void {
    this.#socket.terminate();
    this.#close();
  }

  #received(data: RawData, isBinary: boolean): void {
    if (this.#isClosed) return;
    this.#silentLooks = 0;
    try {
      if (!isBinary) throw new ProtocolViolation("W20", "text on data");
      this.#parse(Array.isArray(data) ? data : [Buffer.from(data as Buffer)]);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.#events.broken(error);
    }
  }

  #parse(fragments: Buffer[]): void {
    const [head = Buffer.alloc(0), body, ...others] = fragments;
    if (body !== undefined && others.length === 0) {
      const parsed = parseDataHeader(head, head.length + body.length);
      if ("header" in parsed && parsed.headerBytes === head.length)
        return this.#events.frame(parsed.header, body);
    }
    // Another program's fragments: allowed, at the price of a copy.
    const whole = fragments.length === 1 ? head : Buffer.concat(fragments);
    const parsed = parseDataHeader(whole);
    if (!("header" in parsed))
      throw new ProtocolViolation("W21", parsed.problem);
    const { header, headerBytes } = parsed;
    this.#events.frame(header, whole.subarray(headerBytes));
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopWatch();
    this.#events.closed();
  }
}
