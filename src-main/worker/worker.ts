/**
 * The worker: takes offers from its master, runs as many encodes as it has
 * slots, keeps the next ones ready. Everything it holds ends with the link.
 */
import { Failure } from "../core/errors.ts";
import type { AttemptId } from "../core/identifiers.ts";
import type { Availability } from "../core/scheduler/events.ts";
import type { Binaries } from "../media/binaries.ts";
import type { Capabilities } from "../media/capabilities.ts";
import type { Sandbox } from "../media/sandbox.ts";
import type { LinkEndCode, PeerLink } from "../net/peer-link.ts";
import {
  masterMessageSchema,
  type MachineFacts,
  type MasterMessage,
  type WorkerMessage,
} from "../protocol/messages.ts";
import { ProcessorLoad } from "./processor-load.ts";
import { WorkerAttempt } from "./worker-attempt.ts";
import { unreachable } from "../core/assert.ts";

/** Offers a worker holds at once, beyond its slots: a bound against a mad master. */
const maxWaitingOffers = 64;

/** Messages of one link that are not understood: each order of a newer master is one. */
const maxBrokenMessages = 1_000;

/** Last words kept for a master that does not answer. */
const maxWords = 128;

/** The master's people are told how busy this machine is; smaller changes nobody would see. */
const loadEveryMs = 5_000;
const leastLoadChange = 0.05;

/** Of the machine's memory, for all encodes together. */
const usableMemoryRatio = 0.75;
/** An 8K encode needs as much; a machine with less swaps, and that is its owner's business. */
const minEncodeMemoryBytes = 4 * 1024 ** 3;

type LastWord = Extract<WorkerMessage, { type: "finished" | "failed" }>;

/** How hard an encode may drive the machine. */
export interface EncodeEffort {
  /** Null: the encoder decides. */
  readonly threads: number | null;
  /** 0 to 19: how much it gives way to other programs. */
  readonly niceness: number;
}

export interface WorkerOptions {
  readonly binaries: Binaries;
  readonly capabilities: Capabilities;
  readonly machine: MachineFacts;
  /** Encodes at the same time. */
  readonly slots: number;
  /** Asked before each encode. */
  readonly effort: () => EncodeEffort;
  /** Private folder for what encodes need; emptied by its owner. */
  readonly workFolder: string;
  /** Null: this machine has none. */
  readonly sandbox: Sandbox | null;
  readonly nowMs: () => number;
  readonly onLog: (line: string) => void;
}

export class Worker {
  private readonly options: WorkerOptions;
  private readonly attempts = new Map<AttemptId, WorkerAttempt>();
  private readonly running = new Set<Promise<void>>();
  private readonly words = new Map<AttemptId, LastWord>();
  private link: PeerLink | null = null;
  private availability: Availability = { kind: "ready" };
  private readonly brokenMessages = new WeakMap<PeerLink, number>();

  constructor(options: WorkerOptions) {
    this.options = options;
  }

  /**
   * Serves its master until the link closes. What is at work goes on when the
   * link was only lost: it may come back.
   */
  async serve(link: PeerLink): Promise<void> {
    this.link = link;
    for (const attempt of [...this.attempts.values()])
      attempt.reattach(link.transfers);
    link.onMessage((message) => {
      this.receive(link, message);
    });
    this.send({
      type: "joined",
      machine: this.options.machine,
      capabilities: [...this.options.capabilities.keys],
      slots: this.options.slots,
      running: this.heldIds(),
      availability: this.availability,
    });
    for (const attempt of this.attempts.values())
      if (attempt.state !== "waiting" && !attempt.cancelled)
        this.send({ type: "started", attemptId: attempt.id });
    for (const word of this.words.values()) this.send(word);
    const stopTelling = this.tellLoad();
    const { code } = await link.closed;
    stopTelling();
    if (this.link === link) this.link = null;
    this.endAfter(code);
  }

  /** How busy the machine is, from time to time, when it has changed. */
  private tellLoad(): () => void {
    const load = new ProcessorLoad();
    let told = 0;
    const timer = setInterval(() => {
      const cpuRatio = load.look();
      if (Math.abs(cpuRatio - told) < leastLoadChange) return;
      told = cpuRatio;
      this.send({ type: "load-measured", cpuRatio });
    }, loadEveryMs);
    timer.unref();
    return () => {
      clearInterval(timer);
    };
  }

  /** Attempts that go on, and those whose end the master has not heard of. */
  private heldIds(): AttemptId[] {
    const live = [...this.attempts.values()].filter((one) => !one.cancelled);
    return [...new Set([...live.map((one) => one.id), ...this.words.keys()])];
  }

  /** What a link's end means for the work in hand. */
  private endAfter(code: LinkEndCode): void {
    const mayResume =
      code === "lost" || code === "silent" || code === "superseded";
    for (const attempt of [...this.attempts.values()]) {
      const mayHandIn = code === "peer-closed" && attempt.isIndependent;
      if (!mayResume && !mayHandIn) attempt.cancel();
    }
  }

