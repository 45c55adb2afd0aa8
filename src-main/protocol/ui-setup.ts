/** The part of the UI contract about what a node is and whom it works for. */
import { z } from "zod";
import { isDeviceId } from "../core/identifiers.ts";

const deviceId = z.string().refine(isDeviceId);

export const setupRequestSchemas = [
  /** Takes effect at once and at every later start; the queue is kept either way. */
  z.strictObject({
    type: z.literal("set-role"),
    role: z.enum(["master", "worker", "both"]),
  }),
  /** Serve this known master, now and first from now on. */
  z.strictObject({ type: z.literal("choose-master"), deviceId }),
  z.strictObject({ type: z.literal("forget-master"), deviceId }),
] as const;

export type SetupRequest = z.infer<(typeof setupRequestSchemas)[number]>;

const setupRequestTypes: ReadonlySet<string> = new Set([
  "set-role",
  "choose-master",
  "forget-master",
]);

export function isSetupRequest<Other extends { readonly type: string }>(
  request: Other | SetupRequest,
): request is SetupRequest {
  return setupRequestTypes.has(request.type);
}

/** A master this node may work for; the first of them is served. */
export interface UiKnownMaster {
  readonly deviceId: string;
  readonly label: string;
  readonly address: string;
  readonly isServed: boolean;
}
