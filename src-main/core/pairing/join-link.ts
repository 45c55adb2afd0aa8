import { formatDeviceId, parseDeviceId } from "../device-name.ts";
import type { DeviceId } from "../identifiers.ts";

/** All a machine without a person at it needs to join a farm; works once. */
export interface JoinLink {
  readonly masterId: DeviceId;
  /** Where the master may be reached, likeliest first. */
  readonly addresses: readonly JoinAddress[];
  /** 128 bits, 32 lower-case hex digits. */
  readonly token: string;
}

/** Where a master listens. */
export interface JoinAddress {
  readonly host: string;
  readonly port: number;
}

/** More would not fit a QR code that a camera reads from a screen. */
export const joinAddressesMax = 4;
const prefix = "reelfarm://join?";
const linkMaxCharacters = 2048;

/** `reelfarm://join?master=ID&at=HOST:PORT&…&token=HEX`. */
export function formatJoinLink(link: JoinLink): string {
  const places = link.addresses
    .slice(0, joinAddressesMax)
    .map((address) => `at=${encodeURIComponent(formatPlace(address))}`);
  const master = formatDeviceId(link.masterId).replaceAll("-", "");
  return `${prefix}${[`master=${master}`, ...places, `token=${link.token}`].join("&")}`;
}

/**
 * Reads a link; null when it is none, or a part is missing, twice or mistyped.
 * Members this version does not know are passed over.
 */
export function parseJoinLink(text: string): JoinLink | null {
  const link = text.trim();
  if (link.length > linkMaxCharacters || !link.startsWith(prefix)) return null;
  const members = readMembers(link.slice(prefix.length));
  if (members === null) return null;
  const valuesOf = (name: string): string[] =>
    members.filter(([key]) => key === name).map(([, value]) => value);
  const [master, ...otherMasters] = valuesOf("master");
  const [token, ...otherTokens] = valuesOf("token");
  const places = valuesOf("at").map(parsePlace);
  if (master === undefined || otherMasters.length > 0) return null;
  if (token === undefined || otherTokens.length > 0) return null;
  const masterId = parseDeviceId(master);
  const addresses = places.filter((one) => one !== null);
  const isWhole =
    masterId !== null &&
    /^[0-9a-f]{32}$/.test(token) &&
    places.length === addresses.length &&
    addresses.length >= 1 &&
    addresses.length <= joinAddressesMax;
  return isWhole ? { masterId, addresses, token } : null;
}

function readMembers(query: string): [string, string][] | null {
  try {
    return query.split("&").map((member) => {
      const at = member.indexOf("=");
      const key = at < 0 ? member : member.slice(0, at);
      return [key, decodeURIComponent(at < 0 ? "" : member.slice(at + 1))];
    });
  } catch {
    return null; // A broken %-escape.
  }
}

function formatPlace({ host, port }: JoinAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function parsePlace(text: string): JoinAddress | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(
    text,
  );
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || host.length > 253) return null;
  return port >= 1 && port <= 65_535 ? { host, port } : null;
}
