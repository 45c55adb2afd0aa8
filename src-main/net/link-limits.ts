import { frameMaxBytes } from "../protocol/data-frames.ts";

/** Bytes a sender may be ahead of the receiver's consumer (SPEC.md W14). */
export const windowBytes = 4 * 1024 * 1024;
/** Frames a sender may have unconfirmed: bounds memory when frames are tiny (W15). */
export const windowFrames = 1024;
/** A receiver confirms at least this often; far below the window, so it never dries up. */
export const confirmEveryBytes = windowBytes / 16;
export const confirmEveryFrames = windowFrames / 8;
/** Or in steps of this when hardly anything waits: the sender may send less far ahead than the window. */
export const confirmLeastBytes = 64 * 1024;
/** A control message; an order with hundreds of streams stays far below. */
export const controlMaxBytes = 256 * 1024;
/** Control bytes not yet taken by the network; more means the peer does not read. */
export const controlBacklogMaxBytes = 4 * 1024 * 1024;
export const dataMessageMaxBytes = frameMaxBytes;
/** A frame comes in one or two fragments. */
export const dataFragmentsMax = 8;
/** Frames queued in one data socket: enough to keep it busy, few enough to be fair. */
export const socketQueueMaxBytes = 2 * 256 * 1024;
/** Transfers of one peer open at a time, and wants that wait for their sender. */
export const openTransfersMax = 256;
/** Ended transfers remembered to answer late messages about them. */
export const endedTransfersKept = 512;
export const dataSocketsMax = 4;
/** Application messages kept until a handler is set. */
export const earlyMessagesMax = 1000;

/** Limits a farm server sets to what knocks at its port. */
export interface DoorLimits {
  /** From the connection to the end of the hello. */
  readonly handshakeMs: number;
  /** Connections of one address that are not yet let in. */
  readonly strangersPerAddress: number;
  /** All connections, let in or not. */
  readonly connections: number;
}

export const defaultDoorLimits: DoorLimits = {
  handshakeMs: 5_000,
  strangersPerAddress: 32,
  connections: 1_024,
};

/** How a link is kept; both sides may differ. */
export interface LinkTiming {
  /** Between two heartbeats. */
  readonly heartbeatMs: number;
  /** Without a sign of life on the control connection: the link is silent. */
  readonly silentMs: number;
  /** How long transfers wait for a lost link to come back. */
  readonly graceMs: number;
}

export const defaultLinkTiming: LinkTiming = {
  heartbeatMs: 2_000,
  silentMs: 10_000,
  graceMs: 60_000,
};

/** Time, replaceable in tests. `cancel` functions may be called more than once. */
export interface Timers {
  /** Monotonic milliseconds. */
  now(): number;
  after(ms: number, run: () => void): () => void;
  every(ms: number, run: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
};
