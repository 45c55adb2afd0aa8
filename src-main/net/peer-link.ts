import type { Readable } from "node:stream";
import type { DeviceId } from "../core/identifiers.ts";
import type { PeerHello } from "../protocol/hello.ts";

/** A living connection to a paired device: small messages, and transfers for bulk. */
export interface PeerLink {
  readonly peerId: DeviceId;
  readonly peerHello: PeerHello;
  readonly remoteAddress: string;
  /** Whether an earlier link's transfers go on over this one. */
  readonly resumed: boolean;
  /**
   * Sends a small message (JSON, at most `controlMaxBytes`). In order, at most
   * once; dropped when the link is closed.
   */
  send(message: unknown): void;
  /**
   * The one handler of the peer's messages; what came before it was set is
   * kept for it. The handler validates; a `Failure` it throws closes the link
   * as broken.
   */
  onMessage(handler: (message: unknown) => void): void;
  /** Outlives the link for the grace: see `Transfers`. */
  readonly transfers: Transfers;
  /** Settles once, never rejects. */
  readonly closed: Promise<LinkEnd>;
  /** Ends the link for good: transfers fail at once on both sides. */
  close(reason?: string): void;
  /** Milliseconds of the last heartbeat there and back; null before the first. */
  roundTripMs(): number | null;
}

/** The master's view of a worker's link. */
export type WorkerLink = PeerLink;

export type LinkEndCode =
  /** This side closed it. */
  | "closed"
  /** The other side closed it. */
  | "peer-closed"
  /** The socket broke. */
  | "lost"
  /** No sign of life for too long. */
  | "silent"
  /** The other side broke the protocol. */
  | "peer-broken"
  /** The same device connected anew. */
  | "superseded"
  /** The device is not allowed any more. */
  | "revoked";

export interface LinkEnd {
  readonly code: LinkEndCode;
  readonly reason: string;
}

export interface TransferResult {
  readonly bytes: number;
  /** Of the bytes of this transfer, lower-case hex. */
  readonly sha256: string;
}

export interface SendOptions {
  readonly signal?: AbortSignal;
  /** Told the bytes the receiver's consumer took so far. */
  readonly onProgress?: (takenBytes: number) => void;
  /**
   * Bytes it may be ahead of the receiver's consumer, asked before each read;
   * at least twice `confirmLeastBytes`, and never more than `windowBytes`.
   */
  readonly aheadBytes?: () => number;
}

export interface SendFileOptions extends SendOptions {
  /** First byte of the file to send. */
  readonly from?: number;
  /** The file may still grow until this settles; a rejection fails the transfer. */
  readonly follow?: Promise<unknown>;
}

export interface ReceiveOptions {
  /** More than this: `limit-exceeded`. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/**
 * Bulk bytes between two devices. A transfer has a name both sides know, one
 * sender and one receiver; who registers first waits for the other. It goes on
 * by itself when a data socket dies, and when the link is lost and taken up
 * again within the grace (`resume` of the client): the new link has the same
 * `Transfers`. After the grace, or when a link is closed, what is open fails
 * with `transfer-broken`.
 */
export interface Transfers {
  /**
   * Sends a stream of bytes; reads it only as the receiver takes them, and
   * keeps what was not yet taken (at most `windowBytes`). Settles when the
   * receiver's consumer took and verified everything. Rejects with `Failure`:
   * `cancelled` (signal), `transfer-broken`, `transfer-corrupt`,
   * `limit-exceeded` (the receiver's reason), or the source's own error.
   */
  send(
    id: string,
    source: Readable,
    options?: SendOptions,
  ): Promise<TransferResult>;
  /** The same for a file; `source-changed` when its size or time changes meanwhile. */
  sendFile(
    id: string,
    path: string,
    options?: SendFileOptions,
  ): Promise<TransferResult>;
  /**
   * The bytes of a transfer, each chunk verified before its end is handed out.
   * Destroying it tells the sender to stop. Errors: `Failure` as above.
   */
  receive(id: string, options: ReceiveOptions): Readable;
  /** Payload bytes since the start, repeats included. */
  bytesSent(): number;
  bytesReceived(): number;
}
