import { unreachable } from "../core/assert.ts";
import { formatDeviceId } from "../core/device-name.ts";
import { explain, Failure } from "../core/errors.ts";
import { isDeviceId, type DeviceId } from "../core/identifiers.ts";
import { formatJoinLink } from "../core/pairing/join-link.ts";
import type { PairingOffer } from "../core/pairing/pairing-book.ts";
import {
  joinFirst,
  readCode,
  readLink,
  type JoinSecret,
} from "../net/pairing/join.ts";
import { withoutPeer, withPeer } from "../protocol/peer.ts";
import type {
  PairingRequest,
  UiDevice,
  UiJoined,
  UiPairing,
  UiPairingOffer,
} from "../protocol/ui-pairing.ts";
import { addressText, keepMaster } from "../store/kept-peers.ts";
import type { MasterRole } from "./master-role.ts";
import type { NodeContext } from "./node-context.ts";
import type { NodeRoles } from "./node-roles.ts";
import { reachableAddresses } from "./reachable-addresses.ts";

/** A node's dealings with who belongs to the farm: pairs, joins, revokes, renames. */
export class NodePairing {
  readonly #context: NodeContext;
  readonly #roles: NodeRoles;
  readonly #end = new AbortController();

  constructor(context: NodeContext, roles: NodeRoles) {
    this.#context = context;
    this.#roles = roles;
  }

  /** Ends joins that are under way. */
  close(): void {
    this.#end.abort();
  }

  /** What faces ask for. */
  async handle(request: PairingRequest): Promise<unknown> {
    const answer = await this.#answer(request);
    this.#context.touch(null);
    return answer;
  }

  /** What people here call a paired device. */
  labelOf(id: string): string | null {
    const { peers } = this.#context.store.settings;
    return peers.find((one) => one.deviceId === id)?.name ?? null;
  }

  /** Null while the node is no master. */
  view(): UiPairing | null {
    const master = this.#roles.master;
    if (master === null) return null;
    const { visit, outcome, outcomes } = master.gate.pairing;
    const { peers } = this.#context.store.settings;
    return {
      offers: master.gate.pairing.offers.map((offer) =>
        this.#offer(master, offer),
      ),
      visit:
        visit === null
          ? null
          : {
              request: visit.number,
              deviceId: visit.deviceId,
              idText: formatDeviceId(visit.deviceId),
              name: visit.name,
              address: visit.address,
              means: visit.means,
              state: visit.state,
              namesakeIds: peers
                .filter(
                  (one) =>
                    one.name === visit.name && one.deviceId !== visit.deviceId,
                )
                .map((one) => one.deviceId),
            },
      outcome:
        outcome === null
          ? null
          : {
              number: outcomes,
              deviceId: outcome.deviceId,
              idText: formatDeviceId(outcome.deviceId),
              name: outcome.name,
              address: outcome.address,
              refused:
                outcome.code === null
                  ? null
                  : {
                      code: outcome.code,
                      text: explain(outcome.code, "").text.trim(),
                    },
            },
    };
  }

