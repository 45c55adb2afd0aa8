import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import type { PeerLink } from "../net/peer-link.ts";

/** First wait after a lost or refused connection; doubles up to the last. */
const firstRetryMs = 250;
const lastRetryMs = 4_000;

export type SessionState =
  | { readonly kind: "connecting"; readonly failure: Failure | null }
  | { readonly kind: "connected"; readonly link: PeerLink };

export interface MasterSessionOptions {
  readonly masterId: DeviceId;
  /** One attempt to connect; goes on with the transfers of the link before, where the master still has them. */
  readonly connect: (
    signal: AbortSignal,
    before: PeerLink | null,
  ) => Promise<PeerLink>;
  /** Resolves when the link is over and its work is put away. */
  readonly serve: (link: PeerLink) => Promise<void>;
  readonly onState: (state: SessionState) => void;
  readonly signal: AbortSignal;
}

/**
 * Keeps a worker connected to its master until the signal: dials, serves,
 * waits with growing pauses, dials again. Never rejects; a refusal (not paired,
 * other version) is reported and tried again slowly, because a person may mend it.
 */
export async function keepSession(
  options: MasterSessionOptions,
): Promise<void> {
  const { signal } = options;
  let waitMs = firstRetryMs;
  let failure: Failure | null = null;
  let before: PeerLink | null = null;
  while (!signal.aborted) {
    options.onState({ kind: "connecting", failure });
    try {
      const link = await options.connect(signal, before);
      before = link;
      failure = null;
      waitMs = firstRetryMs;
      options.onState({ kind: "connected", link });
      await options.serve(link);
    } catch (error) {
      failure =
        error instanceof Failure
          ? error
          : new Failure("master-unreachable", "", { cause: error });
      waitMs = Math.min(waitMs * 2, lastRetryMs);
    }
    await pause(waitMs, signal);
  }
}

function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener("abort", done);
  });
}
