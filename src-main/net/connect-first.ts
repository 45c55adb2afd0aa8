import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { formatHostPort, type HostPort } from "../core/discovery/host-port.ts";
import { Failure } from "../core/errors.ts";
import { codeOf } from "./system-error.ts";

/** The next address is tried beside the one before when that says nothing for so long (RFC 8305 has 250 ms). */
const headStartMs = 250;
/** On a local network whoever answers does so at once. */
const knockMs = 3_000;

/** How one address fared. */
export interface TriedAddress {
  readonly address: HostPort;
  /** Null: connected. The system's code, e.g. ECONNREFUSED, or one of core/errors.ts. */
  readonly trouble: string | null;
}

export interface ConnectFirstOptions<Link> {
  /** In the order of preference. */
  readonly candidates: readonly HostPort[];
  readonly signal: AbortSignal;
  readonly connect: (address: HostPort, signal: AbortSignal) => Promise<Link>;
  /** Told about every address as it is tried. */
  readonly onTried?: (tried: TriedAddress) => void;
}

/**
 * Connects to a device that may be at any of several addresses. Addresses are
 * knocked at side by side, each with a head start before the next, and only one
 * at a time is spoken to: a second conversation would end the first. Failures:
 * `master-unreachable` when none answers, otherwise that of the last one spoken
 * to; `cancelled`.
 */
export async function connectFirst<Link>(
  options: ConnectFirstOptions<Link>,
): Promise<{ readonly link: Link; readonly address: HostPort }> {
  const { candidates, signal } = options;
  const onTried = options.onTried ?? (() => undefined);
  const [first] = candidates;
  let failure = new Failure(
    "master-unreachable",
    first === undefined ? "" : formatHostPort(first),
  );
  for await (const address of answering(candidates, signal, onTried)) {
    try {
      const link = await options.connect(address, signal);
      onTried({ address, trouble: null });
      return { link, address };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.code === "cancelled") throw error;
      failure = error;
      onTried({ address, trouble: troubleOf(error) });
    }
  }
  if (signal.aborted) throw new Failure("cancelled");
  throw failure;
}

/** The addresses that accept a connection, as they do. A single one is not knocked at. */
async function* answering(
  candidates: readonly HostPort[],
  signal: AbortSignal,
  onTried: (tried: TriedAddress) => void,
): AsyncGenerator<HostPort> {
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) {
    yield only;
    return;
  }
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const open = new Map<HostPort, Promise<TriedAddress>>();
  let turn: Promise<unknown> = Promise.resolve();
  for (const address of candidates) {
    const knocked = turn.then(() => knock(address, stop.signal));
    turn = turn.then(() => Promise.race([knocked, pause(stop.signal)]));
    open.set(address, knocked);
  }
  try {
    while (open.size > 0 && !stop.signal.aborted) {
      const { address, trouble } = await Promise.race(open.values());
      open.delete(address);
      if (trouble === null) yield address;
      else if (!stop.signal.aborted) onTried({ address, trouble });
    }
  } finally {
    stop.abort();
    signal.removeEventListener("abort", abort);
  }
}

function pause(signal: AbortSignal): Promise<unknown> {
  return sleep(headStartMs, undefined, { signal }).catch(() => undefined);
}

/** Whether something accepts connections there; nothing is said. Never rejects. */
export async function knock(
  address: HostPort,
  signal: AbortSignal,
): Promise<TriedAddress> {
  if (signal.aborted) return { address, trouble: "cancelled" };
  return await new Promise((resolve) => {
    const socket = connect({ host: address.host, port: address.port });
    const end = (trouble: string | null): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      socket.on("error", () => undefined).destroy();
      resolve({ address, trouble });
    };
    const cancel = (): void => end("cancelled");
    const timer = setTimeout(() => end("ETIMEDOUT"), knockMs);
    signal.addEventListener("abort", cancel, { once: true });
    socket.once("connect", () => end(null));
    socket.once("error", (error) => end(codeOf(error)));
  });
}

/** An unreachable address says more by the system's code. */
function troubleOf(failure: Failure): string {
  if (failure.code !== "master-unreachable") return failure.code;
  return failure.cause === undefined ? "ETIMEDOUT" : codeOf(failure.cause);
}
