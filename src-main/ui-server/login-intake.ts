/** `GET` and `POST /login`, `POST /logout` of the page on the network. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Failure, type ErrorCode } from "../core/errors.ts";
import { failureView } from "../master/queue-view.ts";
import {
  loginSchema,
  type UiLogin,
  type UiRefusedLogin,
} from "../protocol/ui-lan.ts";
import { cookieLine, tokenIn } from "./lan-admission.ts";
import { sessionMs, type LoginDesk } from "./login-desk.ts";
import { safetyHeaders } from "./page-server.ts";

/** A code and a name; nothing else is said here. */
const maxBodyBytes = 1024;
const bodyMs = 5_000;

/** What people at the page can do something about; all else is a bad request. */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  "pairing-code-wrong": 403,
  "pairing-closed": 403,
  "pairing-limit": 429,
};

export interface LoginIntakeOptions {
  readonly desk: LoginDesk;
  readonly cookieName: string;
  /** Told of tries that failed. */
  readonly onRefused: (address: string, code: ErrorCode) => void;
  readonly onBug: (error: unknown) => void;
}

export class LoginIntake {
  readonly #options: LoginIntakeOptions;

  constructor(options: LoginIntakeOptions) {
    this.#options = options;
  }

  /** Answers the request, whatever it is; Host and Origin are in order. */
  accept(request: IncomingMessage, response: ServerResponse): void {
    const isLogin = request.url?.split("?")[0] === "/login";
    if (isLogin && request.method === "GET") {
      const isLoggedIn = this.#token(request) !== null;
      answer(response, 200, { isLoggedIn });
    } else if (request.method !== "POST") answer(response, 405, null);
    else
      (isLogin
        ? this.#logIn(request, response)
        : this.#logOut(request, response)
      )
        // Who sent more than is read is cut off.
        .finally(() => request.complete || request.destroy())
        .catch((error: unknown) => {
          this.#options.onBug(error);
          response.destroy();
        });
  }

  async #logIn(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { desk, cookieName, onRefused } = this.#options;
    const address = request.socket.remoteAddress ?? "";
    try {
      const { code, name } = await bodyOf(request);
      const before = tokenIn(request.headers, cookieName);
      const token = await desk.logIn({ code, name, address }, before);
      const cookie = cookieLine(cookieName, token, sessionMs / 1000);
      response.setHeader("set-cookie", cookie);
      answer(response, 204, null);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      onRefused(address, error.code);
      const failure = failureView(error);
      answer(response, statuses[error.code] ?? 400, { failure });
    }
  }

  /** Also takes the browser off the list. */
  async #logOut(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { desk, cookieName } = this.#options;
    const token = this.#token(request);
    const browser = token === null ? null : desk.find(token);
    response.setHeader("set-cookie", cookieLine(cookieName, "", 0));
    answer(response, 204, null);
    // The answer first: revoking ends this very line.
    await new Promise((resolve) => response.once("close", resolve));
    if (browser !== null) await desk.revoke(browser.id);
  }

  #token({ headers }: IncomingMessage): string | null {
    const token = tokenIn(headers, this.#options.cookieName);
    return token !== null && this.#options.desk.find(token) ? token : null;
  }
}

/** Failure `usage` when it is none, too long, or does not come. */
async function bodyOf(
  request: IncomingMessage,
): Promise<{ readonly code: string; readonly name: string }> {
  const broken = new Failure("usage", "A code and a name are expected.");
  // Only scripts of our own page can send this type across no border.
  if (request.headers["content-type"] !== "application/json") throw broken;
  const timer = setTimeout(() => request.destroy(), bodyMs);
  try {
    let text = "";
    for await (const chunk of request) {
      text += String(chunk);
      if (text.length > maxBodyBytes) throw broken;
    }
    return loginSchema.parse(JSON.parse(text));
  } catch {
    throw broken;
  } finally {
    clearTimeout(timer);
  }
}

function answer(
  response: ServerResponse,
  status: number,
  body: UiLogin | UiRefusedLogin | null,
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...safetyHeaders,
    "content-type": "application/json",
    "cache-control": "no-store",
  });
  response.end(body === null ? undefined : JSON.stringify(body));
}
