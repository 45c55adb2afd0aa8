/** The line of a program to a running node, found through the node's ui.json. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { WebSocket } from "ws";
import { Failure } from "../core/errors.ts";
import { applyUiChange } from "../protocol/apply-ui-change.ts";
import { parseUiAddress, type UiAddress } from "../protocol/ui-address.ts";
import type {
  UiAnswer,
  UiRequest,
  UiServerFrame,
  UiSnapshot,
} from "../protocol/ui-contract.ts";
import { Refusal } from "./failure-report.ts";
import type { FarmView } from "./farm-view.ts";

const connectTimeoutMs = 5_000;
/** Ten thousand jobs with long names are some 10 MB. */
const maxAnswerBytes = 128 * 1024 * 1024;

/** Where the node of a data folder can be reached; null: none has one open. */
export async function readUiAddress(
  dataFolder: string,
): Promise<UiAddress | null> {
  const file = path.join(dataFolder, "ui.json");
  const text = await readFile(file, "utf8").catch(() => "");
  return parseUiAddress(text);
}

/**
 * Connects to the node of a data folder.
 *
 * @throws Failure `node-not-running`.
 */
export async function connectToNode(dataFolder: string): Promise<UiConnection> {
  const address = await readUiAddress(dataFolder);
  if (address === null) throw new Failure("node-not-running", dataFolder);
  const socket = new WebSocket(new URL("/ui", address.url), {
    headers: { authorization: `Bearer ${address.token}` },
    perMessageDeflate: false,
    maxPayload: maxAnswerBytes,
    handshakeTimeout: connectTimeoutMs,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    // A left-over ui.json of a node that was killed, or another program on its port.
    socket.once("error", (cause) =>
      reject(new Failure("node-not-running", dataFolder, { cause })),
    );
  });
  return new UiConnection(socket);
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: Error) => void;
}

interface Watcher {
  readonly onState: (state: UiSnapshot) => void;
  readonly onLost: (reason: Error) => void;
}

export class UiConnection implements FarmView {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #watchers = new Set<Watcher>();
  #nextId = 1;
  #state: UiSnapshot | null = null;
  #isAskingForState = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) =>
      this.#receive(
        JSON.parse((data as Buffer).toString("utf8")) as UiServerFrame,
      ),
    );
    socket.on("error", () => undefined);
    socket.on("close", () => this.#lose());
  }

  /** @throws Refusal with the node's words; Failure `node-not-running` when the line breaks. */
  ask<Request extends UiRequest>(
    request: Request,
  ): Promise<UiAnswer<Request["type"]>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {
        resolve: (answer) => resolve(answer as UiAnswer<Request["type"]>),
        reject,
      });
      if (this.#socket.readyState === WebSocket.OPEN)
        this.#socket.send(JSON.stringify({ id, request }));
      else this.#lose();
    });
  }

  watch(
    onState: Watcher["onState"],
    onLost: Watcher["onLost"] = () => undefined,
  ): () => void {
    const watcher = { onState, onLost };
    this.#watchers.add(watcher);
    if (this.#state) onState(this.#state);
    else this.#askForState();
    return () => void this.#watchers.delete(watcher);
  }

  /** Resolves when the line is down. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.readyState === WebSocket.CLOSED) resolve();
      this.#socket.once("close", () => resolve());
      this.#socket.close();
    });
  }

  #receive(frame: UiServerFrame): void {
    switch (frame.kind) {
      case "answer":
        this.#take(frame.id)?.resolve(frame.answer);
        return;
      case "refusal":
        this.#take(frame.id)?.reject(new Refusal(frame.failure));
        return;
      case "change": {
        if (!this.#state) return;
        const next = applyUiChange(this.#state, frame.change);
        if (next === null) this.#askForState();
        else this.#tell(next);
        return;
      }
      case "snapshot":
        this.#tell(frame.snapshot);
        return;
      default:
      // A newer node may say more; what is not known is passed over.
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #askForState(): void {
    if (this.#isAskingForState) return;
    this.#isAskingForState = true;
    this.ask({ type: "snapshot" })
      .then((state) => {
        this.#isAskingForState = false;
        this.#tell(state);
      })
      // The line broke: the watchers were told.
      .catch(() => undefined);
  }

  #tell(state: UiSnapshot): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const watcher of this.#watchers) watcher.onState(state);
  }

  #lose(): void {
    const reason = new Failure("node-not-running", "this folder any more");
    for (const waiting of this.#waiting.values()) waiting.reject(reason);
    this.#waiting.clear();
    for (const watcher of this.#watchers) watcher.onLost(reason);
    this.#watchers.clear();
  }
}
