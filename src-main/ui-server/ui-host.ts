import type {
  UiAnswer,
  UiChange,
  UiRequest,
  UiSnapshot,
} from "../protocol/ui-contract.ts";

/** What the UI server needs of a node: the whole truth once, changes after it, and answers. */
export interface UiHost {
  snapshot(): UiSnapshot;
  /** Changes carry consecutive revisions. Returns the way to stop listening. */
  subscribe(listener: (change: UiChange) => void): () => void;
  /**
   * Rejects with a Failure for what cannot be done. The signal aborts when
   * nobody waits for the answer any more.
   */
  handle<Request extends UiRequest>(
    request: Request,
    signal?: AbortSignal,
  ): Promise<UiAnswer<Request["type"]>>;
}
