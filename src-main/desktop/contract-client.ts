/**
 * The shell as a face of its node: keeps the snapshot, asks, dials again when
 * the line breaks. The same contract as the window's and the command line's.
 */
import { applyUiChange } from "../protocol/apply-ui-change.ts";
import type {
  UiAnswer,
  UiRequest,
  UiServerFrame,
  UiSnapshot,
} from "../protocol/ui-contract.ts";

/** First wait after a lost line; doubles up to the last. */
const firstRetryMs = 300;
const lastRetryMs = 5_000;

/** The part of a WebSocket used here, the browser's kind. */
export interface ClientSocket {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  addEventListener(kind: "open" | "close" | "error", act: () => void): void;
  addEventListener(
    kind: "message",
    act: (event: { readonly data: unknown }) => void,
  ): void;
}
const openState = 1;

export interface NodeDoor {
  /** `http://127.0.0.1:1234/` */
  readonly url: string;
  readonly token: string;
}

export interface ContractClientOptions {
  readonly dial: (url: string, protocols: readonly string[]) => ClientSocket;
  /** Null: the line is down. */
  readonly onSnapshot: (snapshot: UiSnapshot | null) => void;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class ContractClient {
  readonly #options: ContractClientOptions;
  readonly #waiting = new Map<number, Waiting>();
  #socket: ClientSocket | null = null;
  #snapshot: UiSnapshot | null = null;
  #isAsking = false;
  #nextId = 1;
  #retryMs = firstRetryMs;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ContractClientOptions) {
    this.#options = options;
  }

  get snapshot(): UiSnapshot | null {
    return this.#snapshot;
  }

  /** Talks to this node from now on; null: to none. */
  connect(door: NodeDoor | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#retryMs = firstRetryMs;
    const old = this.#socket;
    this.#socket = null;
    this.#drop();
    old?.close();
    if (door !== null) this.#dial(door);
  }

  /** Rejects with an Error whose message is the node's own sentence, or when the line breaks. */
  ask<Request extends UiRequest>(
    request: Request,
  ): Promise<UiAnswer<Request["type"]>> {
    const socket = this.#socket;
    if (socket?.readyState !== openState)
      return Promise.reject(new Error("There is no line to the node."));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {
        resolve: (answer) => resolve(answer as UiAnswer<Request["type"]>),
        reject,
      });
      socket.send(JSON.stringify({ id, request }));
    });
  }

  #dial(door: NodeDoor): void {
    const url = new URL("/ui", door.url);
    url.protocol = "ws:";
    const socket = this.#options.dial(url.href, [
      "reelfarm-ui",
      `reelfarm-token.${door.token}`,
    ]);
    this.#socket = socket;
    const isCurrent = (): boolean => this.#socket === socket;
    socket.addEventListener("open", () => {
      if (!isCurrent()) return;
      this.#retryMs = firstRetryMs;
      this.#askSnapshot();
    });
    socket.addEventListener("message", ({ data }) => {
      if (isCurrent() && typeof data === "string")
        this.#receive(JSON.parse(data) as UiServerFrame);
    });
    // Without a listener an error would be thrown by some sockets; "close" follows.
    socket.addEventListener("error", () => undefined);
    socket.addEventListener("close", () => {
      if (isCurrent()) this.#lose(door);
    });
  }

  #receive(frame: UiServerFrame): void {
    switch (frame.kind) {
      case "answer":
        this.#settle(frame.id)?.resolve(frame.answer);
        return;
      case "refusal":
        this.#settle(frame.id)?.reject(new Error(frame.failure.text));
        return;
      case "snapshot":
        this.#take(frame.snapshot);
        return;
      case "change": {
        if (this.#snapshot === null) return;
        const next = applyUiChange(this.#snapshot, frame.change);
        if (next === null) this.#askSnapshot();
        else if (next !== this.#snapshot) this.#take(next);
        return;
      }
      default:
      // A newer node may say more; what is not known is passed over.
    }
  }

  #askSnapshot(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.ask({ type: "snapshot" })
      .then((snapshot) => {
        this.#isAsking = false;
        this.#take(snapshot);
      })
      .catch(() => {
        this.#isAsking = false;
      });
  }

  #take(snapshot: UiSnapshot): void {
    this.#snapshot = snapshot;
    this.#options.onSnapshot(snapshot);
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #lose(door: NodeDoor): void {
    this.#socket = null;
    this.#drop();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#dial(door);
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }

  #drop(): void {
    // An answer still waited for would come from nobody.
    this.#isAsking = false;
    for (const { reject } of this.#waiting.values())
      reject(new Error("The line to the node broke."));
    this.#waiting.clear();
    if (this.#snapshot === null) return;
    this.#snapshot = null;
    this.#options.onSnapshot(null);
  }
}
