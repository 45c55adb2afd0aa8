import { networkInterfaces } from "node:os";
import type { SystemInterface } from "../../core/discovery/interface-choice.ts";

/** The interfaces that are up and have an address. */
export function systemInterfaces(): readonly SystemInterface[] {
  return Object.entries(networkInterfaces()).map(([name, addresses = []]) => ({
    name,
    isInternal: addresses.every(({ internal }) => internal),
    addresses: addresses.map(({ address, family, cidr }) => ({
      family: family === "IPv4" ? (4 as const) : (6 as const),
      address,
      prefixBits: Number(cidr?.split("/")[1] ?? (family === "IPv4" ? 32 : 128)),
    })),
  }));
}
