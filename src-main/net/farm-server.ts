import { randomBytes } from "node:crypto";
import { createServer } from "node:https";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { Failure } from "../core/errors.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import {
  commonVersion,
  helloMessage,
  helloSchema,
  ownProtocol,
} from "../protocol/hello.ts";
import type { Hello, LocalHello } from "../protocol/hello.ts";
import { closeCodes, ControlLink, parseJson } from "./control-link.ts";
import { Door } from "./door.ts";
import type { Refused } from "./door.ts";
import type { Identity } from "./identity.ts";
import {
  dataSocketsMax,
  defaultDoorLimits,
  defaultLinkTiming,
  systemTimers,
} from "./link-limits.ts";
import type { DoorLimits, LinkTiming, Timers } from "./link-limits.ts";
import type { WorkerLink } from "./peer-link.ts";
import type { PairingCaller } from "./pairing/pairing-desk.ts";
import { provenDevice, serverTlsOptions } from "./secure-socket.ts";
import { TransferHub } from "./transfer-hub.ts";
import {
  controlPath,
  controlSocketOptions,
  dataPath,
  dataSocketOptions,
  pairPath,
  pairSocketOptions,
  sessionHeader,
} from "./web-socket.ts";

export interface FarmServerOptions {
  readonly identity: Identity;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Asked at the TLS handshake and again at every upgrade. */
  readonly isAllowed: (id: DeviceId) => boolean;
  readonly hello: LocalHello;
  /** A worker said hello; `resumed` tells whether its transfers go on. */
  readonly onWorker: (link: WorkerLink) => void;
  readonly onRefused?: (refused: Refused) => void;
  /** Receives strangers on `/pair` while it is open; without it nobody is paired. */
  readonly pairing?: PairingPorch;
  /** An allowed device of a version this one has no language in common with. */
  readonly onOutdated?: (peer: OutdatedPeer) => void;
  readonly timing?: Partial<LinkTiming>;
  readonly limits?: Partial<DoorLimits>;
  readonly timers?: Timers;
}

/** What the server asks of a `PairingDesk`. */
export interface PairingPorch {
  readonly isOpen: boolean;
  receive(caller: PairingCaller): Promise<void>;
}

/** What a peer's hello says of itself when nothing more can be said to it. */
export interface OutdatedPeer {
  readonly peerId: DeviceId;
  readonly name: string;
  readonly appVersion: string;
  /** The highest protocol version it speaks. */
  readonly highest: number;
}

export interface FarmServer {
  readonly port: number;
  /** Peers refused since the start, by code. */
  readonly refusals: () => Readonly<Record<string, number>>;
  /** Ends a device's link and transfers for good (it is not allowed any more). */
  disconnect(id: DeviceId): void;
  /** Ends every link and stops listening. */
  close(): Promise<void>;
}

/**
 * Listens for workers. Failure `address-in-use` when the port is taken.
 * Nothing a peer does throws here: it is refused, counted, and life goes on.
 */
export async function startFarmServer(
  options: FarmServerOptions,
): Promise<FarmServer> {
  const limits = { ...defaultDoorLimits, ...options.limits };
  const server = createServer({
    ...serverTlsOptions(options.identity, limits.handshakeMs),
    maxHeaderSize: 8 * 1024,
    headersTimeout: limits.handshakeMs,
    requestTimeout: limits.handshakeMs,
    keepAlive: true,
  });
  const door = new Door(limits, options.onRefused);
  const desk = new Desk(options, limits, door);
  server.on("connection", (socket: Socket) => door.knock(socket));
  server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
    // Who only knocks, or goes away, broke nothing.
    if (error.code?.startsWith("ERR_SSL") === true) desk.notOurs(socket);
    socket.destroy();
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("secureConnection", (socket) => desk.secured(socket));
  server.on("request", (request, response) => {
    desk.refused(request, "peer-broken");
    response.writeHead(404, { connection: "close" }).end();
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    desk.upgrade(request, socket instanceof TLSSocket ? socket : null, head);
  });
  const port = await listen(server, options);
  return {
    port,
    refusals: () => door.refusals(),
    disconnect: (id) => desk.disconnect(id),
    close: async () => {
      desk.close();
      const closed = new Promise((resolve) => server.close(resolve));
      door.close();
      await closed;
    },
  };
}

