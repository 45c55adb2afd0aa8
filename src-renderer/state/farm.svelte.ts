import { Connection, type LinkState } from "../connection/connection.ts";
import type { NodeAddress } from "../connection/address.ts";
import type {
  UiAnswer,
  UiJob,
  UiRequest,
  UiSnapshot,
  UiWorker,
} from "../../src-main/protocol/ui-contract.ts";

/**
 * What the node told last, for all screens. They read it and ask; none of them
 * keeps a truth of its own.
 */
export class Farm {
  snapshot = $state.raw<UiSnapshot | null>(null);
  link = $state.raw<LinkState>({ kind: "connecting" });

  readonly jobs: readonly UiJob[] = $derived(this.snapshot?.jobs ?? []);
  readonly workers: readonly UiWorker[] = $derived(
    this.snapshot?.workers ?? [],
  );
  readonly node = $derived(this.snapshot?.node ?? null);
  readonly isMaster = $derived(
    this.node?.role === "master" || this.node?.role === "both",
  );
  readonly isWorker = $derived(
    this.node?.role === "worker" || this.node?.role === "both",
  );

  /** Where files are sent to, and the key for it (null: a cookie is). */
  readonly uploadPlace: {
    readonly origin: string;
    readonly token: string | null;
  };
  /** The page is open on another device: what only the computer itself decides is not offered. */
  readonly isRemote: boolean;

  readonly #connection: Connection;

  constructor(address: NodeAddress) {
    this.uploadPlace = {
      origin: new URL(address.url.replace(/^ws/, "http")).origin,
      token: address.token,
    };
    this.isRemote = address.token === null;
    this.#connection = new Connection({
      ...address,
      onSnapshot: (snapshot) => {
        this.snapshot = snapshot;
      },
      onLink: (link) => {
        this.link = link;
      },
    });
  }

  /** Rejects with RequestRefused or LineLost. */
  ask<Request extends UiRequest>(
    request: Request,
  ): Promise<UiAnswer<Request["type"]>> {
    return this.#connection.ask(request);
  }

  retryNow(): void {
    this.#connection.retryNow();
  }

  close(): void {
    this.#connection.close();
  }
}
