/**
 * Finds masters on the local networks and, on a master, makes it findable
 * (protocol/SPEC.md, rules D1 to D12). What is heard is a hint where to dial,
 * never a reason to trust: the key proven at the connection decides.
 */
import {
  announcedHost,
  announcementTxt,
  instanceName,
  readAnswer,
} from "../../core/discovery/announcement.ts";
import type { HostPort } from "../../core/discovery/host-port.ts";
import type {
  InterfaceDecision,
  SystemInterface,
} from "../../core/discovery/interface-choice.ts";
import { PeerTable, type SeenPeer } from "../../core/discovery/peer-table.ts";
import { QuerySchedule } from "../../core/discovery/query-schedule.ts";
import type { DeviceId } from "../../core/identifiers.ts";
import { systemTimers, type Timers } from "../link-limits.ts";
import { openBonjourPort } from "./bonjour-port.ts";
import { InterfacePorts, type PortReport } from "./interface-ports.ts";
import type { Announcement, LanInterface, OpenMdnsPort } from "./mdns-port.ts";
import { systemInterfaces } from "./system-interfaces.ts";

/** Interfaces are looked at this often; the system tells nobody when they change. */
const lookEveryMs = 1_000;
/** A look this late means that the computer slept: everything may be elsewhere now. */
const sleptMs = 10_000;
/** Never two questions closer than this, whatever the schedule says. */
const shortestWaitMs = 20;

export interface DiscoveryOptions {
  readonly deviceId: DeviceId;
  /** Highest protocol version this program speaks. */
  readonly version: number;
  /** As the system calls this computer; a master's is announced. */
  readonly computerName: string;
  /** Names or addresses of interfaces a person chose; null: by their names. Asked at every look. */
  readonly chosenInterfaces: () => readonly string[] | null;
  /** Paired devices are listed even when strangers flood the network. */
  readonly isPaired: (id: DeviceId) => boolean;
  readonly log: (line: string) => void;
  readonly timers?: Timers;
  readonly random?: () => number;
  readonly readInterfaces?: () => readonly SystemInterface[];
  readonly openPort?: OpenMdnsPort;
}

/** What discovery knows of its own state, for the diagnosis. Times are of its timers' clock. */
export interface DiscoveryReport {
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly interfaces: readonly PortReport[];
  readonly announcedPort: number | null;
  /** When our own announcement came back to us, by interface name. */
  readonly ownHeardAtMs: ReadonlyMap<string, number>;
  /** Another computer that announces our id, with the time; a copied data folder. */
  readonly twin: { readonly sender: string; readonly atMs: number } | null;
  /** Answers of any mDNS program heard so far. */
  readonly answersHeard: number;
}

export interface Discovery {
  /** Other devices heard lately, by id. */
  peers(): readonly SeenPeer[];
  peer(id: DeviceId): SeenPeer | null;
  /** Interfaces and whether they are used. */
  interfaces(): readonly InterfaceDecision[];
  /** Told after a peer appeared, changed or was gone, or interfaces changed. Gives back the way out. */
  onChange(listener: () => void): () => void;
  /** A master's address in reach of others; null: announce nothing, only look. */
  announce(listening: HostPort | null): void;
  /** Looks eagerly again: somebody waits, or a master was lost. */
  searchNow(): void;
  report(): DiscoveryReport;
  /** Says goodbye; safe to call twice. */
  close(): Promise<void>;
}

/** Starts looking at once. Never fails: what does not work stands in the report. */
export function startDiscovery(options: DiscoveryOptions): Discovery {
  return new LanDiscovery(options);
}

