import Bonjour from "bonjour-service";
import { networkInterfaces } from "node:os";
import {
  serviceName,
  type DnsRecord,
} from "../../core/discovery/announcement.ts";
import { assert } from "../../core/assert.ts";
import { LanSocket } from "./lan-socket.ts";
import type {
  Announcement,
  LanInterface,
  MdnsEvents,
  MdnsPort,
} from "./mdns-port.ts";

/** A goodbye that cannot be sent is not waited for. */
const goodbyeMs = 500;

/**
 * bonjour-service (1.4.4) on one interface. It announces and answers; its
 * browser is not used: that never forgets a service, keeps any number of them,
 * does not tell when one is heard again, and notices no changed address.
 */
export async function openBonjourPort(
  lan: LanInterface,
  events: MdnsEvents,
): Promise<MdnsPort> {
  const socket = await LanSocket.open(lan);
  socket.on("trouble", (code: string) => events.onTrouble(code));
  // Options it hands on to multicast-dns; its own type knows none of them.
  const options: object = { socket, bind: false, multicast: false };
  const bonjour = new Bonjour(options, (error: unknown) =>
    events.onTrouble(String(error)),
  );
  const mdns = mdnsOf(bonjour);
  mdns.on("error", (error) => events.onTrouble(String(error)));
  mdns.on("response", (packet, from) =>
    events.onAnswer([...packet.answers, ...packet.additionals], from.address),
  );
  announceOwnAddressesOnly(mdns, lan);
  return new BonjourPort(bonjour, mdns);
}

class BonjourPort implements MdnsPort {
  readonly #bonjour: Bonjour;
  readonly #mdns: MulticastDns;
  #isClosed = false;

  constructor(bonjour: Bonjour, mdns: MulticastDns) {
    this.#bonjour = bonjour;
    this.#mdns = mdns;
  }

  query(): void {
    if (!this.#isClosed) this.#mdns.query(`_${serviceName}._tcp.local`, "PTR");
  }

  announce(announcement: Announcement | null): void {
    if (this.#isClosed) return;
    this.#bonjour.unpublishAll();
    if (announcement === null) return;
    const { instance, host, port, txt } = announcement;
    this.#bonjour.publish({
      ...{ name: instance, type: serviceName, host, port, txt: { ...txt } },
      // The name is unique; our own other interfaces would be taken for a conflict.
      probe: false,
    });
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#bonjour.destroy(resolve);
      };
      const timer = setTimeout(end, goodbyeMs);
      this.#bonjour.unpublishAll(end);
    });
  }
}

interface DnsPacket {
  readonly answers: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

/** What is used of multicast-dns. */
interface MulticastDns {
  on(event: "error", listener: (error: unknown) => void): void;
  on(
    event: "response",
    listener: (packet: DnsPacket, from: { readonly address: string }) => void,
  ): void;
  query(name: string, type: string): void;
  respond(answer: Answer, ...rest: unknown[]): void;
}

/** Records to send, bare or with additional ones. */
type Answer =
  | readonly DnsRecord[]
  | {
      readonly answers: readonly DnsRecord[];
      readonly additionals?: readonly DnsRecord[];
    };

/** The library keeps it to itself, and has no other way to hear of errors and answers. */
function mdnsOf(bonjour: Bonjour): MulticastDns {
  const server: unknown = Reflect.get(bonjour, "server");
  assert(typeof server === "object" && server !== null, "bonjour has a server");
  const mdns: unknown = Reflect.get(server, "mdns");
  assert(typeof mdns === "object" && mdns !== null, "the server has mdns");
  return mdns as MulticastDns;
}

/** The library would announce the addresses of every interface, VPN and containers too. */
function announceOwnAddressesOnly(mdns: MulticastDns, lan: LanInterface): void {
  const addresses = networkInterfaces()[lan.name] ?? [];
  const own = new Set(addresses.map(({ address }) => address));
  const isOurs = ({ type, data }: DnsRecord): boolean =>
    (type !== "A" && type !== "AAAA") ||
    (typeof data === "string" && own.has(data));
  const respond = mdns.respond.bind(mdns);
  mdns.respond = (answer, ...rest) =>
    respond(
      "answers" in answer
        ? {
            answers: answer.answers.filter(isOurs),
            additionals: (answer.additionals ?? []).filter(isOurs),
          }
        : answer.filter(isOurs),
      ...rest,
    );
}
