/**
 * What stands in an announcement, and how one that anybody may have sent is
 * read (protocol/SPEC.md, rules D3 to D5).
 */
import { isDeviceId, type DeviceId } from "../identifiers.ts";
import { parseIp, reachOf } from "./ip-address.ts";

/** `_reelfarm._tcp`, without decorations. */
export const serviceName = "reelfarm";
const serviceType = `_${serviceName}._tcp.local`;
/** Of one answer; more are not looked at. */
const maxRecords = 64;
const maxAddresses = 8;
const maxVersion = 1_000_000;
/** Of a DNS name (RFC 1035, section 2.3.4). */
const maxLabel = 63;
const labelForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** One record of an answer as the DNS library decodes it. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly data: unknown;
}

/** One announcement of a master, as it was heard. Nothing of it is proven. */
export interface Sighting {
  readonly deviceId: DeviceId;
  /** Highest protocol version it speaks. */
  readonly version: number;
  readonly port: number;
  /** Address of the packet's sender. */
  readonly sender: string;
  /** Other addresses it names; none is public or loopback. */
  readonly addresses: readonly string[];
  /** What the computer says it is called: one DNS label; null: it does not say. */
  readonly hostName: string | null;
}

export interface HeardAnswer {
  readonly sightings: readonly Sighting[];
  /** Instance names that said goodbye. */
  readonly goodbyes: readonly string[];
}

/** Unique without asking around: made of 128 bits of the device id. */
export function instanceName(id: DeviceId): string {
  return `${serviceName}-${id.slice(0, 32)}`;
}

/**
 * A host name of our own, since the computer's real one may be announced by its
 * system; that stands in front, so that people know the computer in a list.
 */
export function announcedHost(id: DeviceId, computerName: string): string {
  const own = `${instanceName(id)}.local`;
  const label = hostLabel(computerName);
  return label === null ? own : `${label}.${own}`;
}

/** Everything else is told only to whom is let in. */
export function announcementTxt(
  id: DeviceId,
  version: number,
): Readonly<Record<string, string>> {
  return { id, v: String(version) };
}

/** Reads an answer; whatever is not exactly an announcement is passed over. */
export function readAnswer(
  records: readonly DnsRecord[],
  sender: string,
): HeardAnswer {
  const known = records.slice(0, maxRecords);
  const pointers = known.filter(
    (one) => one.type === "PTR" && isName(one.name, serviceType),
  );
  const sightings: Sighting[] = [];
  const goodbyes: string[] = [];
  for (const { data, ttl } of pointers) {
    if (typeof data !== "string") continue;
    if (ttl === 0) {
      const name = data.toLowerCase();
      if (name.endsWith(`.${serviceType}`))
        goodbyes.push(name.slice(0, -serviceType.length - 1));
      continue;
    }
    const sighting = readInstance(known, data, sender);
    if (sighting !== null) sightings.push(sighting);
  }
  return { sightings, goodbyes };
}

function readInstance(
  records: readonly DnsRecord[],
  fullName: string,
  sender: string,
): Sighting | null {
  const own = records.filter(
    (one) => isName(one.name, fullName) && one.ttl > 0,
  );
  const service = own.find(({ type }) => type === "SRV")?.data;
  const text = own.find(({ type }) => type === "TXT")?.data;
  if (!isRecord(service) || !Array.isArray(text)) return null;
  const { port, target } = service;
  const { id, v } = readTxt(text);
  const version = /^\d{1,7}$/.test(v ?? "") ? Number(v) : 0;
  if (id === undefined || !isDeviceId(id)) return null;
  if (version < 1 || version > maxVersion) return null;
  if (!isName(fullName, `${instanceName(id)}.${serviceType}`)) return null;
  if (typeof port !== "number" || !(port >= 1 && port <= 65_535)) return null;
  const addresses = records
    .filter(({ type }) => type === "A" || type === "AAAA")
    .filter(
      ({ name, ttl }) =>
        typeof target === "string" && isName(name, target) && ttl > 0,
    )
    .map(({ data }) => data)
    .filter((data) => typeof data === "string")
    .filter((address) => address !== sender && isWorthTrying(address))
    .slice(0, maxAddresses);
  const hostName = readHostName(target, id);
  return { deviceId: id, version, port, sender, addresses, hostName };
}

function readHostName(target: unknown, id: DeviceId): string | null {
  if (typeof target !== "string") return null;
  const [label = "", ...rest] = target.split(".");
  const isOurs = isName(rest.join("."), announcedHost(id, ""));
  return isOurs && labelForm.test(label) ? label : null;
}

/** The first label of a system's host name, in letters that DNS has; null: it says nothing. */
function hostLabel(name: string): string | null {
  const label = (name.split(".")[0] ?? "")
    .replace(/[^a-z0-9-]+/gi, "-")
    .slice(0, maxLabel)
    .replace(/^-+|-+$/g, "");
  return label === "" || isName(label, "localhost") ? null : label;
}

/** Whoever answers shall not make us dial the whole internet. */
function isWorthTrying(address: string): boolean {
  const ip = parseIp(address);
  if (ip === null) return false;
  const reach = reachOf(ip);
  return reach === "private" || reach === "link-local";
}

/** Pairs of a TXT record; keys in any case (RFC 6763, section 6.4), the first of each counts. */
function readTxt(
  strings: readonly unknown[],
): Record<string, string | undefined> {
  const pairs: Record<string, string | undefined> = {};
  for (const one of strings.slice(0, maxRecords)) {
    if (!(one instanceof Uint8Array) || one.length > 255) continue;
    const text = String.fromCharCode(...one);
    const at = text.indexOf("=");
    const key = text.slice(0, Math.max(at, 0)).toLowerCase();
    if (at > 0 && !Object.hasOwn(pairs, key)) pairs[key] = text.slice(at + 1);
  }
  return pairs;
}

function isName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
