/**
 * The shell as a face of its node: dials again when the line breaks, and goes
 * over to another node when told. The same contract as the window's.
 */
import type {
  UiAnswer,
  UiRequest,
  UiSnapshot,
} from "../protocol/ui-contract.ts";
import { UiLine } from "../protocol/ui-line.ts";

/** First wait after a lost line; doubles up to the last. */
const firstRetryMs = 300;
const lastRetryMs = 5_000;
/** The shell asks for nothing that takes long. */
const answerTimeoutMs = 60_000;

/** The part of a WebSocket used here, the browser's kind. */
export interface ClientSocket {
  send(text: string): void;
  close(): void;
  addEventListener(kind: "open" | "close" | "error", act: () => void): void;
  addEventListener(
    kind: "message",
    act: (event: { readonly data: unknown }) => void,
  ): void;
}

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

export class ContractClient {
  readonly #options: ContractClientOptions;
  readonly #line: UiLine;
  #socket: ClientSocket | null = null;
  #retryMs = firstRetryMs;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ContractClientOptions) {
    this.#options = options;
    this.#line = new UiLine({
      answerTimeoutMs,
      onSnapshot: options.onSnapshot,
      refused: (failure) => new Error(failure.text),
      lost: () => new Error("There is no line to the node."),
    });
  }

  get snapshot(): UiSnapshot | null {
    return this.#line.snapshot;
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
    return this.#line.ask(request);
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
      this.#line.open((text) => socket.send(text));
    });
    socket.addEventListener("message", ({ data }) => {
      if (isCurrent() && typeof data === "string") this.#line.receive(data);
    });
    // Without a listener an error would be thrown by some sockets; "close" follows.
    socket.addEventListener("error", () => undefined);
    socket.addEventListener("close", () => {
      if (isCurrent()) this.#lose(door);
    });
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
    const hadSnapshot = this.#line.snapshot !== null;
    this.#line.broke();
    if (hadSnapshot) this.#options.onSnapshot(null);
  }
}
