import type { UiLogin } from "../../src-main/protocol/ui-lan.ts";
import type {
  UiAnswer,
  UiFailure,
  UiRequest,
  UiSnapshot,
} from "../../src-main/protocol/ui-contract.ts";
import { UiLine } from "../../src-main/protocol/ui-line.ts";
import { askProof } from "./token-proof.ts";

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

/** The window's line to its node; dials again when it breaks. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #line: UiLine;
  #socket: WebSocket | null = null;
  #retryMs = firstRetryMs;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #hasBeenOpen = false;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#line = new UiLine({
      answerTimeoutMs,
      onSnapshot: options.onSnapshot,
      refused: (failure) => new RequestRefused(failure),
      lost: () => new LineLost(),
    });
    if (options.token === null) void this.#dialIfLoggedIn();
    else this.#dial();
  }

  /** Rejects with RequestRefused or LineLost. */
  ask<Request extends UiRequest>(
    request: Request,
  ): Promise<UiAnswer<Request["type"]>> {
    return this.#line.ask(request);
  }

  /** Does not wait for the next try. */
  retryNow(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    void this.#dialAgain();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #dial(): void {
    // A node that was started anew may have another token: each try counts for itself.
    this.#hasBeenOpen = false;
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
      this.#options.onLink({ kind: "open" });
      this.#line.open((text) => socket.send(text));
    });
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this.#line.receive(data);
    });
    socket.addEventListener("close", () => {
      if (this.#socket === socket) void this.#lost();
    });
  }

  /** Something else may have taken the node's port meanwhile: it is not told the token. */
  async #dialAgain(): Promise<void> {
    this.#options.onLink({ kind: "connecting" });
    const { url, token } = this.#options;
    const answer = token === null ? "proved" : await askProof(url, token);
    if (this.#closed) return;
    if (answer === "proved") this.#dial();
    else if (answer === "stranger") this.#options.onLink({ kind: "refused" });
    else await this.#lost();
  }

  async #lost(): Promise<void> {
    this.#socket = null;
    this.#line.broke();
    if (this.#closed) return;
    if (await this.#isRefused()) {
      this.#options.onLink({ kind: "refused" });
      return;
    }
    const retryAtMs = Date.now() + this.#retryMs;
    this.#options.onLink({ kind: "lost", retryAtMs });
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#dialAgain();
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
