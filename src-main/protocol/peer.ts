import { z } from "zod";
import type { DeviceId } from "../core/identifiers.ts";
import { deviceIdSchema } from "./identifier-schemas.ts";

/**
 * Another computer that was paired with this one. It is trusted as long as it
 * is listed: to revoke it is to take it out and end its connections.
 */
export interface Peer {
  readonly deviceId: DeviceId;
  /** What people call it here. */
  readonly name: string;
  readonly pairedAtMs: number;
  /** Null: not since it was paired. */
  readonly lastSeenAtMs: number | null;
  /** `host:port` where it was reached, latest first. */
  readonly lastAddresses: readonly string[];
  /** It may work for this computer. */
  readonly isWorker: boolean;
  /** This computer may work for it. */
  readonly isMaster: boolean;
  /** Of several masters within reach, the one with the lowest number is served first. */
  readonly masterPriority: number;
}

/** A change of one peer writes all of them: this many stay far below 64 KB in practice. */
export const maxPeers = 128;
/** Addresses kept of each. */
export const maxPeerAddresses = 8;
const maxNameCharacters = 200;
/** A DNS name of 253, brackets or colon, a port. */
const maxAddressCharacters = 264;
const maxMasterPriority = 1000;

const peerSchema: z.ZodType<Peer> = z.strictObject({
  deviceId: deviceIdSchema,
  name: z.string().max(maxNameCharacters),
  pairedAtMs: z.number().nonnegative(),
  lastSeenAtMs: z.number().nonnegative().nullable(),
  lastAddresses: z
    .array(z.string().min(1).max(maxAddressCharacters))
    .max(maxPeerAddresses),
  isWorker: z.boolean(),
  isMaster: z.boolean(),
  masterPriority: z.int().min(0).max(maxMasterPriority),
});

/** Each device once. */
export const peersSchema: z.ZodType<readonly Peer[]> = z
  .array(peerSchema)
  .max(maxPeers)
  .refine(
    (peers) => new Set(peers.map((one) => one.deviceId)).size === peers.length,
    "has a device twice",
  );

/** The list with this peer in the place of what it said of the device before, or at its end. */
export function withPeer(peers: readonly Peer[], peer: Peer): readonly Peer[] {
  const at = peers.findIndex((one) => one.deviceId === peer.deviceId);
  return at === -1 ? [...peers, peer] : peers.with(at, peer);
}

/** The list without the device. */
export function withoutPeer(
  peers: readonly Peer[],
  deviceId: DeviceId,
): readonly Peer[] {
  return peers.filter((one) => one.deviceId !== deviceId);
}

/** A peer that was just reached at `address` (null: it came to us). */
export function seenPeer(
  peer: Peer,
  atMs: number,
  address: string | null,
): Peer {
  if (address === null) return { ...peer, lastSeenAtMs: atMs };
  const others = peer.lastAddresses.filter((one) => one !== address);
  return {
    ...peer,
    lastSeenAtMs: atMs,
    lastAddresses: [address, ...others].slice(0, maxPeerAddresses),
  };
}

/** Whom this computer may work for, the first to serve first. */
export function mastersOf(peers: readonly Peer[]): readonly Peer[] {
  return peers
    .filter((one) => one.isMaster)
    .sort((a, b) => a.masterPriority - b.masterPriority);
}

/** The list with this master before all others, which keep their order. */
export function withFirstMaster(
  peers: readonly Peer[],
  deviceId: DeviceId,
): readonly Peer[] {
  const others = mastersOf(peers).filter((one) => one.deviceId !== deviceId);
  const order = [deviceId, ...others.map((one) => one.deviceId)];
  return peers.map((one) => {
    const masterPriority = order.indexOf(one.deviceId);
    return masterPriority === -1 ? one : { ...one, masterPriority };
  });
}

/** Whether the device may dial in and work for this computer. */
export function isKnownWorker(
  peers: readonly Peer[],
  deviceId: DeviceId,
): boolean {
  return peers.some((one) => one.deviceId === deviceId && one.isWorker);
}

/** The list after a master was left; a device that is nothing else is forgotten. */
export function withoutMaster(
  peers: readonly Peer[],
  deviceId: DeviceId,
): readonly Peer[] {
  return without(peers, deviceId, { isMaster: false });
}

/** The list after a worker was dismissed; a device that is nothing else is forgotten. */
export function withoutWorker(
  peers: readonly Peer[],
  deviceId: DeviceId,
): readonly Peer[] {
  return without(peers, deviceId, { isWorker: false });
}

function without(
  peers: readonly Peer[],
  deviceId: DeviceId,
  change: Partial<Pick<Peer, "isMaster" | "isWorker">>,
): readonly Peer[] {
  return peers
    .map((one) => (one.deviceId === deviceId ? { ...one, ...change } : one))
    .filter((one) => one.deviceId !== deviceId || one.isMaster || one.isWorker);
}
