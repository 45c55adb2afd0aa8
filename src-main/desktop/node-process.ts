/**
 * The node's own process: started, watched, started again when it dies.
 *
 * - `starting`: forked, nothing heard yet. Entered by `start`, and by the timer
 *   of `waiting`. A report leads to `running`, `elsewhere` or `refused`.
 * - `running`: it told where its window is served. Its exit is a crash.
 * - `elsewhere`: another process has the node; ours has ended. Left by `start`.
 * - `refused`: it cannot start, for a reason people can mend. Left by `start`.
 * - `waiting`: it crashed and is started again after a while that doubles.
 * - `given-up`: it crashed too often in a short time. Left by `start`.
 * - `closed`: `close` was called; what comes later is of no interest.
 */
import type { UiFailure } from "../protocol/ui-contract.ts";
import { closeOrder, parseNodeReport } from "../protocol/node-report.ts";
import type { NodeDoor } from "./contract-client.ts";

const firstRestartMs = 1_000;
const lastRestartMs = 60_000;
/** So many crashes within the window, and it is left alone: something is wrong for good. */
const maxCrashes = 5;
const crashWindowMs = 10 * 60_000;
/** A node needs at most this long to give back what it encodes. */
const closeGraceMs = 10_000;
const keptLines = 40;
const keptLineCharacters = 500;

/** The part of Electron's UtilityProcess used here. */
export interface NodeChild {
  postMessage(message: unknown): void;
  kill(): boolean;
  onMessage(act: (message: unknown) => void): void;
  /** Each line of what it prints. */
  onLine(act: (line: string) => void): void;
  onExit(act: (code: number) => void): void;
}

export interface NodeCrash {
  readonly exit: string;
  readonly lastLines: readonly string[];
  /** Null: it is not started again by itself. */
  readonly restartMs: number | null;
}

export interface NodeProcessOptions {
  readonly fork: () => NodeChild;
  readonly nowMs: () => number;
  /** Where the node answers; null: nowhere at this moment. */
  readonly onDoor: (door: NodeDoor | null) => void;
  readonly onCrash: (crash: NodeCrash) => void;
  readonly onRefused: (failure: UiFailure) => void;
}

export type NodeProcessState =
  | "starting"
  | "running"
  | "elsewhere"
  | "refused"
  | "waiting"
  | "given-up"
  | "closed";

export class NodeProcess {
  readonly #options: NodeProcessOptions;
  #state: NodeProcessState = "closed";
  #child: NodeChild | null = null;
  #ended: Promise<void> = Promise.resolve();
  #lines: string[] = [];
  #crashesMs: number[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(options: NodeProcessOptions) {
    this.#options = options;
  }

  get state(): NodeProcessState {
    return this.#state;
  }

  /** Starts it unless it runs; a person's wish, so earlier crashes are forgotten. */
  start(): void {
    if (this.#state === "starting" || this.#state === "running") return;
    this.#crashesMs = [];
    this.#fork();
  }

  /** Ends it in peace, by force after a while. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#state = "closed";
    const child = this.#child;
    if (child === null) return;
    child.postMessage(closeOrder);
    const timer = setTimeout(() => child.kill(), closeGraceMs);
    await this.#ended;
    clearTimeout(timer);
  }

  #fork(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#state = "starting";
    this.#lines = [];
    const child = this.#options.fork();
    this.#child = child;
    child.onLine((line) => {
      this.#lines.push(line.slice(0, keptLineCharacters));
      if (this.#lines.length > keptLines) this.#lines.shift();
    });
    child.onMessage((message) => this.#hear(message));
    this.#ended = new Promise((resolve) =>
      child.onExit((code) => {
        this.#child = null;
        resolve();
        this.#exited(code);
      }),
    );
  }

  #hear(message: unknown): void {
    const report = parseNodeReport(message);
    if (report === null || this.#state !== "starting") return;
    switch (report.kind) {
      case "started":
        this.#state = "running";
        this.#options.onDoor(report);
        return;
      case "elsewhere":
        this.#state = "elsewhere";
        this.#options.onDoor(report);
        return;
      case "refused":
        this.#state = "refused";
        this.#options.onRefused(report.failure);
        return;
    }
  }

  #exited(code: number): void {
    // The others are the expected end of a process that said so before.
    if (this.#state !== "starting" && this.#state !== "running") return;
    this.#options.onDoor(null);
    const nowMs = this.#options.nowMs();
    this.#crashesMs = this.#crashesMs.filter(
      (atMs) => nowMs - atMs < crashWindowMs,
    );
    this.#crashesMs.push(nowMs);
    const count = this.#crashesMs.length;
    const restartMs =
      count >= maxCrashes
        ? null
        : Math.min(firstRestartMs * 2 ** (count - 1), lastRestartMs);
    this.#state = restartMs === null ? "given-up" : "waiting";
    if (restartMs !== null)
      this.#timer = setTimeout(() => this.#fork(), restartMs);
    this.#options.onCrash({
      exit: `code ${String(code)}`,
      lastLines: [...this.#lines],
      restartMs,
    });
  }
}
