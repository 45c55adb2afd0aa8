import { Failure } from "../core/errors.ts";
import type { Peer } from "../protocol/peer.ts";
import type { HostAndPort, MasterAddress } from "./node-options.ts";

/** Where a node reaches its own master: a listener on all addresses is also on loopback. */
export function ownAddress(listening: HostAndPort): HostAndPort {
  const { host, port } = listening;
  return host === "0.0.0.0" || host === "::"
    ? { host: "127.0.0.1", port }
    : { host, port };
}

/** `host:port` or `[v6]:port` as kept in the settings. Failure `store-damaged` on anything else. */
export function masterAddressOf(master: Peer): MasterAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(
    master.lastAddresses[0] ?? "",
  );
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port >= 1 && port <= 65_535))
    throw new Failure("store-damaged", `address of ${master.name}`);
  return { host, port, deviceId: master.deviceId };
}