async function listen(
  server: Server,
  { host, port }: FarmServerOptions,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new Failure("address-in-use", `${host}:${port}`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  server.on("error", () => undefined); // Out of descriptors: the next peer may fare better.
  return (server.address() as AddressInfo).port;
}

/** One device's visit; it lasts over several links while their transfers do. */
interface Session {
  readonly token: string;
  readonly hub: TransferHub;
  link: ControlLink;
}

/** Receives upgrades and hellos, and keeps one session per device. */
class Desk {
  readonly #options: FarmServerOptions;
  readonly #limits: DoorLimits;
  readonly #door: Door;
  readonly #timers: Timers;
  readonly #timing: LinkTiming;
  readonly #sessions = new Map<DeviceId, Session>();
  readonly #control = new WebSocketServer({
    noServer: true,
    ...controlSocketOptions,
  });
  readonly #data = new WebSocketServer({
    noServer: true,
    ...dataSocketOptions,
  });
  readonly #pair = new WebSocketServer({
    noServer: true,
    ...pairSocketOptions,
  });

  constructor(options: FarmServerOptions, limits: DoorLimits, door: Door) {
    this.#options = options;
    this.#limits = limits;
    this.#door = door;
    this.#timers = options.timers ?? systemTimers;
    this.#timing = { ...defaultLinkTiming, ...options.timing };
  }

  /** First check: without a proven key there is nothing to talk about. */
  secured(socket: TLSSocket): void {
    socket.setNoDelay(true);
    if (provenDevice(socket) !== null) return;
    this.#door.refuse(addressOf(socket), null, "peer-not-allowed");
    socket.destroy();
  }

  refused(request: IncomingMessage, code: ErrorCode): void {
    const { socket } = request;
    const peer = socket instanceof TLSSocket ? provenDevice(socket) : null;
    this.#door.refuse(addressOf(socket), peer, code);
  }

  /** Second check, on what is asked for. A stranger gets a polite no, and nothing else. */
  upgrade(
    request: IncomingMessage,
    socket: TLSSocket | null,
    head: Buffer,
  ): void {
    const peerId = socket === null ? null : provenDevice(socket);
    if (socket === null || peerId === null) {
      request.socket.destroy();
      return;
    }
    if (request.url === pairPath)
      return this.#receiveStranger(request, socket, head, peerId);
    if (!this.#options.isAllowed(peerId))
      return this.#turnAway(request, socket, "peer-not-allowed");
    if (request.url === controlPath)
      this.#control.handleUpgrade(request, socket, head, (control) =>
        this.#greet(control, socket, peerId),
      );
    else if (request.url === dataPath)
      this.#joinData(request, socket, head, peerId);
    else this.#turnAway(request, socket, "peer-broken");
  }

  /** What it speaks is not TLS 1.3. */
  notOurs(socket: Socket): void {
    this.#door.refuse(addressOf(socket), null, "peer-broken");
  }

  disconnect(id: DeviceId): void {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    session?.link.end("revoked", "not allowed any more");
    session?.hub.abandon(new Failure("transfer-broken", "revoked"));
  }

  close(): void {
    for (const session of this.#sessions.values()) {
      session.link.close("the master stops");
      session.hub.abandon(new Failure("transfer-broken", "the master stops"));
    }
    this.#sessions.clear();
  }

  #turnAway(
    request: IncomingMessage,
    socket: TLSSocket,
    code: ErrorCode,
  ): void {
    this.refused(request, code);
    socket.end(
      `HTTP/1.1 403 Forbidden\r\nx-reelfarm-refused: ${code}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    );
    this.#timers.after(1_000, () => socket.destroy());
  }

  #receiveStranger(
    request: IncomingMessage,
    socket: TLSSocket,
    head: Buffer,
    peerId: DeviceId,
  ): void {
    const { pairing } = this.#options;
    if (pairing?.isOpen !== true)
      return this.#turnAway(request, socket, "pairing-closed");
    const address = addressOf(socket);
    this.#pair.handleUpgrade(request, socket, head, (stranger) => {
      void pairing.receive({
        socket: stranger,
        wire: socket,
        peerId,
        address,
        letIn: () => this.#door.letIn(socket),
        refuse: (code) => this.#door.refuse(address, peerId, code),
      });
    });
  }

  #joinData(
    request: IncomingMessage,
    socket: TLSSocket,
    head: Buffer,
    peerId: DeviceId,
  ): void {
    const session = this.#sessions.get(peerId);
    const isTheirs =
      session !== undefined &&
      session.link.isOpen &&
      request.headers[sessionHeader] === session.token;
    if (!isTheirs || session.link.dataSockets >= dataSocketsMax)
      return this.#turnAway(request, socket, "peer-broken");
    this.#data.handleUpgrade(request, socket, head, (data) => {
      this.#door.letIn(socket);
      session.link.addDataSocket(data, socket, () => undefined);
    });
  }

  /** Waits for the hello; the link is made in the turn it comes. */
  #greet(socket: WebSocket, wire: TLSSocket, peerId: DeviceId): void {
    socket.on("error", () => socket.terminate());
    const stopTimer = this.#timers.after(this.#limits.handshakeMs, () =>
      socket.terminate(),
    );
    socket.once("close", stopTimer);
    socket.once("message", (data) => {
      stopTimer();
      const hello = helloSchema.safeParse(parseJson(data));
      if (!hello.success)
        return this.#refuse(socket, wire, peerId, "peer-broken", "hello");
      // Third check: it may have been revoked since the upgrade.
      if (!this.#options.isAllowed(peerId))
        return this.#refuse(socket, wire, peerId, "peer-not-allowed", "");
      const local = this.#options.hello.protocol ?? ownProtocol;
      const protocol = commonVersion(local, hello.data.reelfarm);
      if (protocol === null) {
        const { appVersion } = this.#options.hello;
        this.#options.onOutdated?.({ peerId, ...hello.data.reelfarm });
        const detail = `the master is ${appVersion}`;
        return this.#refuse(socket, wire, peerId, "peer-version", detail);
      }
      this.#welcome(socket, wire, peerId, hello.data, protocol);
    });
  }

  #refuse(
    socket: WebSocket,
    wire: TLSSocket,
    peerId: DeviceId,
    code: ErrorCode,
    detail: string,
  ): void {
    this.#door.refuse(addressOf(wire), peerId, code);
    socket.send(JSON.stringify({ refused: { code, detail } }));
    socket.close(closeCodes.refused, code);
    this.#timers.after(1_000, () => socket.terminate());
  }

  #welcome(
    socket: WebSocket,
    wire: TLSSocket,
    peerId: DeviceId,
    hello: Hello,
    protocol: number,
  ): void {
    this.#door.letIn(wire);
    const earlier = this.#sessions.get(peerId);
    earlier?.link.end("superseded", "the device connected anew");
    const resumed =
      earlier !== undefined &&
      hello.session === earlier.token &&
      !earlier.hub.isAbandoned;
    if (!resumed)
      earlier?.hub.abandon(new Failure("transfer-broken", "a new session"));
    const token = resumed ? earlier.token : randomBytes(16).toString("hex");
    const hub = resumed
      ? earlier.hub
      : new TransferHub(this.#timers, this.#timing.graceMs);
    const answer = { session: token, resumed };
    socket.send(JSON.stringify(helloMessage(this.#options.hello, answer)));
    const { appVersion, name } = hello.reelfarm;
    const link = new ControlLink({
      socket,
      peerId,
      peerHello: { appVersion, name, details: hello.details, protocol },
      remoteAddress: addressOf(wire),
      session: token,
      resumed,
      hub,
      timers: this.#timers,
      timing: this.#timing,
    });
    this.#sessions.set(peerId, { token, hub, link });
    void link.closed.then(({ code }) => {
      if (code === "peer-broken")
        this.#door.refuse(addressOf(wire), peerId, code);
    });
    this.#options.onWorker(link);
  }
}

function addressOf(socket: Socket): string {
  return socket.remoteAddress ?? "";
}
