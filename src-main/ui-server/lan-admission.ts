/**
 * Who may talk to the page on the network. Pure, so that every case is a plain
 * test. Host and Origin must name this computer and this port exactly: a
 * foreign name pointed here (DNS rebinding) and another page in the same
 * browser get nothing, cookie or not. Rules L2 to L4 of protocol/SPEC.md.
 */
import type { IncomingHttpHeaders } from "node:http";

/** What this computer is called on the network: addresses and names, in lower case. */
export interface LanPlace {
  readonly hosts: ReadonlySet<string>;
  readonly port: number;
}

/** Whether a Host header is one of ours, with our port. */
export function isPlace(
  host: string | undefined,
  { hosts, port }: LanPlace,
): host is string {
  if (host === undefined || host.length > 300) return false;
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/i.exec(
    host,
  );
  const name = (match?.[1] ?? match?.[2])?.toLowerCase();
  // A browser leaves out the port that is usual for https.
  return (
    name !== undefined && hosts.has(name) && Number(match?.[3] ?? 443) === port
  );
}

/**
 * What is wrong with a request's Host or Origin; null: nothing. `mustTell`: for
 * lines, sent files and logins, where every browser tells the Origin.
 */
export function wrongPlace(
  { host, origin }: IncomingHttpHeaders,
  place: LanPlace,
  mustTell: boolean,
): "wrong Host" | "wrong Origin" | null {
  if (!isPlace(host, place)) return "wrong Host";
  if (origin === undefined) return mustTell ? "wrong Origin" : null;
  return origin.toLowerCase() === `https://${host.toLowerCase()}`
    ? null
    : "wrong Origin";
}

/**
 * The cookie's name. `__Host-`: browsers take it over TLS only and from this
 * host alone; the device's id keeps two nodes of one computer apart.
 */
export function cookieName(deviceId: string): string {
  return `__Host-reelfarm-${deviceId.slice(0, 8)}`;
}

/** The token a request brings along; null: none, or more than one. */
export function tokenIn(
  { cookie }: IncomingHttpHeaders,
  name: string,
): string | null {
  const found = (cookie ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`));
  const [only] = found;
  if (only === undefined || found.length > 1) return null;
  const token = only.slice(name.length + 1);
  return /^[A-Za-z0-9_-]{43}$/.test(token) ? token : null;
}

/** `Set-Cookie` for a token; an age of 0 takes the cookie away. */
export function cookieLine(name: string, token: string, ageS: number): string {
  return `${name}=${token}; Path=/; Max-Age=${String(ageS)}; Secure; HttpOnly; SameSite=Strict`;
}
