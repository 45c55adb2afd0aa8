import { formatHostPort, type HostPort } from "./host-port.ts";
import type { InterfaceDecision, SystemInterface } from "./interface-choice.ts";
import {
  isIpv4,
  isSameSubnet,
  parseIp,
  reachOf,
  type IpAddress,
} from "./ip-address.ts";
import type { SeenPeer } from "./peer-table.ts";

/** Trying an address in vain costs time. */
const maxCandidates = 12;

/** All that is known about where a device may be. */
export interface AddressSources {
  /** Where the device was reached before, latest first. */
  readonly remembered: readonly HostPort[];
  readonly seen: SeenPeer | null;
  /** What a person typed. */
  readonly manual: readonly HostPort[];
  readonly interfaces: readonly InterfaceDecision[];
}

/**
 * Where to look for a device, in order: where it was last, then what its
 * announcements say, then what was typed. Each address once. Of one
 * announcement: its sender, addresses of our own networks, IPv4, then others.
 * Addresses of networks that exist only inside this computer are left out: a
 * master's container bridge has the same ones.
 */
export function candidateAddresses(
  sources: AddressSources,
): readonly HostPort[] {
  const seen = sources.seen?.at ?? [];
  const announced = seen.flatMap((at) => {
    const named = at.addresses
      .map((address) => rank(address, at.interfaceName, sources.interfaces))
      .filter((one) => one !== null)
      .sort((a, b) => a.cost - b.cost)
      .map(({ host }) => ({ host, port: at.port }));
    return [
      { host: withZone(at.sender, at.interfaceName), port: at.port },
      ...named,
    ];
  });
  const all = [...sources.remembered, ...announced, ...sources.manual];
  const once = new Map(all.map((one) => [formatHostPort(one), one]));
  return [...once.values()].slice(0, maxCandidates);
}

interface Ranked {
  readonly host: string;
  /** Lower is tried first. */
  readonly cost: number;
}

function rank(
  address: string,
  heardOn: string,
  interfaces: readonly InterfaceDecision[],
): Ranked | null {
  const ip = parseIp(address);
  if (ip === null) return null;
  const isLinkLocal = reachOf(ip) === "link-local";
  const used = interfaces.filter(({ isUsed }) => isUsed);
  const isNear = used.some((one) => hasSubnetOf(one.interface, ip));
  const isInside = interfaces.some(
    (one) => !one.isUsed && !isLinkLocal && hasSubnetOf(one.interface, ip),
  );
  if (isInside && !isNear) return null;
  const cost = (isNear ? 0 : 4) + (isLinkLocal ? 2 : 0) + (isIpv4(ip) ? 0 : 1);
  return { host: withZone(address, heardOn), cost };
}

function hasSubnetOf(one: SystemInterface, ip: IpAddress): boolean {
  return one.addresses.some(({ address, prefixBits }) => {
    const own = parseIp(address);
    return own !== null && isSameSubnet(own, ip, prefixBits);
  });
}

/** An IPv6 link-local address means nothing without the interface it was heard on. */
function withZone(address: string, interfaceName: string): string {
  const ip = parseIp(address);
  const needsZone =
    ip !== null &&
    !isIpv4(ip) &&
    ip.zone === null &&
    reachOf(ip) === "link-local";
  return needsZone ? `${address}%${interfaceName}` : address;
}
