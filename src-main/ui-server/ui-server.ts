/** Serves the user interface and the /ui contract of one node, on this computer. */
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { assert } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import { tokenProofText } from "../protocol/token-proof.ts";
import {
  admitUpgrade,
  admitUpload,
  isSafeHost,
  type AdmissionRules,
} from "./admission.ts";
import { readBundle } from "./bundle.ts";
import { Faces, refuseUpgrade } from "./faces.ts";
import { answerPage } from "./page-server.ts";
import type { UiHost } from "./ui-host.ts";
import { UploadIntake, type UploadPort } from "./upload-intake.ts";

const maxFaces = 64;
const maxConnections = 256;
/** Who does not say what it wants in this time gives its place back. */
const requestMs = 5_000;
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
  const { token, extraOrigins = [], onBug = warn } = options;
  assert(token.length >= minTokenCharacters, "the token is long");
  const rules = { token, extraOrigins };
  const bundle = await readBundle(options.bundleFolder);
  const intake =
    options.uploads === undefined
      ? null
      : new UploadIntake(
          options.uploads,
          ({ headers }) => admitUpload({ headers }, rules),
          onBug,
        );
  const pageRules = {
    isOwnHost: isSafeHost,
    socketScheme: "ws",
    proveToken: (nonce: string) =>
      createHmac("sha256", token).update(tokenProofText(nonce)).digest("hex"),
  } as const;
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
        answerPage(bundle, request, response, pageRules);
      }
    },
  );
  server.maxConnections = maxConnections;
  const faces = new Faces({ host: options.host, maxFaces, onBug });
  server.on("upgrade", (request, socket, head) =>
    admitFace(request, socket, head, { faces, rules, options }),
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

function admitFace(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  to: {
    readonly faces: Faces;
    readonly rules: AdmissionRules;
    readonly options: UiServerOptions;
  },
): void {
  socket.on("error", () => socket.destroy());
  const url = request.url ?? "";
  if (url.split("?")[0] !== "/ui")
    return refuseUpgrade(socket, 404, "Not Found");
  const { headers } = request;
  const admission = admitUpgrade({ headers, url }, to.rules);
  if (!admission.admitted) {
    const address = request.socket.remoteAddress ?? "";
    const { reason, status } = admission;
    to.options.onRefused?.({ address, code: "peer-not-allowed", reason });
    return refuseUpgrade(socket, status, reason);
  }
  to.faces.take(request, socket, head);
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

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
