/** The part of the UI contract about who belongs to the farm. */
import { z } from "zod";
import { isDeviceId, type DeviceId } from "../core/identifiers.ts";

const deviceId = z.string().refine(isDeviceId);
/** What people call a device or this node. */
const label = z.string().trim().min(1).max(64);

export const pairingRequestSchemas = [
  /** A new code or link; an earlier one of the same kind is dead from now on. */
  z.strictObject({
    type: z.literal("start-pairing"),
    means: z.enum(["code", "link"]),
    /** A person here is asked before the device is let in. */
    mustAsk: z.boolean(),
  }),
  /** Takes back code and link, and refuses who is being asked about. */
  z.strictObject({ type: z.literal("stop-pairing") }),
  z.strictObject({
    type: z.literal("answer-pairing"),
    request: z.int().min(1),
    accepts: z.boolean(),
  }),
  /** Pairs with a master and works for it from now on. Answered when the master has decided. */
  z.strictObject({
    type: z.literal("join-by-code"),
    host: z.string().min(1).max(253),
    port: z.int().min(1).max(65_535),
    code: z.string().max(40),
  }),
  z.strictObject({
    type: z.literal("join-by-link"),
    link: z.string().max(2048),
  }),
  z.strictObject({ type: z.literal("list-devices") }),
  /** Ends its connections at once; what it had in work goes to others. */
  z.strictObject({ type: z.literal("revoke-device"), deviceId }),
  z.strictObject({
    type: z.literal("rename-device"),
    deviceId,
    name: label,
  }),
  z.strictObject({ type: z.literal("rename-node"), name: label }),
] as const;

export type PairingRequest = z.infer<(typeof pairingRequestSchemas)[number]>;

const pairingRequestTypes: ReadonlySet<string> = new Set(
  pairingRequestSchemas.map((schema) => schema.shape.type.value),
);

/** Whether a face asks about who belongs to the farm. */
export function isPairingRequest<Other extends { readonly type: string }>(
  request: Other | PairingRequest,
): request is PairingRequest {
  return pairingRequestTypes.has(request.type);
}

/** A live code or link. */
export interface UiPairingOffer {
  readonly means: "code" | "link";
  /** Six digits, or `reelfarm://join?…`. */
  readonly text: string;
  readonly mustAsk: boolean;
  readonly expiresAtMs: number;
  /** Null: not counted. */
  readonly triesLeft: number | null;
}

/** A device that is being paired at this moment. */
export interface UiPairingVisit {
  /** For `answer-pairing`. */
  readonly request: number;
  readonly deviceId: string;
  /** The id in the groups people compare. */
  readonly idText: string;
  /** What it calls itself. */
  readonly name: string;
  readonly address: string;
  readonly means: "code" | "link";
  /** `asking`: it showed the right code, and a person must decide. */
  readonly state: "proving" | "asking" | "entering";
  /** Paired devices of the same name but another id: was this one set up anew? */
  readonly namesakeIds: readonly string[];
}

/** What a master's pairing is at; it changes with the node's row. */
export interface UiPairing {
  readonly offers: readonly UiPairingOffer[];
  readonly visit: UiPairingVisit | null;
  /** How the latest try ended; null before the first. */
  readonly outcome: UiPairingOutcome | null;
}

export interface UiPairingOutcome {
  /** Grows with every try that ended. */
  readonly number: number;
  readonly deviceId: string;
  readonly idText: string;
  readonly name: string;
  readonly address: string;
  /** Why it was turned away; null: it is paired. */
  readonly refused: { readonly code: string; readonly text: string } | null;
}

/** A paired device. */
export interface UiDevice {
  readonly deviceId: DeviceId;
  readonly idText: string;
  readonly name: string;
  readonly isWorker: boolean;
  readonly isMaster: boolean;
  readonly isConnected: boolean;
  readonly pairedAtMs: number;
  readonly lastSeenAtMs: number | null;
  readonly address: string | null;
}

/** The master that let this node in. */
export interface UiJoined {
  readonly masterId: string;
  readonly idText: string;
  readonly name: string;
  readonly address: string;
}

export interface UiPairingAnswers {
  readonly "start-pairing": UiPairingOffer;
  readonly "join-by-code": UiJoined;
  readonly "join-by-link": UiJoined;
  readonly "list-devices": readonly UiDevice[];
}
