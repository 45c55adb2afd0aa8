import os from "node:os";
import { joinAddressesMax } from "../core/pairing/join-link.ts";
import type { HostAndPort } from "./node-options.ts";

/**
 * Where others can reach a listener: the address it listens on, or for all
 * addresses those of this machine's networks, IPv4 first (people read them
 * aloud), link-local ones left out (they mean nothing on another machine).
 */
export function reachableAddresses({
  host,
  port,
}: HostAndPort): readonly HostAndPort[] {
  if (host !== "0.0.0.0" && host !== "::") return [{ host, port }];
  const all = Object.values(os.networkInterfaces()).flatMap((one) => one ?? []);
  const outside = all.filter(
    ({ internal, address, family }) =>
      !internal &&
      !address.startsWith("fe80:") &&
      !address.startsWith("169.254.") &&
      (family === "IPv4" || host === "::"),
  );
  const hosts = [
    ...outside.filter(({ family }) => family === "IPv4"),
    ...outside.filter(({ family }) => family === "IPv6"),
  ].map(({ address }) => address);
  const found = hosts.length > 0 ? hosts : ["127.0.0.1"];
  return found.slice(0, joinAddressesMax).map((one) => ({ host: one, port }));
}
