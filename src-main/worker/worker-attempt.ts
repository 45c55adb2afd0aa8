/**
 * One attempt on the worker.
 *
 * waiting     entered on the master's offer; the feed may already flow into the
 *             credit window. Left by `begin` or `cancel`.
 * encoding    entered by `begin`: ffmpeg runs, its result is spooled to disk and
 *             sent back while it is made. Left when ffmpeg ends, fails, stalls,
 *             or by `cancel`.
 * delivering  ffmpeg is done and its slot is free; the rest of the result is on
 *             its way, or waits for a master that comes back. Left when the
 *             master has it, when it stayed away too long, or by `cancel`.
 * ended       entered once from any other state; nothing leaves it.
 */
import { createWriteStream } from "node:fs";
import { mkdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../core/errors.ts";
import type { AttemptId } from "../core/identifiers.ts";
import type { Order } from "../core/order.ts";
import type { Binaries } from "../media/binaries.ts";
import { startEncode, type EncodeRun } from "../media/encode.ts";
import type { Sandbox } from "../media/sandbox.ts";
import type { Transfers } from "../net/peer-link.ts";
import { ResultDelivery } from "./result-delivery.ts";
import { transferIds, type WorkerMessage } from "../protocol/messages.ts";

export type AttemptState = "waiting" | "encoding" | "delivering" | "ended";

/** Larger than any sane subtitle track; a bound, not a target. */
const maxSubtitleBytes = 32 * 1024 * 1024;
/** The feed is the source's own bytes: bounded by the widest home video, not by trust. */
const maxFeedBytes = 1024 ** 4;
/** Neither input nor frames for this long: the encoder hangs. */
const stallMs = 120_000;
const stallCheckMs = 5_000;
/** No part of a film takes a day; an encode that does is not what it should be. */
const maxWallMs = 24 * 3600 * 1000;
/** What no order fills of a disk: a fiftieth of it, but not more than this. */
const keptDiskRatio = 0.02;
const keptDiskBytes = 1024 ** 3;
/** How long the word of a shortened range may be late. */
const shortenedWordMs = 1_000;
/** Progress messages per attempt: enough for a smooth bar, nothing for the wire. */
const progressEveryMs = 500;

export interface AttemptSurroundings {
  readonly binaries: Binaries;
  readonly workFolder: string;
  readonly threads: number | null;
  /** 0 to 19: how much the encode gives way to other programs. */
  readonly niceness: number;
  readonly sandbox: Sandbox | null;
  /** Of one encoder at most. */
  readonly maxMemoryBytes: number;
  /** Of the link as it is when the attempt begins; see `reattach`. */
  readonly transfers: Transfers;
  readonly send: (message: WorkerMessage) => void;
  /** The slot is free again, or the attempt is over. */
  readonly onChanged: (attempt: WorkerAttempt) => void;
  readonly nowMs: () => number;
}

export class WorkerAttempt {
  readonly id: AttemptId;
  readonly order: Order;
  state: AttemptState = "waiting";
  private readonly around: AttemptSurroundings;
  private readonly stop = new AbortController();
  private readonly feed: Readable;
  private readonly subtitle: Readable | null;
  private readonly delivery: ResultDelivery;
  private encode: EncodeRun | null = null;
  /** All input is here: the attempt needs its master no more until it delivers. */
  private isFed = false;
  private expectedFrames: number | null;
  /** Told to end; it may take a moment until it has. */
  cancelled = false;
  /** Its owner needs the machine: nothing moves, and nothing is expected to. */
  private isSuspended = false;
  private begunMs = Number.POSITIVE_INFINITY;
  private lastSignMs: number;
  private lastFrames = 0;
  private lastReportMs = 0;

  /** Opens the transfers at once, so that the first bytes are here when a slot is. */
  constructor(id: AttemptId, order: Order, around: AttemptSurroundings) {
    this.id = id;
    this.order = order;
    this.around = around;
    this.lastSignMs = around.nowMs();
    this.expectedFrames = order.kind === "video" ? order.expectedFrames : null;
    const { transfers } = around;
    const signal = this.stop.signal;
    this.delivery = new ResultDelivery(
      transferIds.result(id),
      transfers,
      signal,
    );
    this.feed = transfers.receive(transferIds.feed(id), {
      maxBytes: maxFeedBytes,
      signal,
    });
    this.feed.on("error", () => undefined); // answered where the feed is consumed
    this.feed.once("end", () => {
      this.isFed = true;
    });
    this.subtitle =
      order.kind === "video" && order.burnSubtitle
        ? transfers.receive(transferIds.subtitle(id), {
            maxBytes: maxSubtitleBytes,
            signal,
          })
        : null;
    this.subtitle?.on("error", () => undefined);
  }

  /** Starts the encode; resolves when the attempt has ended, whatever the end. */
  async begin(): Promise<void> {
    this.state = "encoding";
    this.begunMs = this.around.nowMs();
    const folder = join(this.around.workFolder, this.id);
    const watchdog = setInterval(() => {
      this.checkForStall();
    }, stallCheckMs);
    try {
      // Not recursive: that would hide a full disk behind another error.
      await mkdir(folder, { mode: 0o700 });
      await this.encodeAndDeliver(folder);
    } catch (error) {
      this.reportFailure(error);
    } finally {
      clearInterval(watchdog);
      this.enter("ended");
      this.encode?.kill();
      this.stop.abort();
      await rm(folder, { recursive: true, force: true });
    }
  }

  /**
   * A link to the same master again. With other transfers than before (the
   * master was restarted) only what had all its input can go on.
   */
  reattach(transfers: Transfers): void {
    if (this.delivery.usesTransfers(transfers)) return;
    if (this.isFed && this.state !== "waiting")
      this.delivery.restart(transfers);
    else this.cancel();
  }

  /** Whether it can go on without its master for a while. */
  get isIndependent(): boolean {
    return this.isFed && this.state !== "waiting";
  }

  /** The later part went to another worker: the feed ends earlier, with fewer frames. */
  shorten(expectedFrames: number): void {
    this.expectedFrames = expectedFrames;
  }

  /** Ends the attempt without a word to the master, who asked for it or is gone. */
  cancel(): void {
    this.cancelled = true;
    const wasWaiting = this.state === "waiting";
    this.encode?.kill();
    this.stop.abort(new Failure("cancelled"));
    if (wasWaiting) this.enter("ended");
  }

  suspend(): void {
    this.isSuspended = true;
    this.encode?.suspend();
  }

  resume(): void {
    this.isSuspended = false;
    this.lastSignMs = this.around.nowMs();
    this.encode?.resume();
  }

  private async encodeAndDeliver(folder: string): Promise<void> {
    const { around, stop } = this;
    const subtitleFile = await this.saveSubtitle(folder);
    const encode = startEncode(around.binaries, this.order, {
      roomBytes: await roomOf(folder),
      workFolder: folder,
      threads: around.threads,
      niceness: around.niceness,
      sandbox: around.sandbox,
      maxMemoryBytes: around.maxMemoryBytes,
      signal: stop.signal,
      ...(subtitleFile === null ? {} : { subtitleFile }),
      onProgress: (progress) => {
        this.reportProgress(progress.frames, progress.fps);
      },
    });
    this.encode = encode;
    if (this.isSuspended) encode.suspend();
    around.send({ type: "started", attemptId: this.id });
    const feedFailure = this.feedInto(encode);
    const spool = join(folder, "result");
    await writeFile(spool, "", { mode: 0o600 });
    const spooled = pipeline(
      encode.output,
      createWriteStream(spool, { mode: 0o600 }),
    ).catch((error: unknown) => {
      encode.kill();
      throw diskFailure(error);
    });
    const whole = Promise.all([encode.done, spooled]);
    whole.catch(() => undefined);
    const delivered = this.delivery.begin(spool, whole);
    delivered.catch(() => {
      encode.kill();
    });
    const made = await encode.done.catch(async (error: unknown) => {
      throw (await feedFailure()) ?? (await failureOf(spooled)) ?? error;
    });
    const broken = await feedFailure();
    if (broken !== null) throw broken;
    await spooled;
    await this.checkFrames(made.frames);
    this.enter("delivering");
    const { bytes, sha256 } = await delivered;
    around.send({
      type: "finished",
      attemptId: this.id,
      frames: made.frames,
      sizeBytes: bytes,
      sha256,
    });
  }

  /**
   * Pipes the feed into the encoder. An encoder that has its last frame closes
   * its input early: that is no failure, a feed that breaks off is.
   */
  private feedInto(encode: EncodeRun): () => Promise<Failure | null> {
    let failure: Failure | null = null;
    this.feed.on("data", () => {
      this.lastSignMs = this.around.nowMs();
    });
    this.feed.on("error", (error) => {
      if (error instanceof Failure && !this.cancelled) {
        failure = error;
        encode.kill();
      }
    });
    const piped = pipeline(this.feed, encode.input).catch(() => undefined);
    void encode.done.catch(() => undefined).then(() => this.feed.destroy());
    return async () => {
      await piped;
      return failure;
    };
  }

  private async saveSubtitle(folder: string): Promise<string | null> {
    if (this.subtitle === null) return null;
    const chunks: Buffer[] = [];
    for await (const chunk of this.subtitle) chunks.push(chunk as Buffer);
    const file = join(folder, "subtitle.ass");
    await writeFile(file, Buffer.concat(chunks), { mode: 0o600 });
    return file;
  }

  private async checkFrames(frames: number): Promise<void> {
    // The word that the range was shortened travels on another connection than its feed.
    if (this.expectedFrames !== null && frames < this.expectedFrames)
      await sleep(shortenedWordMs);
    if (this.expectedFrames === null || this.order.kind !== "video") return;
    if (frames !== this.expectedFrames) {
      throw new Failure(
        "frame-count-wrong",
        `${frames} instead of ${this.expectedFrames}`,
      );
    }
  }

  private reportProgress(frames: number, framesPerSecond: number): void {
    const now = this.around.nowMs();
    if (frames > this.lastFrames) this.lastSignMs = now;
    this.lastFrames = frames;
    if (now - this.lastReportMs < progressEveryMs || this.state !== "encoding")
      return;
    this.lastReportMs = now;
    this.around.send({
      type: "progressed",
      attemptId: this.id,
      framesDone: frames,
      framesPerSecond: Math.min(Math.max(framesPerSecond, 0), 1e6),
    });
  }

  private checkForStall(): void {
    if (this.around.nowMs() - this.begunMs > maxWallMs) {
      this.stop.abort(new Failure("limit-exceeded", "it took a whole day"));
      this.encode?.kill();
      return;
    }
    if (
      this.isSuspended ||
      this.state !== "encoding" ||
      this.around.nowMs() - this.lastSignMs < stallMs
    )
      return;
    this.stop.abort(
      new Failure("encoder-stalled", `no frame for ${stallMs / 1000} s`),
    );
    this.encode?.kill();
  }

  private reportFailure(error: unknown): void {
    if (this.cancelled) return;
    const reason: unknown = this.stop.signal.aborted
      ? this.stop.signal.reason
      : error;
    const known = diskFailure(reason);
    const failure =
      known instanceof Failure
        ? known
        : new Failure("encoder-failed", "unexpected error", { cause: error });
    this.around.send({
      type: "failed",
      attemptId: this.id,
      code: failure.code,
      detail: failure.detail.slice(0, 400),
    });
  }

  private enter(state: AttemptState): void {
    if (this.state === "ended") return;
    this.state = state;
    this.around.onChanged(this);
  }
}

/** The failure a promise rejects with at once; null when it is fine or open. */
async function failureOf(work: Promise<unknown>): Promise<Failure | null> {
  const open = Symbol("open");
  try {
    await Promise.race([work, Promise.resolve(open)]);
    return null;
  } catch (error) {
    return error instanceof Failure ? error : null;
  }
}

/** Bytes a result may have for the sake of the disk it is spooled to. */
async function roomOf(folder: string): Promise<number> {
  const { bsize, blocks, bavail } = await statfs(folder);
  const keptBytes = Math.min(keptDiskBytes, bsize * blocks * keptDiskRatio);
  return Math.max(0, bsize * bavail - keptBytes);
}

function diskFailure(error: unknown): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new Failure("worker-disk-full", "its work folder", { cause: error });
}
