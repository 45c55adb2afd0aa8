/** The part of the UI contract about what a node is and whom it works for. */
import { z } from "zod";
import { isDeviceId, type DeviceId } from "../core/identifiers.ts";
import { settingsShape, type Settings } from "./settings.ts";

const deviceId = z.string().refine(isDeviceId);

/** Settings a face may change as they are; the others have requests of their own. */
const changeable = settingsShape
  .pick({
    listenPort: true,
    interfaces: true,
    discovery: true,
    limits: true,
    watchFolders: true,
    whenDone: true,
    output: true,
    defaultPreset: true,
  })
  .partial();

/** What faces see of the settings. */
export type UiSettings = Pick<
  Settings,
  keyof z.infer<typeof changeable> | "queue"
>;

export const setupRequestSchemas = [
  /** Takes effect at once and at every later start; the queue is kept either way. */
  z.strictObject({
    type: z.literal("set-role"),
    role: z.enum(["master", "worker", "both"]),
  }),
  /** Serve this known master, now and first from now on. */
  z.strictObject({ type: z.literal("choose-master"), deviceId }),
  z.strictObject({ type: z.literal("forget-master"), deviceId }),
  /** Kept, and in force at once; port and interfaces from the next start or change of role on. */
  z.strictObject({ type: z.literal("change-settings"), change: changeable }),
  /** What only a desktop shell knows; told again at least every 15 s. */
  z.strictObject({
    type: z.literal("owner-reading"),
    idleS: z.number().min(0).max(1e9).nullable(),
    isOnMains: z.boolean().nullable(),
  }),
] as const;

export type SetupRequest = z.infer<(typeof setupRequestSchemas)[number]>;

const setupRequestTypes: ReadonlySet<string> = new Set([
  "set-role",
  "choose-master",
  "forget-master",
  "change-settings",
  "owner-reading",
]);

/** Whether a face asks something of the node itself. */
export function isSetupRequest<Other extends { readonly type: string }>(
  request: Other | SetupRequest,
): request is SetupRequest {
  return setupRequestTypes.has(request.type);
}

/** A master this node may work for; the first of them is served. */
export interface UiKnownMaster {
  readonly deviceId: DeviceId;
  readonly label: string;
  readonly address: string;
  readonly isServed: boolean;
}

/** A node as a worker, at this moment. */
export interface UiOwnWorker {
  readonly state: "ready" | "suspended";
  /** A key of core/worker-availability.ts; null while it is ready. */
  readonly reason: string | null;
  /** Somebody tells how long the computer was left alone. */
  readonly knowsIdle: boolean;
  /** Encodes it holds. */
  readonly heldAttempts: number;
}
