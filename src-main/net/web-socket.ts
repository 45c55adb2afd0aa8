import type { TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { Failure, isErrorCode } from "../core/errors.ts";
import { pairingMessageMaxBytes } from "../protocol/pairing-messages.ts";
import {
  controlMaxBytes,
  dataFragmentsMax,
  dataMessageMaxBytes,
} from "./link-limits.ts";

/** The paths of the one port (rule W3). */
export const controlPath = "/control";
export const dataPath = "/data";
export const pairPath = "/pair";
/** Names the session a data connection belongs to (rule W4). */
export const sessionHeader = "x-reelfarm-session";

/** Compression is off: bulk is compressed already, and it made `ws` 20 times slower. */
export const controlSocketOptions = {
  perMessageDeflate: false,
  maxPayload: controlMaxBytes,
  maxFragments: dataFragmentsMax,
} as const;

export const dataSocketOptions = {
  perMessageDeflate: false,
  maxPayload: dataMessageMaxBytes,
  maxFragments: dataFragmentsMax,
} as const;

/** What strangers may open: small messages only. */
export const pairSocketOptions = {
  perMessageDeflate: false,
  maxPayload: pairingMessageMaxBytes,
  maxFragments: dataFragmentsMax,
} as const;

/**
 * Opens a WebSocket on a socket whose other end was proven already. Failures:
 * the refusal's code (`peer-not-allowed`, …), else `master-unreachable`.
 */
export async function openWebSocket(
  wire: TLSSocket,
  path: string,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<WebSocket> {
  const socket = new WebSocket(`ws://reelfarm${path}`, {
    ...optionsOf(path),
    createConnection: () => wire,
    headers,
    handshakeTimeout: timeoutMs,
    // Masks protect plain-text proxies; inside TLS they only cost time.
    generateMask: (mask) => void mask.fill(0),
  });
  return await new Promise((resolve, reject) => {
    const fail = (failure: Failure): void => {
      socket.on("error", () => undefined).terminate();
      wire.destroy();
      reject(failure);
    };
    socket.once("open", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (cause) =>
      fail(new Failure("master-unreachable", "", { cause })),
    );
    socket.once("unexpected-response", (_request, response) => {
      const code = String(response.headers["x-reelfarm-refused"]);
      response.destroy();
      fail(new Failure(isErrorCode(code) ? code : "master-unreachable"));
    });
  });
}

function optionsOf(
  path: string,
): Readonly<Record<keyof typeof dataSocketOptions, number | boolean>> {
  if (path === pairPath) return pairSocketOptions;
  return path === dataPath ? dataSocketOptions : controlSocketOptions;
}
