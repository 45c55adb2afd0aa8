import type { RawData, WebSocket } from "ws";
import { assert } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import type { PeerHello } from "../protocol/hello.ts";
import { linkMessageSchema } from "../protocol/link-messages.ts";
import type { LinkMessage } from "../protocol/link-messages.ts";
import { DataSocket } from "./data-socket.ts";
import {
  controlBacklogMaxBytes,
  controlMaxBytes,
  earlyMessagesMax,
} from "./link-limits.ts";
import type { LinkTiming, Timers } from "./link-limits.ts";
import type { LinkEnd, LinkEndCode, PeerLink, Transfers } from "./peer-link.ts";
import { isFramingError, ProtocolViolation } from "./protocol-violation.ts";
import type { TransferHub } from "./transfer-hub.ts";
import type { TLSSocket } from "node:tls";

export interface ControlLinkParts {
  readonly socket: WebSocket;
  readonly peerId: DeviceId;
  readonly peerHello: PeerHello;
  readonly remoteAddress: string;
  readonly session: string;
  readonly resumed: boolean;
  readonly hub: TransferHub;
  readonly timers: Timers;
  readonly timing: LinkTiming;
}

/** WebSocket close codes of ours (rule W9). */
export const closeCodes = {
  closed: 4000,
  refused: 4001,
  "peer-broken": 4002,
  revoked: 4003,
  superseded: 4004,
  silent: 4005,
} as const;

/** Ends after which transfers may go on over the next link; the others are final. */
const resumableEnds: readonly LinkEndCode[] = ["lost", "silent", "superseded"];

/**
 * A link after the hellos: the control connection, its heartbeats and its data
 * sockets.
 *
 * open: heartbeats flow; silence is counted in our own heartbeats, so that a
 *   machine that slept does not take its sleep for the peer's silence.
 * closed: `closed` is settled; the hub is detached or abandoned.
 */
export class ControlLink implements PeerLink {
  readonly peerId: DeviceId;
  readonly peerHello: PeerHello;
  readonly remoteAddress: string;
  readonly resumed: boolean;
  readonly session: string;
  readonly hub: TransferHub;
  readonly closed: Promise<LinkEnd>;
  readonly #socket: WebSocket;
  readonly #timers: Timers;
  readonly #timing: LinkTiming;
  readonly #stopHeartbeat: () => void;
  readonly #dataSockets = new Set<DataSocket>();
  #settleClosed: ((end: LinkEnd) => void) | null = null;
  #handler: ((message: unknown) => void) | null = null;
  #early: unknown[] = [];
  #silentBeats = 0;
  #roundTripMs: number | null = null;

