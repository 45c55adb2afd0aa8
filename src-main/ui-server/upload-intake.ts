/**
 * `POST /upload?name=…`: a browser's dropped file. Nobody gets here by a form
 * or an image of a foreign page: either the token must be in the Authorization
 * header, which no page may set across origins (admission.ts), or the Origin
 * must be there and our own (lan-admission.ts).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { Failure } from "../core/errors.ts";
import { failureView } from "../master/queue-view.ts";
import type { UiUploaded } from "../protocol/ui-media.ts";
import type { Admission } from "./admission.ts";
import { safetyHeaders } from "./page-server.ts";

/** Keeps what comes; see store/upload-shelf.ts. */
export interface UploadPort {
  receive(
    name: string,
    sizeBytes: number,
    body: Readable,
    signal?: AbortSignal,
  ): Promise<{ readonly path: string; readonly sizeBytes: number }>;
}

/** At the same time; a browser sends six. */
const maxUploads = 6;
/** A line that brings nothing for this long is gone. */
const idleMs = 60_000;
const maxNameCharacters = 1_000;
/** For a refused sender to read why, before its line is cut. */
const refusalGraceMs = 1_000;

export class UploadIntake {
  readonly #port: UploadPort;
  readonly #admit: (request: IncomingMessage) => Admission;
  readonly #onBug: (error: unknown) => void;
  #running = 0;

  constructor(
    port: UploadPort,
    admit: (request: IncomingMessage) => Admission,
    onBug: (error: unknown) => void,
  ) {
    this.#port = port;
    this.#admit = admit;
    this.#onBug = onBug;
  }

  /** Answers the request, whatever it is. */
  accept(request: IncomingMessage, response: ServerResponse): void {
    const refused = this.#refusal(request);
    if (refused !== null) {
      refuse(request, response, refused.status, refused.failure);
      return;
    }
    this.#running += 1;
    this.#receive(request, response)
      .catch((error: unknown) => {
        this.#onBug(error);
        response.destroy();
      })
      .finally(() => (this.#running -= 1));
  }

  #refusal(
    request: IncomingMessage,
  ): { readonly status: number; readonly failure: Failure } | null {
    const no = (status: number, reason: string) => ({
      status,
      failure: new Failure("usage", reason),
    });
    const admission = this.#admit(request);
    if (!admission.admitted) return no(admission.status, admission.reason);
    if (request.method !== "POST") return no(405, "Files are sent by POST.");
    const name = nameOf(request.url ?? "");
    if (name === null || name === "" || name.length > maxNameCharacters)
      return no(400, "The file has no usable name.");
    if (lengthOf(request) === null)
      return no(411, "The file's size must be told beforehand.");
    if (this.#running >= maxUploads)
      return no(503, "Too many files at the same time.");
    return null;
  }

  async #receive(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const gone = new AbortController();
    request.setTimeout(idleMs, () => {
      gone.abort();
    });
    response.once("close", () => {
      gone.abort();
    });
    const name = nameOf(request.url ?? "") ?? "";
    const sizeBytes = lengthOf(request) ?? 0;
    try {
      const { path } = await this.#port.receive(
        name,
        sizeBytes,
        request,
        gone.signal,
      );
      answer(response, 200, { path, sizeBytes });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const status = error.code === "disk-full" ? 507 : 500;
      refuse(request, response, status, error);
    }
  }
}

function nameOf(url: string): string | null {
  const query = url.indexOf("?");
  if (query < 0) return null;
  return new URLSearchParams(url.slice(query + 1)).get("name");
}

function lengthOf({ headers }: IncomingMessage): number | null {
  const length = Number(headers["content-length"] ?? Number.NaN);
  return Number.isSafeInteger(length) && length >= 0 ? length : null;
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  failure: Failure,
): void {
  response.setHeader("connection", "close");
  answer(response, status, { failure: failureView(failure) });
  // The rest of the file is not waited for, and not kept.
  request.resume();
  const timer = setTimeout(() => request.destroy(), refusalGraceMs);
  timer.unref();
  request.once("close", () => {
    clearTimeout(timer);
  });
}

function answer(
  response: ServerResponse,
  status: number,
  body: UiUploaded,
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    ...safetyHeaders,
    "content-type": "application/json",
    "cache-control": "no-store",
  });
  response.end(JSON.stringify(body));
}