  async #answer(request: PairingRequest): Promise<unknown> {
    switch (request.type) {
      case "start-pairing": {
        const master = this.#requireMaster();
        const { means, mustAsk } = request;
        return this.#offer(master, master.gate.pairing.offer(means, mustAsk));
      }
      case "stop-pairing":
        this.#requireMaster().gate.pairing.stop();
        return null;
      case "answer-pairing":
        if (
          !this.#requireMaster().gate.pairing.answer(
            request.request,
            request.accepts,
          )
        )
          throw new Failure("job-state-wrong", "that request is over");
        return null;
      case "join-by-code":
        return this.#join(readCode(request.code), [
          { host: request.host, port: request.port },
        ]);
      case "join-by-link": {
        const { secret, addresses } = readLink(request.link);
        return this.#join(secret, addresses);
      }
      case "list-devices":
        return this.#devices();
      case "revoke-device":
        await this.#revoke(idOf(request.deviceId));
        return null;
      case "rename-device":
        await this.#rename(idOf(request.deviceId), request.name);
        return null;
      case "rename-node":
        await this.#context.store.updateSettings({ name: request.name });
        return null;
      default:
        return unreachable(request);
    }
  }

  async #join(
    secret: JoinSecret,
    addresses: readonly { readonly host: string; readonly port: number }[],
  ): Promise<UiJoined> {
    const role = this.#roles.role;
    if (role === "master" || role === "both")
      throw new Failure(
        "job-state-wrong",
        "this computer runs a farm of its own; make it a worker first",
      );
    const { identity, hello, log } = this.#context;
    const joined = await joinFirst(addresses, {
      ...secret,
      identity,
      hello,
      signal: this.#end.signal,
    });
    await keepMaster(this.#context.store, joined);
    log(`joined ${joined.name} (${formatDeviceId(joined.masterId)})`);
    await this.#roles.become("worker");
    await this.#context.store.updateSettings({ role: "worker" });
    await this.#roles.serveFirst();
    return {
      masterId: joined.masterId,
      idText: formatDeviceId(joined.masterId),
      name: joined.name,
      address: addressText(joined.address),
    };
  }

  #devices(): readonly UiDevice[] {
    const workers = this.#roles.master?.master.workers;
    const served = this.#roles.worker;
    return this.#context.store.settings.peers.map((peer) => ({
      deviceId: peer.deviceId,
      idText: formatDeviceId(peer.deviceId),
      name: peer.name,
      isWorker: peer.isWorker,
      isMaster: peer.isMaster,
      isConnected:
        workers?.has(peer.deviceId) === true ||
        (served?.master?.deviceId === peer.deviceId &&
          served.session?.kind === "connected"),
      pairedAtMs: peer.pairedAtMs,
      lastSeenAtMs: peer.lastSeenAtMs,
      address: peer.lastAddresses[0] ?? null,
    }));
  }

  /** Taken out of the list first: nothing it does from then on lets it in. */
  async #revoke(id: DeviceId): Promise<void> {
    const { store, log } = this.#context;
    const { peers, drainedWorkers } = store.settings;
    const peer = peers.find((one) => one.deviceId === id);
    const master = this.#roles.master;
    const isAllowedByHand = this.#context.options.allow.includes(id);
    if (peer === undefined && !isAllowedByHand)
      throw new Failure("device-unknown", formatDeviceId(id));
    const stored = store.updateSettings({
      peers: withoutPeer(peers, id),
      drainedWorkers: drainedWorkers.filter((one) => one !== id),
    });
    master?.shutOut(id);
    await stored;
    log(`revoked ${peer?.name ?? ""} (${formatDeviceId(id)})`);
    if (peer?.isMaster === true) await this.#roles.serveFirst();
  }

  async #rename(id: DeviceId, name: string): Promise<void> {
    const { store } = this.#context;
    const { peers } = store.settings;
    const peer = peers.find((one) => one.deviceId === id);
    if (peer === undefined)
      throw new Failure("device-unknown", formatDeviceId(id));
    await store.updateSettings({ peers: withPeer(peers, { ...peer, name }) });
  }

  #requireMaster(): MasterRole {
    const { master } = this.#roles;
    if (master === null)
      throw new Failure(
        "job-state-wrong",
        "only a master pairs workers; this computer is none",
      );
    return master;
  }

  #offer(master: MasterRole, offer: PairingOffer): UiPairingOffer {
    const { means, secret, mustAsk, triesLeft } = offer;
    const leftMs = offer.expiresAtMs - master.gate.pairing.nowMs();
    return {
      means,
      text: means === "code" ? secret : this.#link(master, secret),
      mustAsk,
      // To the second, or the node's row would differ at every look.
      expiresAtMs: Math.round((Date.now() + leftMs) / 1000) * 1000,
      triesLeft,
    };
  }

  #link(master: MasterRole, token: string): string {
    const masterId = this.#context.identity.deviceId;
    const addresses = reachableAddresses(master.listening);
    return formatJoinLink({ masterId, addresses, token });
  }
}

function idOf(text: string): DeviceId {
  if (!isDeviceId(text)) throw new Failure("device-unknown", text);
  return text;
}
