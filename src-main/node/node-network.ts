import { hostname } from "node:os";
import { unreachable } from "../core/assert.ts";
import { refusalOf } from "../core/discovery/diagnosis.ts";
import { candidateAddresses } from "../core/discovery/address-order.ts";
import {
  formatHostPort,
  parseHostPort,
  type HostPort,
} from "../core/discovery/host-port.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import { connectFirst, type TriedAddress } from "../net/connect-first.ts";
import { startDiscovery, type Discovery } from "../net/discovery/discovery.ts";
import type { Refused } from "../net/door.ts";
import type { Identity } from "../net/identity.ts";
import { diagnoseNetwork } from "../net/network-diagnosis.ts";
import { ownProtocol } from "../protocol/hello.ts";
import { seenPeer, withPeer } from "../protocol/peer.ts";
import type { NetworkRequest, UiSeenPeer } from "../protocol/ui-network.ts";
import type { NodeStore } from "../store/node-store.ts";
import type { MasterAddress, NodeOptions } from "./node-options.ts";
import type { NodeRoles } from "./node-roles.ts";

/** Devices turned away that the diagnosis can name. */
const turnedAwayMax = 64;

export interface NodeNetworkOptions {
  readonly options: NodeOptions;
  readonly identity: Identity;
  readonly store: NodeStore;
  readonly log: (line: string) => void;
  /** Who is seen has changed. */
  readonly onChanged: () => void;
}

/** How a node finds others and is found, as its role and settings have it. */
export class NodeNetwork {
  readonly #options: NodeNetworkOptions;
  readonly #turnedAway = new Map<DeviceId, ErrorCode>();
  #roles: NodeRoles | null = null;
  #discovery: Discovery | null = null;
  #announced: string | null = null;
  #tried: TriedAddress[] = [];
  #isClosed = false;

  constructor(options: NodeNetworkOptions) {
    this.#options = options;
  }

  /** Takes up what the node is and what the settings say now; cheap when nothing changed. */
  follow(roles: NodeRoles): void {
    this.#roles = roles;
    if (this.#isClosed) return;
    const { options, store } = this.#options;
    const isWanted =
      options.discovers === true &&
      store.settings.discovery &&
      !isOfThisMachine(roles, options);
    if (isWanted && this.#discovery === null) this.#start();
    if (!isWanted && this.#discovery !== null) {
      void this.#discovery.close();
      this.#discovery = null;
    }
    const listening = roles.master?.listening ?? null;
    const announced = listening === null ? null : formatHostPort(listening);
    if (this.#discovery === null || announced === this.#announced) return;
    this.#announced = announced;
    this.#discovery.announce(listening);
  }

  seen(): readonly UiSeenPeer[] {
    const { peers } = this.#options.store.settings;
    return (this.#discovery?.peers() ?? []).map(({ deviceId, at }) => ({
      deviceId,
      name: peers.find((one) => one.deviceId === deviceId)?.name ?? null,
      hostName: at[0]?.hostName ?? null,
      addresses: this.#candidates(deviceId, []).map(formatHostPort),
      isCompatible:
        refusalOf({
          version: at[0]?.version ?? null,
          ...{ isPaired: true, failure: null, ownLowest: ownProtocol.lowest },
        }) === null,
    }));
  }

  /** Connects to a master wherever it may be now, and remembers where it was. */
  async reach<Link>(
    master: MasterAddress,
    signal: AbortSignal,
    connect: (address: HostPort, signal: AbortSignal) => Promise<Link>,
  ): Promise<Link> {
    const { deviceId } = master;
    this.#tried = [];
    try {
      const { link, address } = await connectFirst({
        candidates: this.#candidates(deviceId, [master]),
        ...{ signal, connect },
        onTried: (tried) => this.#tried.push(tried),
      });
      await this.#remember(deviceId, address);
      return link;
    } catch (error) {
      this.#discovery?.searchNow();
      throw error;
    }
  }

  turnedAway({ peerId, code }: Refused): void {
    if (peerId === null) return;
    this.#turnedAway.delete(peerId);
    this.#turnedAway.set(peerId, code);
    if (this.#turnedAway.size <= turnedAwayMax) return;
    const [oldest] = this.#turnedAway.keys();
    if (oldest !== undefined) this.#turnedAway.delete(oldest);
  }

  /** What faces ask for. */
  async handle(request: NetworkRequest): Promise<unknown> {
    switch (request.type) {
      case "search-network":
        this.#discovery?.searchNow();
        return null;
      case "diagnose-network":
        return this.#diagnose();
      default:
        return unreachable(request);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#discovery?.close();
    this.#discovery = null;
  }

  #start(): void {
    const { identity, store, log, onChanged } = this.#options;
    this.#announced = null;
    this.#discovery = startDiscovery({
      deviceId: identity.deviceId,
      version: ownProtocol.highest,
      computerName: hostname(),
      chosenInterfaces: () => store.settings.interfaces,
      isPaired: (id) => store.settings.peers.some((one) => one.deviceId === id),
      log,
    });
    this.#discovery.onChange(onChanged);
  }

  #candidates(
    deviceId: DeviceId,
    manual: readonly HostPort[],
  ): readonly HostPort[] {
    const { peers } = this.#options.store.settings;
    const peer = peers.find((one) => one.deviceId === deviceId);
    return candidateAddresses({
      remembered: (peer?.lastAddresses ?? [])
        .map(parseHostPort)
        .filter((address) => address !== null),
      seen: this.#discovery?.peer(deviceId) ?? null,
      manual: manual.map(({ host, port }) => ({ host, port })),
      interfaces: this.#discovery?.interfaces() ?? [],
    });
  }

  async #remember(deviceId: DeviceId, address: HostPort): Promise<void> {
    const { store } = this.#options;
    const { peers } = store.settings;
    const peer = peers.find((one) => one.deviceId === deviceId);
    if (peer === undefined) return;
    const seen = seenPeer(peer, Date.now(), formatHostPort(address));
    await store.updateSettings({ peers: withPeer(peers, seen) });
  }

  #diagnose(): Promise<unknown> {
    const { identity, store } = this.#options;
    const roles = this.#roles;
    const served = roles?.worker?.master?.deviceId ?? null;
    const isServed = roles?.worker?.session?.kind === "connected";
    const workers = roles?.master?.master.workers.keys() ?? [];
    const connected = new Set(workers);
    if (served !== null && isServed) connected.add(served);
    return diagnoseNetwork({
      identity,
      discovery: this.#discovery,
      listening: roles?.master?.listening ?? null,
      paired: new Map(
        store.settings.peers.map(({ deviceId, name }) => [deviceId, name]),
      ),
      connected,
      turnedAway: this.#turnedAway,
      master:
        served === null || served === identity.deviceId
          ? null
          : { deviceId: served, tried: this.#tried },
      nowMs: () => Date.now(),
    });
  }
}

/** A farm of one machine needs no network (rule D2). */
function isOfThisMachine(roles: NodeRoles, options: NodeOptions): boolean {
  const host = roles.master?.listening.host ?? options.master?.host;
  return host !== undefined && /^(127\.|::1$|localhost$)/.test(host);
}
