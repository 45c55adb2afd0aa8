import { formatDeviceId } from "../core/device-name.ts";
import type { DeviceId } from "../core/identifiers.ts";
import { PairingDesk } from "../net/pairing/pairing-desk.ts";
import { isKnownWorker } from "../protocol/peer.ts";
import { keepWorker } from "../store/kept-peers.ts";
import type { NodeContext } from "./node-context.ts";
import { OutdatedWorkers } from "./outdated-workers.ts";

/** Who may come in to a master, and how strangers come to be among them. */
export class FarmGate {
  readonly pairing: PairingDesk;
  readonly outdated: OutdatedWorkers;
  readonly #context: NodeContext;
  /** Revoked in this run: they stay out though named at the start. */
  readonly #shutOut = new Set<DeviceId>();

  constructor(context: NodeContext) {
    const { identity, hello, store, log, touch } = context;
    this.#context = context;
    this.outdated = new OutdatedWorkers(hello.appVersion);
    this.pairing = new PairingDesk({
      ownId: identity.deviceId,
      hello,
      letIn: async (device) => {
        await keepWorker(store, device);
        this.#shutOut.delete(device.deviceId);
        log(`paired with ${device.name} (${formatDeviceId(device.deviceId)})`);
      },
      onChanged: () => {
        touch(null);
      },
    });
  }

  isAllowed(id: DeviceId): boolean {
    const { identity, options, store } = this.#context;
    if (id === identity.deviceId) return true;
    if (this.#shutOut.has(id)) return false;
    return (
      options.allow.includes(id) || isKnownWorker(store.settings.peers, id)
    );
  }

  /** From this moment on; open connections are the server's to end. */
  shutOut(id: DeviceId): void {
    this.#shutOut.add(id);
    this.pairing.forget(id);
    this.outdated.remove(id);
  }
}
