import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { EventEmitter } from "node:events";
import { isSameSubnet, parseIp } from "../../core/discovery/ip-address.ts";
import { codeOf } from "../system-error.ts";
import type { LanInterface } from "./mdns-port.ts";

export const mdnsPortNumber = 5353;
const mdnsGroup = "224.0.0.251";
/** A packet that was routed has less (RFC 6762, section 11). */
const mdnsTtl = 255;

type SendDone = (error?: Error | null) => void;

/**
 * The socket that multicast-dns is given in place of its own, because of what
 * that library (7.2.5) does with sockets:
 *
 * - It emits `error` on itself for EADDRINUSE and EACCES, which nobody above it
 *   can listen to: the process would end. Here errors become `trouble` events.
 * - With its option `interface` it binds to that address, and Linux then
 *   delivers no multicast at all.
 * - Linux gives every socket on the port the packets of all interfaces, and
 *   routed ones: only those from this interface's network are passed on
 *   (RFC 6762, section 11).
 * - A packet that makes it throw would end the process, too.
 *
 * It has the members of a dgram socket that the library calls once it is told
 * not to bind.
 */
export class LanSocket extends EventEmitter {
  readonly #socket: Socket;
  readonly #lan: LanInterface;
  #isClosed = false;

  private constructor(socket: Socket, lan: LanInterface) {
    super();
    this.#socket = socket;
    this.#lan = lan;
    socket.on("message", (message, sender) => this.#receive(message, sender));
    socket.on("error", (error) => this.#tell(error));
  }

  /** Rejects with the system's error when the port or the group cannot be had. */
  static async open(lan: LanInterface): Promise<LanSocket> {
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.bind({ port: mdnsPortNumber, exclusive: true }, () => {
          socket.removeListener("error", reject);
          resolve();
        });
      });
      socket.addMembership(mdnsGroup, lan.address);
      socket.setMulticastInterface(lan.address);
      socket.setMulticastTTL(mdnsTtl);
      socket.setMulticastLoopback(true);
    } catch (error) {
      socket.on("error", () => undefined);
      socket.close();
      throw error;
    }
    return new LanSocket(socket, lan);
  }

  /** As multicast-dns calls it: a part of a buffer, where to, and whom to tell. */
  send(
    message: Buffer,
    offset: number,
    length: number,
    port: number,
    host: string,
    done: SendDone,
  ): void {
    if (this.#isClosed) return done();
    try {
      this.#socket.send(message, offset, length, port, host, (error) => {
        if (error) this.#tell(error);
        // The library has nobody to tell and would throw; we were told.
        done();
      });
    } catch (error) {
      this.#tell(error);
      done();
    }
  }

  dropMembership(): void {
    // Closing does it.
  }

  close(done: () => void): void {
    if (this.#isClosed) return done();
    this.#isClosed = true;
    this.#socket.close(done);
  }

  #receive(message: Buffer, sender: RemoteInfo): void {
    if (this.#isClosed || !this.#isNear(sender.address)) return;
    try {
      this.emit("message", message, sender);
    } catch (error) {
      this.#tell(error);
    }
  }

  #isNear(address: string): boolean {
    const [theirs, own] = [parseIp(address), parseIp(this.#lan.address)];
    return (
      theirs !== null &&
      own !== null &&
      isSameSubnet(theirs, own, this.#lan.prefixBits)
    );
  }

  #tell(error: unknown): void {
    if (!this.#isClosed) this.emit("trouble", codeOf(error));
  }
}
