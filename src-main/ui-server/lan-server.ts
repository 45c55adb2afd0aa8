/**
 * The window's page for other devices of the home: the same page and contract
 * as on this computer, over TLS, for browsers that were let in (rules L1 to L10
 * of protocol/SPEC.md).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Failure, type ErrorCode } from "../core/errors.ts";
import type { KnownBrowser } from "../protocol/known-browser.ts";
import { findInBundle, readBundle, type Bundle } from "./bundle.ts";
import { Faces, refuseUpgrade } from "./faces.ts";
import {
  cookieName,
  isPlace,
  tokenIn,
  wrongPlace,
  type LanPlace,
} from "./lan-admission.ts";
import type { LoginDesk } from "./login-desk.ts";
import { LoginIntake } from "./login-intake.ts";
import { answerPage, answerText, type PageRules } from "./page-server.ts";
import type { UiHost } from "./ui-host.ts";
import { UploadIntake, type UploadPort } from "./upload-intake.ts";

const maxFaces = 32;
/** Who does not say what it wants in this time gives its place back. */
const requestMs = 5_000;
/** How often browsers whose time is over are shown out. */
const sweepMs = 30_000;

/** Counts who is at the port; a stranger has little time and few places (net/door.ts). */
export interface LanDoor {
  knock(socket: Socket): void;
  letIn(socket: Socket): void;
}

export interface LanServerOptions {
  /** What faces elsewhere may see and ask: a RemoteHost. */
  readonly host: UiHost;
  /** Port 0: any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly deviceId: string;
  /** Addresses and names of this computer on the network, at this moment. */
  readonly ownHosts: () => ReadonlySet<string>;
  /** Whether a connection that came in at this address of ours is wanted. */
  readonly takesAt: (localAddress: string) => boolean;
  readonly desk: LoginDesk;
  readonly door: LanDoor;
  readonly bundleFolder?: string | undefined;
  readonly uploads?: UploadPort | undefined;
  readonly onRefused: (refused: RefusedVisitor) => void;
  readonly onBug: (error: unknown) => void;
  /** Who has a line open is not who had. */
  readonly onChanged: () => void;
}

export interface RefusedVisitor {
  readonly address: string;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** @throws Failure `address-in-use` when the port cannot be had. */
export async function startLanServer(
  options: LanServerOptions,
): Promise<LanServer> {
  const server = new LanServer(options, await readBundle(options.bundleFolder));
  await server.listen();
  return server;
}

export class LanServer {
  readonly #options: LanServerOptions;
  readonly #bundle: Bundle;
  readonly #server: Server;
  readonly #faces: Faces;
  readonly #logins: LoginIntake;
  readonly #uploads: UploadIntake | null;
  readonly #cookieName: string;
  readonly #pages: PageRules;
  readonly #all = new Set<Socket>();
  /** Connections by who showed its cookie on them: they end with it. */
  readonly #held = new Map<string, Set<Socket>>();
  readonly #sweeping: NodeJS.Timeout;
  #closing: Promise<void> | null = null;

  constructor(options: LanServerOptions, bundle: Bundle) {
    this.#options = options;
    this.#bundle = bundle;
    const { host, desk, deviceId, uploads, onBug } = options;
    this.#cookieName = cookieName(deviceId);
    this.#faces = new Faces({ host, maxFaces, onBug });
    this.#logins = new LoginIntake({
      ...{ desk, cookieName: this.#cookieName, onBug },
      onRefused: (address, code) => this.#tell(address, code, "login"),
    });
    this.#uploads =
      uploads === undefined
        ? null
        : new UploadIntake(uploads, (request) => this.#admit(request), onBug);
    this.#pages = {
      isOwnHost: (one): one is string => isPlace(one, this.#place()),
      socketScheme: "wss",
      proveToken: null,
    };
    this.#server = this.#create();
    this.#sweeping = setInterval(() => this.#sweep(), sweepMs);
    this.#sweeping.unref();
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Whether a browser has a connection open. */
  holds(browserId: string): boolean {
    return this.#held.has(browserId);
  }

  listen(): Promise<void> {
    const { host, port } = this.#options.listen;
    return new Promise((resolve, reject) => {
      this.#server.once("error", (cause) => {
        clearInterval(this.#sweeping);
        void this.#faces.close();
        const where = `${host}:${String(port)}`;
        reject(new Failure("address-in-use", where, { cause }));
      });
      this.#server.listen(port, host, resolve);
    });
  }

