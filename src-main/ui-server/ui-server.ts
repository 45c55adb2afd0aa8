/** Serves the user interface and the /ui contract of one node. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { assert } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import type { UiServerFrame } from "../protocol/ui-contract.ts";
import { admitUpgrade, uiProtocol, type AdmissionRules } from "./admission.ts";
import { readBundle } from "./bundle.ts";
import { answerPage } from "./page-server.ts";
import type { UiHost } from "./ui-host.ts";
import { UiSession, closeCodes } from "./ui-session.ts";
import { UploadIntake, type UploadPort } from "./upload-intake.ts";

/** 10,000 sources with long paths fit; nothing else comes near. */
const maxRequestBytes = 8 * 1024 * 1024;
/** Windows, tabs and scripts on one node; each may hold a megabyte or more of ours. */
const maxFaces = 64;
const maxConnections = 256;
/** A face that does not answer a ping until the next one is gone. */
const pingIntervalMs = 30_000;
/** Who does not say what it wants in this time gives its place back. */
const requestMs = 5_000;
/** For faces to see the close; then their lines are cut. */
const closeGraceMs = 500;
/** A token shorter than this is a mistake of the caller. */
const minTokenCharacters = 16;

export interface UiServerOptions {
  readonly host: UiHost;
  /** Port 0: any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly token: string;
  /** The built pages; without them only the contract and /health are served. */
  readonly bundleFolder?: string | undefined;
  /** Origins besides the server's own, e.g. the desktop window's. */
  readonly extraOrigins?: readonly string[] | undefined;
  /** Told of who was not let in, and why. */
  readonly onRefused?: ((refused: RefusedFace) => void) | undefined;
  /** Where files go that browsers send; without it none are taken. */
  readonly uploads?: UploadPort | undefined;
  /** Told of mistakes of our own while answering; default: a process warning. */
  readonly onBug?: ((error: unknown) => void) | undefined;
}

export interface RefusedFace {
  readonly address: string;
  readonly code: "peer-not-allowed";
  /** E.g. `wrong Origin`. */
  readonly reason: string;
}

export interface UiServer {
  /** `http://127.0.0.1:1234/`, without the token. */
  readonly url: string;
  readonly port: number;
  /** Ends all lines and stops listening. May be called again. */
  close(): Promise<void>;
}

/**
 * Starts listening.
 *
 * @throws Failure `address-in-use` when the address cannot be had.
 */
export async function startUiServer(
  options: UiServerOptions,
): Promise<UiServer> {
  assert(options.token.length >= minTokenCharacters, "the token is long");
  const bundle = await readBundle(options.bundleFolder);
  const intake = intakeOf(options);
  const server = createServer(
    {
      headersTimeout: requestMs,
      // An upload takes as long as it takes; the intake cuts idle ones.
      requestTimeout: 0,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 8 * 1024,
    },
    (request, response) => {
      if (intake !== null && request.url?.split("?")[0] === "/upload")
        intake.accept(request, response);
      else {
        // Nothing else takes a body: who goes on sending one is cut off.
        response.once("finish", () => {
          if (!request.complete) request.destroy();
        });
        answerPage(bundle, request, response);
      }
    },
  );
  server.maxConnections = maxConnections;
  const faces = new Faces(options);
  server.on("upgrade", (request, socket, head) =>
    faces.admit(request, socket, head),
  );
  await listen(server, options.listen);
  const { port } = server.address() as AddressInfo;
  const { host } = options.listen;
  let closing: Promise<void> | null = null;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${String(port)}/`,
    port,
    close: () => (closing ??= closeAll(server, faces)),
  };
}

function intakeOf(options: UiServerOptions): UploadIntake | null {
  const { uploads, token, extraOrigins = [], onBug = warn } = options;
  return uploads === undefined
    ? null
    : new UploadIntake(uploads, { token, extraOrigins }, onBug);
}

/** All faces on the line; the host is listened to once for all of them. */
class Faces {
  readonly #options: UiServerOptions;
  readonly #rules: AdmissionRules;
  readonly #sessions = new Set<UiSession>();
  readonly #sockets: WebSocketServer;
  readonly #unsubscribe: () => void;
  readonly #pinging: NodeJS.Timeout;

  constructor(options: UiServerOptions) {
    this.#options = options;
    const extraOrigins = options.extraOrigins ?? [];
    this.#rules = { token: options.token, extraOrigins };
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

  admit(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const url = request.url ?? "";
    if (url.split("?")[0] !== "/ui") return refuse(socket, 404, "Not Found");
    const { headers } = request;
    const admission = admitUpgrade({ headers, url }, this.#rules);
    if (!admission.admitted) {
      const address = request.socket.remoteAddress ?? "";
      const { reason, status } = admission;
      this.#options.onRefused?.({ address, code: "peer-not-allowed", reason });
      return refuse(socket, status, reason);
    }
    if (this.#sessions.size >= maxFaces)
      return refuse(socket, 503, "too many faces");
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const session = new UiSession({
        socket: webSocket,
        host: this.#options.host,
        onBug: this.#options.onBug ?? warn,
      });
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

async function closeAll(server: Server, faces: Faces): Promise<void> {
  const stopped = new Promise((resolve) => server.close(resolve));
  await faces.close();
  server.closeAllConnections();
  await stopped;
}

function listen(
  server: Server,
  address: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: Error): void => {
      const where = `${address.host}:${String(address.port)}`;
      reject(new Failure("address-in-use", where, { cause }));
    };
    server.once("error", onError);
    server.listen(address.port, address.host, () => {
      server.off("error", onError);
      resolve();
    });
  });
}

function refuse(socket: Duplex, status: number, reason: string): void {
  socket.end(
    `HTTP/1.1 ${String(status)} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
