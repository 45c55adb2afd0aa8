/** All faces on the lines of one listener, once they are let in. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { UiServerFrame } from "../protocol/ui-contract.ts";
import { uiProtocol } from "./admission.ts";
import type { UiHost } from "./ui-host.ts";
import { UiSession, closeCodes } from "./ui-session.ts";

/** 10,000 sources with long paths fit; nothing else comes near. */
const maxRequestBytes = 8 * 1024 * 1024;
/** A face that does not answer a ping until the next one is gone. */
const pingIntervalMs = 30_000;
/** For faces to see the close; then their lines are cut. */
const closeGraceMs = 500;

export interface FacesOptions {
  readonly host: UiHost;
  /** Windows, tabs and scripts; each may hold a megabyte or more of ours. */
  readonly maxFaces: number;
  /** Told of mistakes of our own while answering. */
  readonly onBug: (error: unknown) => void;
}

/** The host is listened to once for all of them. */
export class Faces {
  readonly #options: FacesOptions;
  readonly #sessions = new Set<UiSession>();
  readonly #sockets: WebSocketServer;
  readonly #unsubscribe: () => void;
  readonly #pinging: NodeJS.Timeout;

  constructor(options: FacesOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: maxRequestBytes,
      handleProtocols: (offered) =>
        offered.has(uiProtocol) ? uiProtocol : false,
    });
    this.#unsubscribe = options.host.subscribe((change) => {
      const frame: UiServerFrame = { kind: "change", change };
      const text = JSON.stringify(frame);
      for (const session of this.#sessions) session.push(text);
    });
    this.#pinging = setInterval(() => {
      for (const session of this.#sessions) session.ping();
    }, pingIntervalMs);
    this.#pinging.unref();
  }

  /** Takes over the line of a face that was let in. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#sessions.size >= this.#options.maxFaces)
      return refuseUpgrade(socket, 503, "too many faces");
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { host, onBug } = this.#options;
      const session = new UiSession({ socket: webSocket, host, onBug });
      this.#sessions.add(session);
      webSocket.once("close", () => this.#sessions.delete(session));
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#pinging);
    this.#unsubscribe();
    const sockets = [...this.#sockets.clients];
    const gone = sockets.map(
      (socket) => new Promise((resolve) => socket.once("close", resolve)),
    );
    for (const socket of sockets) socket.close(closeCodes.goingAway);
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.terminate();
    }, closeGraceMs);
    await Promise.all(gone);
    clearTimeout(timer);
  }
}

/** Answers an upgrade that is not carried out. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  reason: string,
): void {
  socket.end(
    `HTTP/1.1 ${String(status)} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
