import type { DeviceId } from "../core/identifiers.ts";
import type { OutdatedPeer } from "../net/farm-server.ts";
import { ownProtocol } from "../protocol/hello.ts";
import type { UiWorker } from "../protocol/ui-contract.ts";

/**
 * Workers whose version this master has no language in common with: they are
 * listed, so that a person sees what to update, and get no work.
 */
export class OutdatedWorkers {
  readonly #peers = new Map<DeviceId, OutdatedPeer>();
  readonly #ownVersion: string;

  constructor(ownVersion: string) {
    this.#ownVersion = ownVersion;
  }

  /** Of allowed devices only, so there are never more than peers. */
  add(peer: OutdatedPeer): void {
    this.#peers.set(peer.peerId, peer);
  }

  /** It came back with a version that is understood, or was revoked. */
  remove(id: DeviceId): void {
    this.#peers.delete(id);
  }

  rows(): readonly UiWorker[] {
    return [...this.#peers.values()].map((peer) => ({
      workerId: peer.peerId,
      name: peer.name,
      state: "outdated",
      platform: "",
      cpuModel: "",
      cpuCount: 0,
      ffmpegVersion: "",
      capabilities: [],
      slots: 0,
      framesPerSecond: 0,
      cpuRatio: 0,
      roundTripMs: null,
      work: [],
      idleReason: this.#advice(peer),
    }));
  }

  #advice(peer: OutdatedPeer): string {
    return peer.highest < ownProtocol.lowest
      ? `It has Reelfarm ${peer.appVersion}: update it to ${this.#ownVersion}.`
      : `It has Reelfarm ${peer.appVersion}: update this computer to that.`;
  }
}