class LanDiscovery implements Discovery {
  readonly #options: DiscoveryOptions;
  readonly #timers: Timers;
  readonly #random: () => number;
  readonly #table: PeerTable;
  readonly #schedule: QuerySchedule;
  readonly #ports: InterfacePorts;
  readonly #listeners = new Set<() => void>();
  readonly #ownHeardAtMs = new Map<string, number>();
  readonly #startedAtMs: number;
  #twin: DiscoveryReport["twin"] = null;
  #answersHeard = 0;
  #listening: HostPort | null = null;
  #lookedAtMs = -Infinity;
  #stopTimer: () => void = () => undefined;
  #closed: Promise<void> | null = null;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#random = options.random ?? Math.random;
    this.#table = new PeerTable(options.isPaired);
    this.#startedAtMs = this.#timers.now();
    this.#schedule = new QuerySchedule(this.#startedAtMs);
    this.#ports = new InterfacePorts({
      open: options.openPort ?? openBonjourPort,
      onAnswer: (lan, records, sender) => this.#heard(lan, records, sender),
      onOpened: () => {
        this.searchNow();
        this.#changed();
      },
      onClosed: (name) => {
        this.#ownHeardAtMs.delete(name);
        this.#table.dropInterface(name);
      },
      announcement: (lan) => this.#announcementOn(lan),
      log: options.log,
    });
    this.#turn();
  }

  peers(): readonly SeenPeer[] {
    return this.#table.all();
  }

  peer(id: DeviceId): SeenPeer | null {
    return this.#table.get(id);
  }

  interfaces(): readonly InterfaceDecision[] {
    return this.#ports.decisions;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  announce(listening: HostPort | null): void {
    this.#listening = listening;
    this.#ownHeardAtMs.clear();
    if (this.#closed !== null) return;
    this.#ports.announceAnew();
    this.searchNow();
  }

  searchNow(): void {
    this.#schedule.restart(this.#timers.now());
    this.#arm();
  }

  report(): DiscoveryReport {
    return {
      nowMs: this.#timers.now(),
      startedAtMs: this.#startedAtMs,
      interfaces: this.#ports.report(),
      announcedPort: this.#listening?.port ?? null,
      ownHeardAtMs: this.#ownHeardAtMs,
      twin: this.#twin,
      answersHeard: this.#answersHeard,
    };
  }

  close(): Promise<void> {
    this.#stopTimer();
    this.#listeners.clear();
    this.#closed ??= this.#ports.close();
    return this.#closed;
  }

  /** Everything that is due. */
  #turn(): void {
    const nowMs = this.#timers.now();
    let hasChanged = this.#table.expire(nowMs);
    if (nowMs >= this.#lookedAtMs + lookEveryMs && this.#look(nowMs))
      hasChanged = true;
    if (nowMs >= this.#schedule.nextAtMs(this.#table.leastSeenMs())) {
      this.#schedule.asked(nowMs, this.#random());
      this.#ports.query();
    }
    if (hasChanged) this.#changed();
    this.#arm();
  }

  #look(nowMs: number): boolean {
    const { readInterfaces = systemInterfaces, chosenInterfaces } =
      this.#options;
    if (nowMs - this.#lookedAtMs > sleptMs) this.#schedule.restart(nowMs);
    this.#lookedAtMs = nowMs;
    try {
      return this.#ports.follow(readInterfaces(), chosenInterfaces(), nowMs);
    } catch (error) {
      // A system that does not let us see them (some containers and phones).
      this.#options.log(`interfaces cannot be read: ${String(error)}`);
      return false;
    }
  }

  #heard(
    lan: LanInterface,
    ...[records, sender]: Parameters<typeof readAnswer>
  ): void {
    const nowMs = this.#timers.now();
    this.#answersHeard += 1;
    const { sightings, goodbyes } = readAnswer(records, sender);
    let hasChanged = false;
    for (const sighting of sightings) {
      if (sighting.deviceId === this.#options.deviceId)
        this.#heardOwn(lan, sender, nowMs);
      else if (this.#table.heard(sighting, lan.name, nowMs)) hasChanged = true;
    }
    for (const instance of goodbyes)
      this.#table.saidGoodbye(instance, sender, nowMs);
    if (hasChanged) this.#changed();
    if (sightings.length + goodbyes.length > 0) this.#arm();
  }

  #heardOwn(lan: LanInterface, sender: string, atMs: number): void {
    if (this.#ports.isOwn(sender)) this.#ownHeardAtMs.set(lan.name, atMs);
    else this.#twin = { sender, atMs };
  }

  /** Only where it can be dialled: a listener on one address is announced on that network alone. */
  #announcementOn(lan: LanInterface): Announcement | null {
    const { deviceId, version, computerName } = this.#options;
    if (this.#listening === null) return null;
    const { host, port } = this.#listening;
    if (host !== "0.0.0.0" && host !== "::" && host !== lan.address)
      return null;
    return {
      instance: instanceName(deviceId),
      host: announcedHost(deviceId, computerName),
      port,
      txt: announcementTxt(deviceId, version),
    };
  }

  /** Wakes for what is due next. */
  #arm(): void {
    this.#stopTimer();
    if (this.#closed !== null) return;
    const nowMs = this.#timers.now();
    const dueMs = Math.min(
      this.#lookedAtMs + lookEveryMs,
      this.#schedule.nextAtMs(this.#table.leastSeenMs()),
      this.#table.nextGoneMs() ?? Infinity,
    );
    this.#stopTimer = this.#timers.after(
      Math.max(dueMs - nowMs, shortestWaitMs),
      () => this.#turn(),
    );
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
