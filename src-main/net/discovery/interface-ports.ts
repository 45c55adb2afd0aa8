import {
  chooseInterfaces,
  ipv4Of,
  type InterfaceDecision,
  type SystemInterface,
} from "../../core/discovery/interface-choice.ts";
import { codeOf } from "../system-error.ts";
import type {
  Announcement,
  LanInterface,
  MdnsEvents,
  MdnsPort,
  OpenMdnsPort,
} from "./mdns-port.ts";

/** A port that could not be opened is tried again after this, and ever later. */
const firstRetryMs = 2_000;
const lastRetryMs = 60_000;

/** How one interface fares. */
export interface PortReport {
  readonly decision: InterfaceDecision;
  readonly state: "unused" | "opening" | "open" | "failed";
  /** The system's error of the last failed attempt to open, send or receive. */
  readonly trouble: string | null;
}

interface Place {
  readonly lan: LanInterface;
  port: MdnsPort | null;
  state: "opening" | "open" | "failed";
  trouble: string | null;
  retryAtMs: number;
  retryMs: number;
  isGone: boolean;
}

export interface InterfacePortsOptions {
  readonly open: OpenMdnsPort;
  readonly onAnswer: (
    lan: LanInterface,
    ...heard: Parameters<MdnsEvents["onAnswer"]>
  ) => void;
  /** A port is ready, or is no more. */
  readonly onOpened: () => void;
  readonly onClosed: (interfaceName: string) => void;
  /** What to announce on an interface. */
  readonly announcement: (lan: LanInterface) => Announcement | null;
  readonly log: (line: string) => void;
}

/** One port for every interface in use, opened and closed as interfaces come, go and change. */
export class InterfacePorts {
  readonly #options: InterfacePortsOptions;
  readonly #places = new Map<string, Place>();
  readonly #closing = new Set<Promise<void>>();
  #decisions: readonly InterfaceDecision[] = [];
  #fingerprint = "";

  constructor(options: InterfacePortsOptions) {
    this.#options = options;
  }

  get decisions(): readonly InterfaceDecision[] {
    return this.#decisions;
  }

  /** Whether an address is one of this computer's. */
  isOwn(address: string): boolean {
    return this.#decisions.some((one) =>
      one.interface.addresses.some((own) => own.address === address),
    );
  }

  /** Takes up what the system says now; true when interfaces have changed. */
  follow(
    all: readonly SystemInterface[],
    chosen: readonly string[] | null,
    nowMs: number,
  ): boolean {
    const fingerprint = JSON.stringify([all, chosen]);
    const hasChanged = fingerprint !== this.#fingerprint;
    if (hasChanged) {
      this.#fingerprint = fingerprint;
      this.#decisions = chooseInterfaces(all, chosen);
      this.#reconcile(nowMs);
    }
    for (const place of this.#places.values())
      if (place.state === "failed" && nowMs >= place.retryAtMs)
        this.#open(place, nowMs);
    return hasChanged;
  }

  query(): void {
    for (const { port } of this.#places.values()) port?.query();
  }

  /** What is to be announced has changed. */
  announceAnew(): void {
    for (const { port, lan } of this.#places.values())
      port?.announce(this.#options.announcement(lan));
  }

  report(): readonly PortReport[] {
    return this.#decisions.map((decision) => {
      const place = [...this.#places.values()].find(
        ({ lan }) => lan.name === decision.interface.name,
      );
      return {
        decision,
        state: place?.state ?? "unused",
        trouble: place?.trouble ?? null,
      };
    });
  }

  async close(): Promise<void> {
    for (const key of [...this.#places.keys()]) this.#drop(key);
    await Promise.all(this.#closing);
  }

  #reconcile(nowMs: number): void {
    const wanted = new Map<string, LanInterface>();
    for (const { interface: one, isUsed } of this.#decisions) {
      const ipv4 = ipv4Of(one);
      if (!isUsed || ipv4 === null) continue;
      const { address, prefixBits } = ipv4;
      // A changed IPv6 address must be announced as well: part of the key.
      wanted.set(JSON.stringify(one), { name: one.name, address, prefixBits });
    }
    for (const key of [...this.#places.keys()])
      if (!wanted.has(key)) this.#drop(key);
    for (const [key, lan] of wanted) {
      if (this.#places.has(key)) continue;
      const place: Place = {
        ...{ lan, port: null, state: "opening", trouble: null },
        ...{ retryAtMs: nowMs, retryMs: firstRetryMs, isGone: false },
      };
      this.#places.set(key, place);
      this.#open(place, nowMs);
    }
  }

  #open(place: Place, nowMs: number): void {
    place.state = "opening";
    const { lan } = place;
    const events: MdnsEvents = {
      onAnswer: (records, sender) => {
        if (!place.isGone) this.#options.onAnswer(lan, records, sender);
      },
      onTrouble: (code) => {
        place.trouble = code;
      },
    };
    this.#options.open(lan, events).then(
      (port) => this.#opened(place, port),
      (error: unknown) => {
        place.state = "failed";
        place.retryAtMs = nowMs + place.retryMs;
        place.retryMs = Math.min(place.retryMs * 2, lastRetryMs);
        const code = codeOf(error);
        if (code !== place.trouble)
          this.#options.log(`no discovery on ${lan.name}: ${code}`);
        place.trouble = code;
      },
    );
  }

  #opened(place: Place, port: MdnsPort): void {
    if (place.isGone) {
      this.#closePort(port);
      return;
    }
    place.port = port;
    place.state = "open";
    place.trouble = null;
    place.retryMs = firstRetryMs;
    port.announce(this.#options.announcement(place.lan));
    this.#options.onOpened();
  }

  #drop(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    place.isGone = true;
    if (place.port !== null) this.#closePort(place.port);
    this.#options.onClosed(place.lan.name);
  }

  #closePort(port: MdnsPort): void {
    const closing = port.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
