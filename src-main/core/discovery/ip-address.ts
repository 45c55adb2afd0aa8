/** An IP address as bytes: 4 or 16 of them. */
export interface IpAddress {
  readonly bytes: readonly number[];
  /** The interface an IPv6 link-local address belongs to; null: none named. */
  readonly zone: string | null;
}

/** What an address can be used for. */
export type IpReach =
  "unusable" | "loopback" | "link-local" | "private" | "public";

/** Reads dotted IPv4 or IPv6 with an optional zone; null: neither. */
export function parseIp(text: string): IpAddress | null {
  if (text.length > 100) return null;
  const [address = "", ...zones] = text.split("%");
  if (zones.length > 1) return null;
  const zone = zones[0] ?? null;
  if (!address.includes(":")) {
    const bytes = zone === null ? parseIpv4(address) : null;
    return bytes === null ? null : { bytes, zone: null };
  }
  const bytes = parseIpv6(address);
  return bytes === null ? null : { bytes, zone };
}

/** Four bytes: IPv4; otherwise it is IPv6. */
export function isIpv4(ip: IpAddress): boolean {
  return ip.bytes.length === 4;
}

/** Whether both lie in the same network of that many leading bits. */
export function isSameSubnet(
  one: IpAddress,
  other: IpAddress,
  prefixBits: number,
): boolean {
  if (one.bytes.length !== other.bytes.length) return false;
  for (let bit = 0; bit < prefixBits; bit += 8) {
    const mask =
      prefixBits - bit >= 8 ? 0xff : (0xff00 >> (prefixBits - bit)) & 0xff;
    const at = bit / 8;
    if (((one.bytes[at] ?? 0) & mask) !== ((other.bytes[at] ?? 0) & mask))
      return false;
  }
  return true;
}

/**
 * Where an address reaches (RFC 1918, 3927, 4193, 4291, 6598). The shared range
 * 100.64.0.0/10 counts as private: overlay networks live there.
 */
export function reachOf({ bytes }: IpAddress): IpReach {
  const [first = 0, second = 0] = bytes;
  if (bytes.every((byte) => byte === 0)) return "unusable";
  if (bytes.length === 4) {
    if (first === 0 || first >= 224) return "unusable";
    if (first === 127) return "loopback";
    if (first === 169 && second === 254) return "link-local";
    const isPrivate =
      first === 10 ||
      (first === 172 && second >= 16 && second < 32) ||
      (first === 192 && second === 168) ||
      (first === 100 && second >= 64 && second < 128);
    return isPrivate ? "private" : "public";
  }
  if (first === 0xff) return "unusable";
  if (bytes.slice(0, 15).every((byte) => byte === 0)) return "loopback";
  if (first === 0xfe && (second & 0xc0) === 0x80) return "link-local";
  return (first & 0xfe) === 0xfc ? "private" : "public";
}

function parseIpv4(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  const bytes = parts.map((part) =>
    /^\d{1,3}$/.test(part) ? Number(part) : 256,
  );
  return bytes.every((byte) => byte < 256) ? bytes : null;
}

function parseIpv6(text: string): number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half) => readGroups(half));
  if (head === null || tail === null || head === undefined) return null;
  if (tail === undefined) return head.length === 16 ? head : null;
  const gap = 16 - head.length - tail.length;
  return gap < 2 ? null : [...head, ...Array<number>(gap).fill(0), ...tail];
}

/** Groups of four hex digits, the last perhaps in IPv4 form. */
function readGroups(text: string): number[] | null {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [at, group] of groups.entries()) {
    if (at === groups.length - 1 && group.includes(".")) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === null) return null;
      bytes.push(...ipv4);
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(group)) return null;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes.length <= 16 ? bytes : null;
}
