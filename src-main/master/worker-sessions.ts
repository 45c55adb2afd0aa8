import { Failure } from "../core/errors.ts";
import type { AttemptId, DeviceId } from "../core/identifiers.ts";
import type { LinkEndCode, PeerLink } from "../net/peer-link.ts";
import type { WorkerMessage } from "../protocol/messages.ts";
import type { AttemptDesk } from "./attempt-desk.ts";
import { ConnectedWorker } from "./connected-worker.ts";
import type { Inheritance } from "./inheritance.ts";
import type { SchedulerLoop } from "./scheduler-loop.ts";

/** While a link lives its worker does; net closes links that go silent. */
const heardEveryMs = 2_000;

type JoinedMessage = Extract<WorkerMessage, { type: "joined" }>;

export interface SessionPorts {
  readonly loop: SchedulerLoop;
  readonly desk: AttemptDesk;
  readonly inheritance: Inheritance;
  /** A node's own worker is at no distance. */
  readonly ownDeviceId: DeviceId;
  /** Workers told to finish what they have and take nothing new; also when they come back. */
  readonly drained: {
    ids(): readonly DeviceId[];
    /** Holds at once; resolves when it would survive a crash. */
    keep(ids: readonly DeviceId[]): Promise<void>;
  };
  readonly onJoined: () => void;
  readonly changed: () => void;
}

/** The workers that are connected now, and what people want of each. */
export class WorkerSessions {
  readonly connected = new Map<DeviceId, ConnectedWorker>();
  private readonly ports: SessionPorts;
  private readonly heardTimer: NodeJS.Timeout;

  constructor(ports: SessionPorts) {
    this.ports = ports;
    this.heardTimer = setInterval(() => {
      for (const worker of this.joined())
        ports.loop.dispatch({ type: "worker-heard", workerId: worker.id });
      ports.changed();
    }, heardEveryMs);
    this.heardTimer.unref();
  }

  /** A paired worker's link. */
  attach(link: PeerLink): void {
    const before = this.connected.get(link.peerId);
    const worker = new ConnectedWorker(link, {
      onJoined: (joined, message) => {
        this.onJoined(joined, message);
      },
      onMessage: (from, message) => {
        this.onMessage(from, message);
      },
      onLeft: (gone, code) => {
        this.onLeft(gone, code);
      },
    });
    worker.drained = this.ports.drained.ids().includes(worker.id);
    if (before !== undefined) this.onLeft(before, "superseded");
    this.connected.set(link.peerId, worker);
  }

  joined(): ConnectedWorker[] {
    return [...this.connected.values()].filter((worker) => worker.hasJoined);
  }

  /**
   * A drained worker finishes what it has and gets nothing new, until a person
   * takes that back: over its absences and the master's restarts.
   *
   * @throws Failure `worker-lost` when it is not connected.
   */
  async drain(workerId: string, drain: boolean): Promise<void> {
    const worker = this.require(workerId);
    worker.drained = drain;
    this.tellAvailability(worker);
    const { drained } = this.ports;
    const others = drained.ids().filter((id) => id !== worker.id);
    await drained.keep(drain ? [...others, worker.id] : others);
  }

  /** Lifts what failures have set a worker aside for. @throws Failure `worker-lost`. */
  forgive(workerId: string): void {
    const worker = this.require(workerId);
    this.ports.loop.dispatch({ type: "worker-forgiven", workerId: worker.id });
    this.ports.changed();
  }

  /** Ends all links; workers keep what they have for the next start. */
  close(): void {
    clearInterval(this.heardTimer);
    for (const worker of this.connected.values()) worker.link.close("closing");
  }

  private require(workerId: string): ConnectedWorker {
    const worker = this.joined().find((one) => one.id === workerId);
    if (!worker) throw new Failure("worker-lost", workerId);
    return worker;
  }

  private onJoined(worker: ConnectedWorker, message: JoinedMessage): void {
    const running = this.stillWanted(worker, message.running);
    this.ports.loop.dispatch({
      type: "worker-joined",
      worker: {
        workerId: worker.id,
        capabilities: message.capabilities,
        slots: message.slots,
        isLocal: worker.id === this.ports.ownDeviceId,
        running,
      },
    });
    if (worker.drained || message.availability.kind !== "ready")
      this.tellAvailability(worker);
    this.ports.onJoined();
    this.ports.changed();
  }

  /** Of what a worker still holds, what this master waits for; the rest it may forget. */
  private stillWanted(
    worker: ConnectedWorker,
    held: readonly AttemptId[],
  ): AttemptId[] {
    const desk = this.ports.desk;
    // Without the transfers of before there is nothing to go on with.
    if (!worker.link.resumed) desk.dropWorker(worker.id);
    const known = held.filter((id) => desk.isOf(id, worker.id));
    // Another worker's is as unknown as one that never was.
    const others = held.filter((id) => !desk.has(id));
    for (const attemptId of held)
      if (desk.has(attemptId) && !known.includes(attemptId))
        worker.link.send({ type: "cancel", attemptId, reason: "unknown" });
    for (const attemptId of this.ports.inheritance.offer(worker.id, others))
      worker.link.send({ type: "cancel", attemptId, reason: "unknown" });
    return known;
  }

  /** Throws `peer-broken`, which ends the link, about an attempt that another worker was given. */
  private onMessage(worker: ConnectedWorker, message: WorkerMessage): void {
    const { desk } = this.ports;
    if ("attemptId" in message && desk.has(message.attemptId))
      if (!desk.isOf(message.attemptId, worker.id))
        throw new Failure("peer-broken", "it spoke of another's attempt");
    if (message.type === "availability-changed") this.tellAvailability(worker);
    else if (message.type === "load-measured") this.ports.changed();
    else desk.receive(worker.id, message);
  }

  private tellAvailability(worker: ConnectedWorker): void {
    this.ports.loop.dispatch({
      type: "worker-availability-changed",
      workerId: worker.id,
      availability: worker.drained ? { kind: "draining" } : worker.availability,
    });
    this.ports.changed();
  }

  /**
   * Its parts go to others at once. After a lost link its attempts stay open as
   * long as their transfers do: it may come back and be first all the same.
   */
  private onLeft(worker: ConnectedWorker, code: LinkEndCode): void {
    if (this.connected.get(worker.id) !== worker) return;
    this.connected.delete(worker.id);
    const mayResume =
      code === "lost" || code === "silent" || code === "superseded";
    if (!mayResume) this.ports.desk.dropWorker(worker.id);
    if (worker.hasJoined)
      this.ports.loop.dispatch({ type: "worker-left", workerId: worker.id });
    this.ports.changed();
  }
}