  constructor(parts: ControlLinkParts) {
    this.#socket = parts.socket;
    this.peerId = parts.peerId;
    this.peerHello = parts.peerHello;
    this.remoteAddress = parts.remoteAddress;
    this.session = parts.session;
    this.resumed = parts.resumed;
    this.hub = parts.hub;
    this.#timers = parts.timers;
    this.#timing = parts.timing;
    this.closed = new Promise((resolve) => (this.#settleClosed = resolve));
    this.#socket.on("message", (data, isBinary) =>
      this.#received(data, isBinary),
    );
    this.#socket.on("error", (error) => {
      if (isFramingError(error)) this.end("peer-broken", "W10: framing");
      else this.#socket.terminate();
    });
    this.#socket.on("close", (code, reason) =>
      this.#end(endOfCode(code), reason.toString("utf8")),
    );
    const { heartbeatMs } = parts.timing;
    this.#stopHeartbeat = parts.timers.every(heartbeatMs, () => this.#beat());
    parts.hub.attach(this.#say);
    this.#beat();
  }

  get transfers(): Transfers {
    return this.hub;
  }

  get isOpen(): boolean {
    return this.#settleClosed !== null;
  }

  get dataSockets(): number {
    return this.#dataSockets.size;
  }

  send(message: unknown): void {
    this.#say({ k: "app", m: message ?? null });
  }

  onMessage(handler: (message: unknown) => void): void {
    this.#handler = handler;
    const early = this.#early;
    this.#early = [];
    for (const message of early) this.#deliver(message);
  }

  roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  close(reason = ""): void {
    this.end("closed", reason);
  }

  /** Closes from this side. */
  end(
    code: Exclude<LinkEndCode, "lost" | "peer-closed">,
    reason: string,
  ): void {
    if (!this.isOpen) return;
    this.#socket.close(closeCodes[code], reason.slice(0, 100));
    const isFinal = !resumableEnds.includes(code);
    // A peer that is silent or broken may never answer the goodbye.
    this.#timers.after(isFinal ? 1_000 : 0, () => this.#socket.terminate());
    this.#end(code, reason);
  }

  /** A data connection of this link. */
  addDataSocket(socket: WebSocket, wire: TLSSocket, closed: () => void): void {
    const carrier: DataSocket = new DataSocket(
      socket,
      wire,
      {
        frame: (header, payload) => this.hub.acceptFrame(header, payload),
        broken: (violation) => this.end("peer-broken", violation.message),
        closed: () => {
          this.#dataSockets.delete(carrier);
          this.hub.removeCarrier(carrier);
          closed();
        },
      },
      this.#timers,
      this.#timing,
    );
    this.#dataSockets.add(carrier);
    if (this.isOpen) this.hub.addCarrier(carrier);
    else carrier.cut();
  }

  /** Closes the youngest data socket; what it carried goes over the others. */
  dropDataSocket(): void {
    [...this.#dataSockets].at(-1)?.cut();
  }

  readonly #say = (message: LinkMessage): void => {
    if (!this.isOpen) return;
    const text = JSON.stringify(message);
    assert(text.length <= controlMaxBytes, "control messages are small");
    this.#socket.send(text);
    if (this.#socket.bufferedAmount > controlBacklogMaxBytes)
      this.end("silent", "the other side does not read");
  };

  #beat(): void {
    const looksMax = Math.ceil(
      this.#timing.silentMs / this.#timing.heartbeatMs,
    );
    this.#silentBeats += 1;
    if (this.#silentBeats > looksMax) this.end("silent", "no sign of life");
    else this.#say({ k: "ping", at: Math.round(this.#timers.now() * 1000) });
  }

  /** Hostile bytes end the link, never the process. */
  #received(data: RawData, isBinary: boolean): void {
    if (!this.isOpen) return;
    this.#silentBeats = 0;
    try {
      this.#accept(parseLinkMessage(data, isBinary));
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      this.end("peer-broken", error.message);
    }
  }

  #accept(message: LinkMessage): void {
    switch (message.k) {
      case "ping":
        return this.#say({ k: "pong", at: message.at });
      case "pong":
        this.#roundTripMs = Math.max(0, this.#timers.now() - message.at / 1000);
        return;
      case "app":
        return this.#deliver(message.m);
      case "want":
      case "took":
      case "done":
      case "stop":
      case "fail":
        return this.hub.acceptMessage(message);
    }
  }

  #deliver(message: unknown): void {
    if (this.#handler === null) {
      this.#early.push(message);
      if (this.#early.length > earlyMessagesMax)
        this.end("peer-broken", "W17: too many messages");
      return;
    }
    try {
      this.#handler(message);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.end("peer-broken", error.code);
    }
  }

  #end(code: LinkEndCode, reason: string): void {
    const settle = this.#settleClosed;
    if (settle === null) return;
    this.#settleClosed = null;
    this.#stopHeartbeat();
    if (resumableEnds.includes(code)) this.hub.detach(this.#say);
    else if (this.hub.isAttachedTo(this.#say))
      this.hub.abandon(new Failure("transfer-broken", `link ${code}`));
    for (const carrier of [...this.#dataSockets]) carrier.cut();
    settle({ code, reason });
  }
}

function parseLinkMessage(data: RawData, isBinary: boolean): LinkMessage {
  if (isBinary) throw new ProtocolViolation("W10", "binary on control");
  const parsed = linkMessageSchema.safeParse(parseJson(data));
  if (!parsed.success)
    throw new ProtocolViolation("W10", "not a message of this protocol");
  return parsed.data;
}

export function parseJson(data: RawData): unknown {
  try {
    return JSON.parse(String(data));
  } catch {
    return undefined;
  }
}

function endOfCode(code: number): LinkEndCode {
  switch (code) {
    case closeCodes.closed:
      return "peer-closed";
    case closeCodes.revoked:
      return "revoked";
    case closeCodes.superseded:
      return "superseded";
    case closeCodes["peer-broken"]:
      return "peer-broken";
    default:
      return "lost";
  }
}
