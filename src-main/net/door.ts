import type { Socket } from "node:net";
import type { ErrorCode } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import type { DoorLimits } from "./link-limits.ts";

/** A peer that was turned away. */
export interface Refused {
  readonly address: string;
  /** Null: it proved no device. */
  readonly peerId: DeviceId | null;
  readonly code: ErrorCode;
}

/**
 * Keeps count of who is at the port. A connection is a stranger from its first
 * packet until `letIn`; strangers have little time and few places per address,
 * so that nobody on the network can fill the house from the porch.
 */
export class Door {
  readonly #limits: DoorLimits;
  readonly #onRefused: ((refused: Refused) => void) | undefined;
  readonly #all = new Set<Socket>();
  readonly #strangers = new Map<string, number>();
  /** By a connection's own ports: a TLS socket and the TCP socket below it share them. */
  readonly #welcome = new Map<string, () => void>();
  readonly #refusals = new Map<string, number>();

  constructor(limits: DoorLimits, onRefused?: (refused: Refused) => void) {
    this.#limits = limits;
    this.#onRefused = onRefused;
  }

  /** A TCP connection. */
  knock(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    const address = socket.remoteAddress ?? "";
    const waiting = this.#strangers.get(address) ?? 0;
    const isFull =
      waiting >= this.#limits.strangersPerAddress ||
      this.#all.size >= this.#limits.connections;
    if (isFull) {
      this.refuse(address, null, "limit-exceeded");
      socket.destroy();
      return;
    }
    this.#all.add(socket);
    this.#strangers.set(address, waiting + 1);
    const ends = endsOf(socket);
    const timer = setTimeout(() => socket.destroy(), this.#limits.handshakeMs);
    const noStranger = (): void => {
      if (!this.#welcome.delete(ends)) return;
      clearTimeout(timer);
      const left = (this.#strangers.get(address) ?? 1) - 1;
      if (left > 0) this.#strangers.set(address, left);
      else this.#strangers.delete(address);
    };
    this.#welcome.set(ends, noStranger);
    socket.once("close", () => {
      this.#all.delete(socket);
      noStranger();
    });
  }

  /** It proved who it is and said what it wants: it may stay. */
  letIn(socket: Socket): void {
    this.#welcome.get(endsOf(socket))?.();
  }

  refuse(address: string, peerId: DeviceId | null, code: ErrorCode): void {
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
    this.#onRefused?.({ address, peerId, code });
  }

  refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refusals);
  }

  /** Ends every connection a moment later, when goodbyes are out. */
  close(): void {
    setTimeout(() => {
      for (const socket of this.#all) socket.destroy();
    }, 50);
  }
}

function endsOf(socket: Socket): string {
  return `${socket.remoteAddress}|${socket.remotePort}|${socket.localPort}`;
}