  /** What its owner allows; suspended encodes stop at once and go on later. */
  setAvailability(availability: Availability): void {
    this.availability = availability;
    for (const attempt of this.attempts.values()) {
      if (availability.kind === "suspended") attempt.suspend();
      else attempt.resume();
    }
    this.send({ type: "availability-changed", availability });
    this.startNext();
  }

  /** Encodes in work or waiting. */
  get heldAttempts(): number {
    return this.attempts.size;
  }

  /** Ends everything in hand; resolves when it has ended. */
  async cancelAll(): Promise<void> {
    for (const attempt of [...this.attempts.values()]) attempt.cancel();
    await Promise.all(this.running);
  }

  private receive(link: PeerLink, raw: unknown): void {
    const parsed = masterMessageSchema.safeParse(raw);
    if (!parsed.success) {
      this.onBroken(link, parsed.error.issues[0]?.path.join(".") ?? "");
      this.answerBrokenOffer(raw);
      return;
    }
    this.handle(link, parsed.data);
  }

  private handle(link: PeerLink, message: MasterMessage): void {
    switch (message.type) {
      case "offer":
        this.accept(link, message);
        return;
      case "shortened":
        this.attempts.get(message.attemptId)?.shorten(message.expectedFrames);
        return;
      case "cancel":
        this.words.delete(message.attemptId);
        this.attempts.get(message.attemptId)?.cancel();
        return;
      case "accepted":
      case "refused":
        this.words.delete(message.attemptId);
        return;
      default:
        unreachable(message);
    }
  }

  private accept(
    link: PeerLink,
    offer: Extract<MasterMessage, { type: "offer" }>,
  ): void {
    if (this.attempts.has(offer.attemptId)) return;
    if (this.attempts.size >= this.options.slots + maxWaitingOffers) {
      this.sendFailure(
        offer.attemptId,
        new Failure("order-refused", "too many offers"),
      );
      return;
    }
    const attempt = new WorkerAttempt(offer.attemptId, offer.order, {
      binaries: this.options.binaries,
      workFolder: this.options.workFolder,
      ...this.options.effort(),
      sandbox: this.options.sandbox,
      maxMemoryBytes: memoryForEncode(this.options),
      transfers: link.transfers,
      nowMs: this.options.nowMs,
      send: (message) => {
        this.send(message);
      },
      onChanged: (changed) => {
        if (changed.state === "ended") this.attempts.delete(changed.id);
        this.startNext();
      },
    });
    this.attempts.set(attempt.id, attempt);
    this.startNext();
  }

  private startNext(): void {
    if (this.availability.kind === "suspended") return;
    const all = [...this.attempts.values()];
    let free =
      this.options.slots - all.filter((one) => one.state === "encoding").length;
    for (const attempt of all) {
      if (free <= 0) return;
      if (attempt.state !== "waiting") continue;
      free -= 1;
      const run = attempt.begin();
      this.running.add(run);
      void run.finally(() => this.running.delete(run));
    }
  }

  /** Said once for a link; a master that goes on with it is done with. */
  private onBroken(link: PeerLink, where: string): void {
    const count = (this.brokenMessages.get(link) ?? 0) + 1;
    this.brokenMessages.set(link, count);
    if (count === 1)
      this.options.onLog(
        `refused ${JSON.stringify({ peerId: link.peerId, code: "order-refused", where })}`,
      );
    if (count > maxBrokenMessages) throw new Failure("peer-broken", "messages");
  }

  /** An order our schema refuses still has a name, so the master can go elsewhere at once. */
  private answerBrokenOffer(raw: unknown): void {
    const id: unknown = (raw as { attemptId?: unknown } | null)?.attemptId;
    if (typeof id !== "string" || !/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) return;
    this.sendFailure(
      id as AttemptId,
      new Failure("order-refused", "it has fields this version does not know"),
    );
  }

  private sendFailure(id: AttemptId, failure: Failure): void {
    this.send({
      type: "failed",
      attemptId: id,
      code: failure.code,
      detail: failure.detail,
    });
  }

  private send(message: WorkerMessage): void {
    if (message.type === "finished" || message.type === "failed")
      this.keepWord(message);
    this.link?.send(message);
  }

  /** Messages are lost with a link; how an attempt ended is said again until the master has heard it. */
  private keepWord(word: LastWord): void {
    this.words.set(word.attemptId, word);
    const [oldest] = this.words.keys();
    if (this.words.size > maxWords && oldest !== undefined)
      this.words.delete(oldest);
  }
}

/** Each slot gets its share of what may be used at all; the rest is for the machine's owner. */
function memoryForEncode({ machine, slots }: WorkerOptions): number {
  return Math.max(
    minEncodeMemoryBytes,
    (machine.memoryBytes * usableMemoryRatio) / Math.max(1, slots),
  );
}
