/** Writes down who was paired, in the store's settings. */
import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import {
  maxPeerAddresses,
  maxPeers,
  withFirstMaster,
  withPeer,
  type Peer,
} from "../protocol/peer.ts";
import type { NodeStore } from "./node-store.ts";

/** Writes a device down as a worker; what a person called it before stays. */
export async function keepWorker(
  store: NodeStore,
  device: { readonly deviceId: DeviceId; readonly name: string },
): Promise<void> {
  const before = peerOf(store, device.deviceId);
  await keep(store, {
    ...(before ?? emptyPeer(device.deviceId, device.name)),
    isWorker: true,
    pairedAtMs: Date.now(),
  });
}

/** Writes a master down as the first to be served. */
export async function keepMaster(
  store: NodeStore,
  master: {
    readonly masterId: DeviceId;
    readonly name: string;
    readonly address: { readonly host: string; readonly port: number };
  },
): Promise<void> {
  const before = peerOf(store, master.masterId);
  const address = addressText(master.address);
  const others = before?.lastAddresses.filter((one) => one !== address) ?? [];
  await keep(store, {
    ...(before ?? emptyPeer(master.masterId, master.name)),
    isMaster: true,
    pairedAtMs: Date.now(),
    lastSeenAtMs: Date.now(),
    lastAddresses: [address, ...others].slice(0, maxPeerAddresses),
  });
}

function peerOf(store: NodeStore, id: DeviceId): Peer | undefined {
  return store.settings.peers.find((one) => one.deviceId === id);
}

async function keep(store: NodeStore, peer: Peer): Promise<void> {
  const peers = withPeer(store.settings.peers, peer);
  if (peers.length > maxPeers)
    throw new Failure("limit-exceeded", `${maxPeers} paired devices`);
  await store.updateSettings({
    peers: peer.isMaster ? withFirstMaster(peers, peer.deviceId) : peers,
  });
}

function emptyPeer(deviceId: DeviceId, name: string): Peer {
  return {
    deviceId,
    name,
    pairedAtMs: 0,
    lastSeenAtMs: null,
    lastAddresses: [],
    isWorker: false,
    isMaster: false,
    masterPriority: 0,
  };
}

/** As an address is kept and shown. */
export function addressText({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
