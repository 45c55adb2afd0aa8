import { Failure } from "../core/errors.ts";
import type { TransferResult, Transfers } from "../net/peer-link.ts";

/** How long a finished result waits for a master that went away. */
const handInMs = 15 * 60_000;

/**
 * Sends a spooled result to the master while it is still being written. When
 * the master is gone for good (restarted, or away longer than transfers wait)
 * the result stays, and is sent from its beginning over the next link.
 */
export class ResultDelivery {
  private readonly id: string;
  private readonly signal: AbortSignal;
  private readonly done: Promise<TransferResult>;
  private resolve: (result: TransferResult) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;
  private transfers: Transfers;
  private file: { path: string; whole: Promise<unknown> } | null = null;
  private patience: NodeJS.Timeout | null = null;

  constructor(id: string, transfers: Transfers, signal: AbortSignal) {
    this.id = id;
    this.transfers = transfers;
    this.signal = signal;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(() => undefined);
    signal.addEventListener(
      "abort",
      () => {
        this.stopWaiting();
        this.reject(signal.reason);
      },
      { once: true },
    );
  }

  usesTransfers(transfers: Transfers): boolean {
    return this.transfers === transfers;
  }

  /** Begins to send; `whole` settles when the file grows no more. Resolves when the master has all of it. */
  begin(path: string, whole: Promise<unknown>): Promise<TransferResult> {
    this.file = { path, whole };
    this.send();
    return this.done;
  }

  /** Sends it again, from its beginning, over another link's transfers. */
  restart(transfers: Transfers): void {
    this.transfers = transfers;
    this.stopWaiting();
    this.send();
  }

  private send(): void {
    const { file, transfers } = this;
    if (file === null || this.signal.aborted) return;
    transfers
      .sendFile(this.id, file.path, { signal: this.signal, follow: file.whole })
      .then(
        (result) => {
          this.stopWaiting();
          this.resolve(result);
        },
        (error: unknown) => {
          if (this.transfers === transfers) this.onBroken(error);
        },
      );
  }

  private onBroken(error: unknown): void {
    if (!(error instanceof Failure) || error.code !== "transfer-broken") {
      this.reject(error);
      return;
    }
    this.patience = setTimeout(() => {
      this.reject(error);
    }, handInMs);
    this.patience.unref();
  }

  private stopWaiting(): void {
    if (this.patience !== null) clearTimeout(this.patience);
    this.patience = null;
  }
}
