/**
 * The master's half of one attempt.
 *
 * offered     entered at once: the order is sent, the feed opened, the result
 *             awaited. Left when the worker says finished or failed, or by `cancel`.
 * inspecting  the whole result is on disk; it is counted and checked.
 * ended       reported exactly once, as verified, failed, or not at all (cancelled).
 */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { catalogue, Failure, type ErrorCode } from "../core/errors.ts";
import { FeedWindow } from "../core/feed-window.ts";
import type { Order } from "../core/order.ts";
import type { Assignment } from "../core/scheduler/effects.ts";
import type { Feed, RangeFeed } from "../media/feed.ts";
import type { Transfers } from "../net/peer-link.ts";
import {
  transferIds,
  type MasterMessage,
  type WorkerMessage,
} from "../protocol/messages.ts";

/** A worker has handed in its result before it says so; what remains is our own disk's. */
const resultLateMs = 10_000;

type Finished = Extract<WorkerMessage, { type: "finished" }>;

/** What the attempt's task needs from its job, prepared by the caller. */
export interface AttemptWork {
  readonly order: Order;
  readonly openFeed: (signal: AbortSignal) => Feed | RangeFeed;
  /** What the order becomes with an earlier end; null: the range cannot be shortened. */
  readonly shortened: ((endFrame: number) => ShortenedOrder) | null;
  readonly subtitleFile: string | null;
  /** What a failure of the attempt is to be called, given how its feed was made. */
  readonly meaningOf?: (code: ErrorCode) => ErrorCode;
  /** Counts and checks the received file; throws a Failure where it is not what was ordered. */
  readonly inspect: (
    file: string,
    endFrame: number,
    signal: AbortSignal,
  ) => Promise<InspectedResult>;
}

export interface InspectedResult {
  readonly frames: number;
  readonly sizeBytes: number;
}

export interface ShortenedOrder {
  readonly expectedFrames: number;
  readonly endUs: number;
}

export type AttemptOutcome =
  | {
      readonly kind: "verified";
      readonly file: string;
      readonly result: InspectedResult;
    }
  | {
      readonly kind: "failed";
      readonly code: ErrorCode;
      readonly detail: string;
    };

export interface AttemptSurroundings {
  /** Of the worker's link; they outlive a link that is lost and taken up again. */
  readonly transfers: Transfers;
  /** Over whatever link the worker has now. */
  readonly send: (message: MasterMessage) => void;
  /** The worker has it since an earlier life of this master: only its result is awaited. */
  readonly isInherited: boolean;
  readonly folder: string;
  /** Makes a verified result durable; only then does it count. */
  readonly keep: (
    attempt: MasterAttempt,
    fileName: string,
    result: InspectedResult,
  ) => Promise<void>;
  /** Forgets a kept result that came too late to count. */
  readonly discard: (attempt: MasterAttempt, fileName: string) => Promise<void>;
  readonly onOutcome: (attempt: MasterAttempt, outcome: AttemptOutcome) => void;
}

export class MasterAttempt {
  readonly assignment: Assignment;
  readonly work: AttemptWork;
  framesDone = 0;
  framesPerSecond = 0;
  bytesSent = 0;
  bytesReceived = 0;
  started = false;
  private readonly around: AttemptSurroundings;
  private readonly stop = new AbortController();
  private readonly partFile: string;
  private readonly finishedMessage: Promise<Finished>;
  private resolveFinished: (message: Finished) => void = () => undefined;
  private ended = false;
  private feed: Feed | RangeFeed | null = null;
  private currentEnd: number;
  /** The feed is being ended on purpose: how it ends says nothing. */
  private feedUnwanted = false;