  /** Cuts every connection of a browser that was shown out. */
  end(browserId: string): void {
    for (const socket of [...(this.#held.get(browserId) ?? [])])
      socket.destroy();
  }

  /** Cuts everything at once. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      clearInterval(this.#sweeping);
      const stopped = new Promise((resolve) => this.#server.close(resolve));
      for (const socket of this.#all) socket.destroy();
      await this.#faces.close();
      await stopped;
    })();
    return this.#closing;
  }

  #create(): Server {
    const { certificatePem, privateKeyPem } = this.#options;
    const server = createServer(
      {
        cert: certificatePem,
        key: privateKeyPem,
        minVersion: "TLSv1.2",
        handshakeTimeout: requestMs,
        headersTimeout: requestMs,
        // An upload takes as long as it takes; the intake cuts idle ones.
        requestTimeout: 0,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: 8 * 1024,
      },
      (request, response) => this.#answer(request, response),
    );
    // TCP sockets, whatever their type here says.
    server.on("connection", (socket) => this.#knock(socket as Socket));
    server.on("tlsClientError", (_, socket) => socket.destroy());
    server.on("upgrade", (request, socket, head) =>
      this.#upgrade(request, socket, head),
    );
    return server;
  }

  #knock(socket: Socket): void {
    this.#all.add(socket);
    socket.once("close", () => this.#all.delete(socket));
    if (this.#options.takesAt(socket.localAddress ?? ""))
      this.#options.door.knock(socket);
    else socket.destroy();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const mustTell = request.method !== "GET" && request.method !== "HEAD";
    const wrong = wrongPlace(request.headers, this.#place(), mustTell);
    if (path === "/upload" && this.#uploads !== null) {
      this.#uploads.accept(request, response);
      return;
    }
    if (wrong !== null) {
      this.#tell(addressOf(request), "peer-not-allowed", wrong);
      cutAfter(request, response);
      answerText(response, 403, "Forbidden\n");
    } else if (path === "/login" || path === "/logout")
      this.#logins.accept(request, response);
    else if (
      findInBundle(this.#bundle, path) === null &&
      !this.#knows(request)
    ) {
      cutAfter(request, response);
      answerText(response, 401, "Log in first\n");
    } else {
      cutAfter(request, response);
      answerPage(this.#bundle, request, response, this.#pages);
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const admission = this.#admit(request);
    if (!admission.admitted)
      return refuseUpgrade(socket, admission.status, admission.reason);
    if (request.url?.split("?")[0] !== "/ui")
      return refuseUpgrade(socket, 404, "Not Found");
    const { desk, onBug } = this.#options;
    desk
      .seen(admission.browser.id, addressOf(request))
      .catch((error: unknown) => onBug(error));
    this.#faces.take(request, socket, head);
  }

  /** For what a browser always tells its Origin with: lines and files. */
  #admit(request: IncomingMessage):
    | { readonly admitted: true; readonly browser: KnownBrowser }
    | {
        readonly admitted: false;
        readonly status: 401 | 403;
        readonly reason: string;
      } {
    const reason = wrongPlace(request.headers, this.#place(), true);
    const browser = reason === null ? this.#knows(request) : null;
    if (browser !== null) return { admitted: true, browser };
    this.#tell(
      addressOf(request),
      "peer-not-allowed",
      reason ?? "not logged in",
    );
    return reason === null
      ? { admitted: false, status: 401, reason: "not logged in" }
      : { admitted: false, status: 403, reason };
  }

  /** Who sent a request; its connection is then no stranger's, and ends with it. */
  #knows(request: IncomingMessage): KnownBrowser | null {
    const token = tokenIn(request.headers, this.#cookieName);
    const browser = token === null ? null : this.#options.desk.find(token);
    if (browser !== null) this.#hold(browser.id, request.socket);
    return browser;
  }

  #hold(browserId: string, socket: Socket): void {
    const held = this.#held.get(browserId) ?? new Set();
    if (held.has(socket)) return;
    this.#held.set(browserId, held.add(socket));
    this.#options.door.letIn(socket);
    this.#options.onChanged();
    socket.once("close", () => {
      held.delete(socket);
      if (held.size === 0) this.#held.delete(browserId);
      this.#options.onChanged();
    });
  }

  #sweep(): void {
    const known = new Set(this.#options.desk.browsers.map(({ id }) => id));
    for (const id of [...this.#held.keys()]) if (!known.has(id)) this.end(id);
  }

  #place(): LanPlace {
    return { hosts: this.#options.ownHosts(), port: this.port };
  }

  #tell(address: string, code: ErrorCode, reason: string): void {
    this.#options.onRefused({ address, code, reason });
  }
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? "";
}

/** Pages take no body: who goes on sending one is cut off. */
function cutAfter(request: IncomingMessage, response: ServerResponse): void {
  response.once("finish", () => {
    if (!request.complete) request.destroy();
  });
}
