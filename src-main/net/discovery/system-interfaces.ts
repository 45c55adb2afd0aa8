import { networkInterfaces } from "node:os";
import type { SystemInterface } from "../../core/discovery/interface-choice.ts";

/** The interfaces that are up and have an address; `told`: as Node tells them. */
export function systemInterfaces(
  told = networkInterfaces(),
): readonly SystemInterface[] {
  return Object.entries(told).map(([name, addresses = []]) => ({
    name,
    isInternal: addresses.every(({ internal }) => internal),
    addresses: addresses.map(({ address, family, cidr }) => ({
      family: family === "IPv4" ? (4 as const) : (6 as const),
      address,
      prefixBits: Number(cidr?.split("/")[1] ?? (family === "IPv4" ? 32 : 128)),
    })),
  }));
}
