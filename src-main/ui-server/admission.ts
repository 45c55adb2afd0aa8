/**
 * Who may talk to the UI server. Pure, so that every case is a plain test.
 *
 * Three separate doors: the Host header stops a foreign name that was pointed
 * at this address (DNS rebinding), the Origin stops a foreign page in the
 * user's browser, the token stops every other program of other users.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** A browser cannot set headers on a WebSocket; it may offer the token as a subprotocol. */
export const tokenProtocolPrefix = "reelfarm-token.";
/** What the server selects, so that the token is not echoed. */
export const uiProtocol = "reelfarm-ui";

export interface UpgradeRequest {
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
}

export interface AdmissionRules {
  readonly token: string;
  /** Origins other than the server's own, e.g. the desktop window's. */
  readonly extraOrigins: readonly string[];
}

export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      readonly status: 400 | 401 | 403;
      readonly reason: string;
    };

/** Decides about a WebSocket upgrade. */
export function admitUpgrade(
  request: UpgradeRequest,
  rules: AdmissionRules,
): Admission {
  return admit(request.headers, offeredToken(request), rules);
}

/**
 * Decides about a file that is sent. Only a token in the Authorization header
 * counts: what a foreign page can make a browser send never has one.
 */
export function admitUpload(
  { headers }: Pick<UpgradeRequest, "headers">,
  rules: AdmissionRules,
): Admission {
  return admit(headers, bearerToken(headers), rules);
}

function admit(
  { host, origin }: IncomingHttpHeaders,
  offered: string | null,
  rules: AdmissionRules,
): Admission {
  if (!isSafeHost(host)) return refuse(403, "wrong Host");
  if (origin !== undefined && !isOwnOrigin(origin, host, rules.extraOrigins))
    return refuse(403, "wrong Origin");
  if (offered === null) return refuse(401, "no token");
  if (!sameToken(offered, rules.token)) return refuse(401, "wrong token");
  return { admitted: true };
}

/**
 * Whether a Host header names this machine in a way no foreign site can:
 * an address or `localhost`, never a name that somebody's DNS answers for.
 */
export function isSafeHost(host: string | undefined): host is string {
  if (host === undefined || host.length > 300) return false;
  const name = hostName(host);
  return name !== null && (name === "localhost" || isIP(name) !== 0);
}

/** Constant in time whatever the texts and their lengths are: digests are compared. */
export function sameToken(offered: string, expected: string): boolean {
  const digest = (text: string): Buffer =>
    createHash("sha256").update(text, "utf8").digest();
  return timingSafeEqual(digest(offered), digest(expected));
}

function isOwnOrigin(
  origin: string,
  host: string,
  extraOrigins: readonly string[],
): boolean {
  return origin === `http://${host}` || extraOrigins.includes(origin);
}

function offeredToken({ headers, url }: UpgradeRequest): string | null {
  const bearer = bearerToken(headers);
  if (bearer !== null) return bearer;
  for (const part of (headers["sec-websocket-protocol"] ?? "").split(",")) {
    const name = part.trim();
    if (name.startsWith(tokenProtocolPrefix))
      return name.slice(tokenProtocolPrefix.length);
  }
  const query = url.indexOf("?");
  if (query < 0) return null;
  return new URLSearchParams(url.slice(query + 1)).get("token");
}

function bearerToken({ authorization }: IncomingHttpHeaders): string | null {
  return /^Bearer ([^\s]+)$/i.exec(authorization ?? "")?.[1] ?? null;
}

/** The name without port and brackets, in lower case; null where it is none. */
function hostName(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(
    host,
  );
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null;
}

function refuse(status: 400 | 401 | 403, reason: string): Admission {
  return { admitted: false, status, reason };
}
