/**
 * One face on the line. It asks, each request gets one answer; once it has
 * asked for the snapshot, changes are pushed to it. A face that reads too
 * slowly gets no more changes until its line is free, then a whole snapshot:
 * what waits in memory for it is bounded.
 */
import type { WebSocket } from "ws";
import { Failure, explain, type ErrorCode } from "../core/errors.ts";
import {
  uiRequestFrameSchema,
  type UiFailure,
  type UiRequest,
  type UiServerFrame,
} from "../protocol/ui-contract.ts";
import type { UiHost } from "./ui-host.ts";

/** Unsent bytes above which changes are dropped: many screens' worth. */
const lagBytes = 1024 * 1024;
/** Unsent bytes at which a face is taken to have stopped reading. */
const maxUnsentBytes = 64 * 1024 * 1024;
/** Requests of one face in work at the same time. */
const maxPending = 64;
/** WebSocket close codes (RFC 6455, 7.4.1). */
export const closeCodes = { goingAway: 1001, policyViolation: 1008 } as const;

export interface SessionOptions {
  readonly socket: WebSocket;
  readonly host: UiHost;
  /** Told of anything that was not a Failure: our own mistake. */
  readonly onBug: (error: unknown) => void;
}

export class UiSession {
  readonly #socket: WebSocket;
  readonly #host: UiHost;
  readonly #onBug: (error: unknown) => void;
  readonly #gone = new AbortController();
  #follows = false;
  #lags = false;
  #pending = 0;
  #answeredPing = true;

  constructor({ socket, host, onBug }: SessionOptions) {
    this.#socket = socket;
    this.#host = host;
    this.#onBug = onBug;
    socket.on("message", (data, isBinary) =>
      this.#receive(isBinary ? null : (data as Buffer).toString("utf8")),
    );
    socket.once("close", () => this.#gone.abort(new Failure("cancelled")));
    socket.on("pong", () => (this.#answeredPing = true));
    // Too large, not UTF-8, cut off: ws closes the line itself with the fitting code.
    socket.on("error", () => undefined);
  }

  /** Pushes a change, already written as a frame: it is the same text for all faces. */
  push(frame: string): void {
    if (!this.#follows || this.#lags) return;
    if (this.#socket.bufferedAmount > lagBytes) this.#lags = true;
    else this.#sendText(frame);
  }

  /** Asks for a sign of life; without one since the last time the line is cut. */
  ping(): void {
    if (!this.#answeredPing) {
      this.#socket.terminate();
      return;
    }
    this.#answeredPing = false;
    this.#socket.ping();
  }

  #receive(text: string | null): void {
    const frame = text === null ? null : readJson(text);
    const parsed = uiRequestFrameSchema.safeParse(frame);
    if (parsed.success) {
      this.#answer(parsed.data.id, parsed.data.request);
      return;
    }
    const id = idOf(frame);
    const where = parsed.error.issues[0]?.path.join(".") ?? "";
    if (id === null)
      this.#socket.close(closeCodes.policyViolation, "not a request");
    else this.#refuse(id, "peer-broken", `request not understood (${where})`);
  }

  #answer(id: number, request: UiRequest): void {
    if (request.type === "snapshot") {
      // Taken and sent in one go: no change can slip in between.
      this.#follows = true;
      this.#lags = false;
      this.#send({ kind: "answer", id, answer: this.#host.snapshot() });
      return;
    }
    if (this.#pending >= maxPending) {
      this.#refuse(id, "usage", "Too many requests at the same time.");
      return;
    }
    this.#pending += 1;
    this.#host
      .handle(request, this.#gone.signal)
      .then(
        (answer) => this.#send({ kind: "answer", id, answer: answer ?? null }),
        (error: unknown) => this.#refuseWith(id, error),
      )
      .finally(() => (this.#pending -= 1))
      .catch(this.#onBug);
  }

  #refuseWith(id: number, error: unknown): void {
    if (error instanceof Failure) this.#refuse(id, error.code, error.detail);
    else {
      this.#refuse(id, "internal-error", "the request could not be answered");
      this.#onBug(error);
    }
  }

  #refuse(id: number, code: ErrorCode, detail: string): void {
    const failure: UiFailure = { code, detail, ...explain(code, detail) };
    this.#send({ kind: "refusal", id, failure });
  }

  #send(frame: UiServerFrame): void {
    this.#sendText(JSON.stringify(frame));
  }

  #sendText(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > maxUnsentBytes) {
      this.#socket.terminate();
      return;
    }
    this.#socket.send(text, () => this.#catchUp());
  }

  #catchUp(): void {
    if (!this.#lags || this.#socket.bufferedAmount > lagBytes / 4) return;
    this.#lags = false;
    this.#send({ kind: "snapshot", snapshot: this.#host.snapshot() });
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The id of a frame that is otherwise not understood, so that its sender hears of it. */
function idOf(frame: unknown): number | null {
  if (typeof frame !== "object" || frame === null || !("id" in frame))
    return null;
  const { id } = frame;
  return typeof id === "number" && Number.isSafeInteger(id) && id >= 0
    ? id
    : null;
}
