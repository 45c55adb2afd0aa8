import { constants } from "node:crypto";
import { connect } from "node:tls";
import type { TlsOptions, TLSSocket } from "node:tls";
import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import { deviceIdOfCertificate } from "./certificate.ts";
import type { Identity } from "./identity.ts";

/** Where a master listens. */
export interface NetAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * TLS for the listening side. Who the peer is, is decided by its key alone
 * (`provenDevice`), so no authority is asked. Tickets are off: a server would
 * take one up again without seeing a certificate.
 */
export function serverTlsOptions(
  identity: Identity,
  handshakeMs: number,
): TlsOptions {
  return {
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    minVersion: "TLSv1.3",
    requestCert: true,
    rejectUnauthorized: false,
    secureOptions: constants.SSL_OP_NO_TICKET,
    handshakeTimeout: handshakeMs,
  };
}

/**
 * The device whose key the peer proved to hold in this very handshake; null
 * without a certificate, with a key that is not P-256, or on a resumed session.
 */
export function provenDevice(socket: TLSSocket): DeviceId | null {
  if (socket.getProtocol() !== "TLSv1.3" || socket.isSessionReused())
    return null;
  return deviceIdOfCertificate(socket.getPeerX509Certificate());
}

export interface DialLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Connects and proves the other side's id before a byte of ours is sent.
 * Failures: `master-unreachable`, `peer-wrong-id`, `cancelled`.
 */
export async function connectSecurely(
  identity: Identity,
  address: NetAddress,
  expected: DeviceId,
  options: DialLimits,
): Promise<TLSSocket> {
  return (await connectTo(identity, address, expected, options)).wire;
}

/** A connection and whose it is. */
export interface ProvenConnection {
  readonly wire: TLSSocket;
  readonly peerId: DeviceId;
}

/**
 * The same, telling who is there; `expected` null: any device, which must be
 * found out to be the right one in another way.
 */
export async function connectTo(
  identity: Identity,
  address: NetAddress,
  expected: DeviceId | null,
  options: DialLimits,
): Promise<ProvenConnection> {
  const { signal } = options;
  if (signal.aborted) throw new Failure("cancelled");
  const socket = connect({
    host: address.host,
    port: address.port,
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    minVersion: "TLSv1.3",
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  socket.setNoDelay(true);
  const where = `${address.host}:${address.port}`;
  return await new Promise((resolve, reject) => {
    const stop = (failure: Failure): void => {
      release();
      socket.on("error", () => undefined).destroy();
      reject(failure);
    };
    const cancel = (): void => stop(new Failure("cancelled"));
    const fail = (cause: Error): void =>
      stop(new Failure("master-unreachable", where, { cause }));
    const timer = setTimeout(
      () => stop(new Failure("master-unreachable", where)),
      options.timeoutMs,
    );
    const release = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      socket.removeListener("error", fail);
    };
    signal.addEventListener("abort", cancel, { once: true });
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      // Asked here and once: later a client's OpenSSL has let go of the certificate.
      const peerId = provenDevice(socket);
      if (peerId === null || (expected ?? peerId) !== peerId)
        return stop(new Failure("peer-wrong-id", where));
      release();
      resolve({ wire: socket, peerId });
    });
  });
}
