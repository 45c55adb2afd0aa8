import { applyUiChange } from "../../src-main/protocol/apply-ui-change.ts";
import type { UiLogin } from "../../src-main/protocol/ui-lan.ts";
import type {
  UiAnswer,
  UiFailure,
  UiRequest,
  UiServerFrame,
  UiSnapshot,
} from "../../src-main/protocol/ui-contract.ts";

/** First wait after a lost line; doubles up to the last. */
const firstRetryMs = 300;
const lastRetryMs = 5_000;
/** An answer that takes longer is given up; adding a folder of films is the slowest. */
const answerTimeoutMs = 120_000;

export type LinkState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "lost"; readonly retryAtMs: number }
  /** The node does not take our token, or nobody is logged in: trying again cannot help. */
  | { readonly kind: "refused" };

/** What the node refused, in its own words. */
export class RequestRefused extends Error {
  readonly failure: UiFailure;

  constructor(failure: UiFailure) {
    super(failure.text);
    this.name = "RequestRefused";
    this.failure = failure;
  }
}

/** The line broke before the answer came: whether it was carried out is not known. */
export class LineLost extends Error {
  constructor() {
    super("The connection to Reelfarm was lost.");
    this.name = "LineLost";
  }
}

export interface ConnectionOptions {
  /** `ws://127.0.0.1:1234/ui` */
  readonly url: string;
  /** Null: a login's cookie is in its place. */
  readonly token: string | null;
  readonly onSnapshot: (snapshot: UiSnapshot) => void;
  readonly onLink: (link: LinkState) => void;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/**
 * One line to a node: keeps the snapshot up to date, asks for a new one where a
 * revision is missing, and dials again when the line breaks.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #waiting = new Map<number, Waiting>();
  #socket: WebSocket | null = null;
  #snapshot: UiSnapshot | null = null;
  #asking = false;
  #nextId = 1;
  #retryMs = firstRetryMs;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #hasBeenOpen = false;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    if (options.token === null) void this.#dialIfLoggedIn();
    else this.#dial();
  }

  /** Rejects with RequestRefused or LineLost. */
  ask<Request extends UiRequest>(
    request: Request,
  ): Promise<UiAnswer<Request["type"]>> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN)
      return Promise.reject(new LineLost());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new LineLost());
      }, answerTimeoutMs);
      this.#waiting.set(id, {
        resolve: (answer) => resolve(answer as UiAnswer<Request["type"]>),
        reject,
        timer,
      });
      socket.send(JSON.stringify({ id, request }));
    });
  }

  /** Does not wait for the next try. */
  retryNow(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#dial();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #dial(): void {
    this.#options.onLink({ kind: "connecting" });
    const { url, token } = this.#options;
    const socket = new WebSocket(
      url,
      token === null
        ? ["reelfarm-ui"]
        : ["reelfarm-ui", `reelfarm-token.${token}`],
    );
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#hasBeenOpen = true;
      this.#retryMs = firstRetryMs;
      this.#snapshot = null;
      this.#options.onLink({ kind: "open" });
      this.#askSnapshot();
    });
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string")
        this.#receive(JSON.parse(data) as UiServerFrame);
    });
    socket.addEventListener("close", () => {
      if (this.#socket === socket) void this.#lost();
    });
  }

  #receive(frame: UiServerFrame): void {
    switch (frame.kind) {
      case "answer":
        this.#settle(frame.id)?.resolve(frame.answer);
        return;
      case "refusal":
        this.#settle(frame.id)?.reject(new RequestRefused(frame.failure));
        return;
      case "snapshot":
        this.#take(frame.snapshot);
        return;
      case "change": {
        if (this.#snapshot === null) return;
        const next = applyUiChange(this.#snapshot, frame.change);
        if (next === null) this.#askSnapshot();
        else if (next !== this.#snapshot) this.#take(next);
      }
    }
  }

  #take(snapshot: UiSnapshot): void {
    this.#snapshot = snapshot;
    this.#options.onSnapshot(snapshot);
  }

  #askSnapshot(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.ask({ type: "snapshot" })
      .then((snapshot) => {
        this.#asking = false;
        this.#take(snapshot);
      })
      .catch(() => {
        this.#asking = false;
      });
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting) clearTimeout(waiting.timer);
    return waiting;
  }

  async #lost(): Promise<void> {
    this.#socket = null;
    for (const id of [...this.#waiting.keys()])
      this.#settle(id)?.reject(new LineLost());
    if (this.#closed) return;
    if (await this.#isRefused()) {
      this.#options.onLink({ kind: "refused" });
      return;
    }
    const retryAtMs = Date.now() + this.#retryMs;
    this.#options.onLink({ kind: "lost", retryAtMs });
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#dial();
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }

  async #dialIfLoggedIn(): Promise<void> {
    if (await this.#isRefused()) this.#options.onLink({ kind: "refused" });
    else if (!this.#closed) this.#dial();
  }

  /** A browser hides why an upgrade failed; a healthy node that never let us in did not like our token. */
  async #isRefused(): Promise<boolean> {
    const { url, token } = this.#options;
    const page = url.replace("ws", "http");
    try {
      if (token === null) {
        const login = await fetch(new URL("/login", page));
        return !((await login.json()) as UiLogin).isLoggedIn;
      }
      if (this.#hasBeenOpen) return false;
      return (await fetch(new URL("/health", page))).ok;
    } catch {
      return false;
    }
  }
}
