/**
 * What every face of a node does with its line, whichever socket carries it:
 * matches answers to requests and keeps the snapshot up to date, asking for a
 * new one where a revision is missing (SPEC.md, the /ui contract).
 */
import { applyUiChange } from "./apply-ui-change.ts";
import type {
  UiAnswer,
  UiFailure,
  UiRequest,
  UiServerFrame,
  UiSnapshot,
} from "./ui-contract.ts";

export interface UiLineOptions {
  /** An answer that takes longer is given up, milliseconds. */
  readonly answerTimeoutMs: number;
  readonly onSnapshot: (snapshot: UiSnapshot) => void;
  /** What a request is rejected with that the node refused. */
  readonly refused: (failure: UiFailure) => Error;
  /** What a request is rejected with whose answer will not come. */
  readonly lost: () => Error;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** One line to one node; whoever holds it dials, and dials again. */
export class UiLine {
  readonly #options: UiLineOptions;
  readonly #waiting = new Map<number, Waiting>();
  #send: ((text: string) => void) | null = null;
  #snapshot: UiSnapshot | null = null;
  #isAsking = false;
  #nextId = 1;

  constructor(options: UiLineOptions) {
    this.#options = options;
  }

  /** Null until the line's first snapshot has come, and after it broke. */
  get snapshot(): UiSnapshot | null {
    return this.#snapshot;
  }

  /** The line stands: asks for a snapshot at once. */
  open(send: (text: string) => void): void {
    this.broke();
    this.#send = send;
    this.#askSnapshot();
  }

  /** Rejects with the options' `refused` or `lost`. */
  ask<Request extends UiRequest>(
    request: Request,
  ): Promise<UiAnswer<Request["type"]>> {
    const send = this.#send;
    if (send === null) return Promise.reject(this.#options.lost());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(id)?.reject(this.#options.lost());
      }, this.#options.answerTimeoutMs);
      this.#waiting.set(id, {
        resolve: (answer) => resolve(answer as UiAnswer<Request["type"]>),
        reject,
        timer,
      });
      send(JSON.stringify({ id, request }));
    });
  }

  /** Takes one text the node sent; the node is trusted to speak the contract. */
  receive(text: string): void {
    const frame = JSON.parse(text) as UiServerFrame;
    switch (frame.kind) {
      case "answer":
        this.#settle(frame.id)?.resolve(frame.answer);
        return;
      case "refusal":
        this.#settle(frame.id)?.reject(this.#options.refused(frame.failure));
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

  /** The line is gone: what is still asked will not be answered. */
  broke(): void {
    this.#send = null;
    this.#snapshot = null;
    this.#isAsking = false;
    for (const id of [...this.#waiting.keys()])
      this.#settle(id)?.reject(this.#options.lost());
  }

  #take(snapshot: UiSnapshot): void {
    this.#snapshot = snapshot;
    this.#options.onSnapshot(snapshot);
  }

  #askSnapshot(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const send = this.#send;
    this.ask({ type: "snapshot" }).then(
      (snapshot) => {
        // A snapshot of the line before says nothing of this one.
        if (this.#send !== send) return;
        this.#isAsking = false;
        this.#take(snapshot);
      },
      () => {
        if (this.#send === send) this.#isAsking = false;
      },
    );
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting) clearTimeout(waiting.timer);
    return waiting;
  }
}
