import type { DeviceId } from "../identifiers.ts";
import { instanceName, type Sighting } from "./announcement.ts";

/** Silence after which a peer is gone (design: gone within ten seconds). */
export const goneAfterMs = 9_000;
/** A goodbye holds after this long (RFC 6762, section 10.1): it may be followed by a new address. */
export const goodbyeMs = 1_000;
/** Anybody may announce anything: more devices are not kept. */
export const maxSeenDevices = 64;
/** Nor are more addresses from which one device was announced. */
export const maxSendersPerDevice = 8;

/** Where a device was heard. */
export interface SeenAt {
  readonly interfaceName: string;
  readonly sender: string;
  readonly port: number;
  readonly version: number;
  readonly addresses: readonly string[];
  /** What the computer says it is called; null: it does not say. */
  readonly hostName: string | null;
  readonly lastSeenMs: number;
}

/** A device as announcements tell of it; nothing is proven. */
export interface SeenPeer {
  readonly deviceId: DeviceId;
  /** Lastly heard first. */
  readonly at: readonly SeenAt[];
  readonly lastSeenMs: number;
}

interface Entry {
  readonly seen: SeenAt;
  readonly goneAtMs: number;
}

/** Who was heard lately. It is told the time, and tells whether something changed that people would see. */
export class PeerTable {
  readonly #isPaired: (id: DeviceId) => boolean;
  readonly #entries = new Map<DeviceId, Map<string, Entry>>();

  /** Paired devices find a place even when strangers have filled the table. */
  constructor(isPaired: (id: DeviceId) => boolean) {
    this.#isPaired = isPaired;
  }

  heard(sighting: Sighting, interfaceName: string, nowMs: number): boolean {
    const { deviceId, ...heard } = sighting;
    const { sender, port, version, addresses, hostName } = heard;
    const senders = this.#entries.get(deviceId) ?? this.#makeRoom(deviceId);
    if (senders === null) return false;
    const key = `${interfaceName} ${sender}`;
    const before = senders.get(key);
    if (before === undefined && senders.size >= maxSendersPerDevice)
      senders.delete(leastSeenKey(senders));
    const seen = { interfaceName, ...heard };
    senders.set(key, {
      seen: { ...seen, lastSeenMs: nowMs },
      goneAtMs: nowMs + goneAfterMs,
    });
    return (
      before === undefined ||
      before.seen.port !== port ||
      before.seen.version !== version ||
      before.seen.hostName !== hostName ||
      before.seen.addresses.join() !== addresses.join()
    );
  }

  /** Only who announced something can take it back. */
  saidGoodbye(instance: string, sender: string, nowMs: number): void {
    for (const [deviceId, senders] of this.#entries) {
      if (instanceName(deviceId) !== instance) continue;
      for (const [key, entry] of senders)
        if (entry.seen.sender === sender)
          senders.set(key, {
            ...entry,
            goneAtMs: Math.min(entry.goneAtMs, nowMs + goodbyeMs),
          });
    }
  }

  /** An interface is no more: what was heard there is not either. */
  dropInterface(interfaceName: string): boolean {
    return this.#removeWhere(
      ({ seen }) => seen.interfaceName === interfaceName,
    );
  }

  expire(nowMs: number): boolean {
    return this.#removeWhere((entry) => entry.goneAtMs <= nowMs);
  }

  /** When the next one is gone if it stays silent; null: nobody is known. */
  nextGoneMs(): number | null {
    return this.#least(({ goneAtMs }) => goneAtMs);
  }

  leastSeenMs(): number | null {
    return this.#least(({ seen }) => seen.lastSeenMs);
  }

  get(deviceId: DeviceId): SeenPeer | null {
    const senders = this.#entries.get(deviceId);
    if (senders === undefined) return null;
    const at = [...senders.values()]
      .map(({ seen }) => seen)
      .sort((a, b) => b.lastSeenMs - a.lastSeenMs);
    return { deviceId, at, lastSeenMs: at[0]?.lastSeenMs ?? 0 };
  }

  /** By id, so that lists do not jump. */
  all(): readonly SeenPeer[] {
    return [...this.#entries.keys()]
      .sort()
      .map((id) => this.get(id))
      .filter((peer) => peer !== null);
  }

  #makeRoom(deviceId: DeviceId): Map<string, Entry> | null {
    if (this.#entries.size >= maxSeenDevices) {
      const stranger = [...this.#entries.keys()].find(
        (id) => !this.#isPaired(id),
      );
      if (!this.#isPaired(deviceId) || stranger === undefined) return null;
      this.#entries.delete(stranger);
    }
    const senders = new Map<string, Entry>();
    this.#entries.set(deviceId, senders);
    return senders;
  }

  #removeWhere(isOver: (entry: Entry) => boolean): boolean {
    let hasChanged = false;
    for (const [deviceId, senders] of this.#entries) {
      for (const [key, entry] of senders)
        if (isOver(entry)) hasChanged = senders.delete(key);
      if (senders.size === 0) this.#entries.delete(deviceId);
    }
    return hasChanged;
  }

  #least(time: (entry: Entry) => number): number | null {
    let least: number | null = null;
    for (const senders of this.#entries.values())
      for (const entry of senders.values())
        least = Math.min(least ?? Infinity, time(entry));
    return least;
  }
}

function leastSeenKey(senders: ReadonlyMap<string, Entry>): string {
  const [first] = [...senders].sort(
    ([, a], [, b]) => a.seen.lastSeenMs - b.seen.lastSeenMs,
  );
  return first?.[0] ?? "";
}