  constructor(
    assignment: Assignment,
    work: AttemptWork,
    around: AttemptSurroundings,
  ) {
    this.assignment = assignment;
    this.work = work;
    this.around = around;
    this.partFile = join(around.folder, `${assignment.attemptId}.part`);
    this.currentEnd =
      assignment.kind === "video" ? assignment.range.endFrame : 0;
    this.finishedMessage = new Promise((resolve, reject) => {
      this.resolveFinished = resolve;
      const { signal } = this.stop;
      signal.addEventListener("abort", () => reject(asError(signal.reason)), {
        once: true,
      });
    });
    this.finishedMessage.catch(() => undefined);
  }

  /** Sends the order and the feed, receives, inspects, reports; never rejects. */
  async run(): Promise<void> {
    try {
      const received = this.receiveResult();
      received.catch(() => undefined);
      if (!this.around.isInherited) this.sendOrder();
      const [message, bytes] = await Promise.all([
        this.finishedMessage,
        Promise.race([received, this.resultIsLate()]),
      ]);
      if (bytes !== message.sizeBytes) {
        throw new Failure(
          "transfer-corrupt",
          `${bytes} of ${message.sizeBytes} bytes`,
        );
      }
      const result = await this.work.inspect(
        this.partFile,
        this.currentEnd,
        this.stop.signal,
      );
      if (this.ended) return;
      const fileName = `${this.assignment.attemptId}.segment`;
      const file = join(this.around.folder, fileName);
      await rename(this.partFile, file);
      await this.around.keep(this, fileName, result);
      if (this.ended) await this.around.discard(this, fileName);
      this.end({ kind: "verified", file, result });
    } catch (error) {
      const failure =
        error instanceof Failure
          ? error
          : new Failure("result-invalid", "unexpected error", { cause: error });
      this.end({ kind: "failed", code: failure.code, detail: failure.detail });
    } finally {
      this.stopFeed();
      this.stop.abort();
      await rm(this.partFile, { force: true });
    }
  }

  /** A message of the worker that names this attempt. */
  receive(message: WorkerMessage): void {
    switch (message.type) {
      case "started":
        this.started = true;
        return;
      case "progressed":
        this.framesDone = message.framesDone;
        this.framesPerSecond = message.framesPerSecond;
        return;
      case "finished":
        this.resolveFinished(message);
        return;
      case "failed":
        this.end({ kind: "failed", ...workersFailure(message) });
        return;
      default:
        return;
    }
  }

  /** Ends it without an outcome; the worker is told. */
  cancel(reason: string): void {
    if (this.ended) return;
    this.send({ type: "cancel", attemptId: this.assignment.attemptId, reason });
    this.abandon();
  }

  /** Ends it on this side only: this master goes, and its successor may take it up. */
  abandon(): void {
    if (this.ended) return;
    this.ended = true;
    this.stopFeed();
    this.stop.abort(new Failure("cancelled"));
  }

  /** The range now ends at the returned frame; the old end where it was too late to shorten. */
  shorten(endFrame: number): number {
    const { shortened } = this.work;
    if (this.ended || shortened === null || this.feed === null)
      return this.currentEnd;
    if (!("shorten" in this.feed)) return this.currentEnd;
    const inForce = this.feed.shorten(endFrame);
    if (inForce >= this.currentEnd) return this.currentEnd;
    this.currentEnd = inForce;
    this.send({
      type: "shortened",
      attemptId: this.assignment.attemptId,
      ...shortened(inForce),
    });
    return inForce;
  }

  /** First frame after its range; 0 for audio. */
  get endFrame(): number {
    return this.currentEnd;
  }

  /** Frames of its range that left the master. */
  framesFed(): number {
    return this.feed !== null && "framesFed" in this.feed
      ? this.feed.framesFed()
      : 0;
  }

  private stopFeed(): void {
    this.feedUnwanted = true;
    this.feed?.kill();
  }

  private sendOrder(): void {
    this.send({
      type: "offer",
      attemptId: this.assignment.attemptId,
      order: this.work.order,
    });
    this.sendInputs();
  }

