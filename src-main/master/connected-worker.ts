import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import type { Availability } from "../core/scheduler/events.ts";
import type { LinkEndCode, PeerLink } from "../net/peer-link.ts";
import {
  workerMessageSchema,
  type MachineFacts,
  type WorkerMessage,
} from "../protocol/messages.ts";

type Joined = Extract<WorkerMessage, { type: "joined" }>;

/** Broken messages before the link is closed: a version difference makes one or two, malice many. */
const maxBrokenMessages = 5;

export interface WorkerEvents {
  readonly onJoined: (worker: ConnectedWorker, message: Joined) => void;
  readonly onMessage: (worker: ConnectedWorker, message: WorkerMessage) => void;
  readonly onLeft: (worker: ConnectedWorker, code: LinkEndCode) => void;
}

/** A worker's link as the master sees it: parsed messages, in order, joined first. */
export class ConnectedWorker {
  readonly id: DeviceId;
  readonly link: PeerLink;
  readonly name: string;
  machine: MachineFacts | null = null;
  capabilities: readonly string[] = [];
  slots = 0;
  availability: Availability = { kind: "ready" };
  cpuRatio = 0;
  /** A person wants it to finish what it has and take nothing new. */
  drained = false;
  private broken = 0;

  constructor(link: PeerLink, events: WorkerEvents) {
    this.link = link;
    this.id = link.peerId;
    this.name = link.peerHello.name;
    link.onMessage((raw) => {
      this.receive(raw, events);
    });
    void link.closed.then(({ code }) => {
      events.onLeft(this, code);
    });
  }

  get hasJoined(): boolean {
    return this.machine !== null;
  }

  private receive(raw: unknown, events: WorkerEvents): void {
    const parsed = workerMessageSchema.safeParse(raw);
    if (!parsed.success || (!this.hasJoined && parsed.data.type !== "joined")) {
      this.broken += 1;
      if (this.broken >= maxBrokenMessages)
        throw new Failure("peer-broken", "messages");
      return;
    }
    const message = parsed.data;
    if (message.type === "joined") {
      if (this.hasJoined) return;
      this.machine = message.machine;
      this.capabilities = message.capabilities;
      this.slots = message.slots;
      this.availability = message.availability;
      events.onJoined(this, message);
      return;
    }
    if (message.type === "availability-changed")
      this.availability = message.availability;
    if (message.type === "load-measured") this.cpuRatio = message.cpuRatio;
    events.onMessage(this, message);
  }
}
