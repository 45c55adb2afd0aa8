/**
 * The life of one command: what it must put away at its end, and what ends it
 * early. The first Ctrl-C (or SIGTERM, SIGHUP) aborts the signal, so that the
 * command unwinds and everything is put away in order; the second one puts
 * away what can be done at once and exits.
 */
import { Failure } from "../core/errors.ts";
import { exitCodes } from "./failure-report.ts";

/** A part that does not end is left behind after this long. */
const partEndMs = 8_000;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface LifetimePart {
  /** Puts the part away in peace. */
  readonly end: () => Promise<void> | void;
  /** The same at once, for a second Ctrl-C; must not wait. */
  readonly endAtOnce?: () => void;
}

export class Lifetime {
  /** Ctrl-C or the like was seen. */
  readonly signal: AbortSignal;
  readonly #abort = new AbortController();
  readonly #parts: LifetimePart[] = [];
  readonly #onSignal = (): void => this.#interrupt();
  readonly #onFirst: () => void;

  constructor(onFirst: () => void) {
    this.signal = this.#abort.signal;
    this.#onFirst = onFirst;
    for (const name of signals) process.on(name, this.#onSignal);
  }

  get interrupted(): boolean {
    return this.signal.aborted;
  }

  /** Parts end in reverse order of this call; none may be added after `end`. */
  keep(part: LifetimePart): void {
    this.#parts.push(part);
  }

  /** The promise's value, unless Ctrl-C comes first: then Failure `cancelled`. */
  race<Value>(promise: Promise<Value>): Promise<Value> {
    if (this.interrupted) {
      promise.catch(() => undefined);
      return Promise.reject(new Failure("cancelled"));
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(new Failure("cancelled"));
      this.signal.addEventListener("abort", onAbort, { once: true });
      promise
        .then(resolve, reject)
        .finally(() => this.signal.removeEventListener("abort", onAbort));
    });
  }

  /** Resolves when Ctrl-C was seen. */
  untilInterrupted(): Promise<void> {
    return new Promise((resolve) => {
      if (this.interrupted) resolve();
      else
        this.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Puts everything away. What fails or hangs does not keep the rest. */
  async end(): Promise<void> {
    for (let part = this.#parts.at(-1); part; part = this.#parts.at(-1)) {
      if (!(await endsInTime(part))) part.endAtOnce?.();
      this.#parts.pop();
    }
    for (const name of signals) process.off(name, this.#onSignal);
  }

  /** What can be put away without waiting. */
  endAtOnce(): void {
    for (const part of this.#parts.splice(0).reverse()) part.endAtOnce?.();
  }

  #interrupt(): void {
    if (this.interrupted) {
      this.endAtOnce();
      process.exit(exitCodes.interrupted);
    }
    this.#abort.abort(new Failure("cancelled"));
    this.#onFirst();
  }
}

async function endsInTime(part: LifetimePart): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), partEndMs);
  });
  const ended = Promise.resolve()
    .then(() => part.end())
    .then(
      () => true,
      () => false,
    );
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}