  private sendInputs(): void {
    const { transfers } = this.around;
    const { signal } = this.stop;
    const id = this.assignment.attemptId;
    if (this.work.subtitleFile !== null) {
      this.watch(
        transfers.sendFile(transferIds.subtitle(id), this.work.subtitleFile, {
          signal,
        }),
      );
    }
    const feed = this.work.openFeed(signal);
    this.feed = feed;
    feed.done.catch((error: unknown) => {
      if (this.feedUnwanted || !(error instanceof Failure)) return;
      this.end({ kind: "failed", code: error.code, detail: error.detail });
    });
    const window = new FeedWindow();
    const sending = transfers.send(transferIds.feed(id), feed.stream, {
      signal,
      onProgress: (bytes) => {
        this.bytesSent = bytes;
        window.took(bytes, performance.now());
      },
      aheadBytes: () => window.bytes,
    });
    // A worker that has its last frame stops reading: the feed is then cut short on purpose.
    sending.catch(() => {
      this.stopFeed();
    });
  }

  private async receiveResult(): Promise<number> {
    const stream = this.around.transfers.receive(
      transferIds.result(this.assignment.attemptId),
      { maxBytes: this.work.order.maxOutputBytes, signal: this.stop.signal },
    );
    stream.on("data", (chunk: Buffer) => {
      this.bytesReceived += chunk.length;
    });
    await pipeline(
      stream,
      createWriteStream(this.partFile, { mode: 0o600 }),
    ).catch((error: unknown) => {
      throw diskFailure(error) ?? this.tooLarge(error) ?? error;
    });
    return this.bytesReceived;
  }

  /** Rejects when the worker is done and its result is not here: it went to an earlier life of this master. */
  private async resultIsLate(): Promise<never> {
    await this.finishedMessage;
    await sleep(resultLateMs, undefined, { signal: this.stop.signal });
    throw new Failure("transfer-broken", "the worker's result is not there");
  }

  /** The only limit of a transfer is that of the order. */
  private tooLarge(error: unknown): Failure | null {
    const isTooLarge =
      error instanceof Failure && error.code === "limit-exceeded";
    return isTooLarge ? new Failure("result-too-large", error.detail) : null;
  }

  private watch(transfer: Promise<unknown>): void {
    transfer.catch((error: unknown) => {
      if (error instanceof Failure && error.code !== "cancelled") {
        this.end({ kind: "failed", code: error.code, detail: error.detail });
      }
    });
  }

  private send(message: MasterMessage): void {
    this.around.send(message);
  }

  private end(outcome: AttemptOutcome): void {
    if (this.ended) return;
    this.ended = true;
    if (outcome.kind === "verified") {
      this.send({ type: "accepted", attemptId: this.assignment.attemptId });
      this.around.onOutcome(this, outcome);
      return;
    }
    this.stopFeed();
    this.stop.abort(new Failure("cancelled"));
    const code = this.work.meaningOf?.(outcome.code) ?? outcome.code;
    this.send({
      type: "cancel",
      attemptId: this.assignment.attemptId,
      reason: code,
    });
    this.around.onOutcome(this, { ...outcome, code });
  }
}

function diskFailure(error: unknown): Failure | null {
  const code = (error as { code?: unknown } | null)?.code;
  if (code !== "ENOSPC" && code !== "EDQUOT") return null;
  return new Failure("disk-full", "the master's work folder", { cause: error });
}

/** A worker speaks for itself: what it says of the source or the master's disk is only that it failed. */
function workersFailure({
  code,
  detail,
}: Extract<WorkerMessage, { type: "failed" }>): {
  code: ErrorCode;
  detail: string;
} {
  const { blame } = catalogue[code];
  const isItsOwn =
    blame === "worker" || blame === "network" || blame === "install";
  return isItsOwn
    ? { code, detail }
    : { code: "encoder-failed", detail: `${code} ${detail}` };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Failure("cancelled");
}
