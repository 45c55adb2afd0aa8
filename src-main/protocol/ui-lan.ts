/**
 * The part of the UI contract about opening the window from other devices of
 * the home. Only faces on this computer see it and may ask it.
 */
import { z } from "zod";
import type { UiFailure } from "./ui-contract.ts";
import { settingsShape } from "./settings.ts";

export const lanRequestSchemas = [
  /** In force at once, and kept. Switching it off ends every browser's lines. */
  z.strictObject({
    type: z.literal("change-lan-window"),
    isOn: z.boolean().optional(),
    /** 0: any free one. */
    port: settingsShape.shape.uiLanPort.optional(),
    folders: settingsShape.shape.uiLanFolders.optional(),
  }),
  /** A new code; an earlier one is dead from now on. */
  z.strictObject({ type: z.literal("offer-browser-code") }),
  z.strictObject({ type: z.literal("withdraw-browser-code") }),
  /** Ends its lines at once. */
  z.strictObject({
    type: z.literal("revoke-browser"),
    browserId: z.string().regex(/^[0-9a-f]{16}$/),
  }),
] as const;

export type LanRequest = z.infer<(typeof lanRequestSchemas)[number]>;

const lanRequestTypes: ReadonlySet<string> = new Set(
  lanRequestSchemas.map((schema) => schema.shape.type.value),
);

/** Whether a face asks about opening the window from elsewhere. */
export function isLanRequest<Other extends { readonly type: string }>(
  request: Other | LanRequest,
): request is LanRequest {
  return lanRequestTypes.has(request.type);
}

/** A live code for one browser. */
export interface UiBrowserOffer {
  /** Six digits. */
  readonly code: string;
  readonly expiresAtMs: number;
  readonly triesLeft: number;
}

/** A browser that was let in. */
export interface UiBrowser {
  readonly browserId: string;
  readonly name: string;
  readonly isConnected: boolean;
  readonly pairedAtMs: number;
  readonly lastSeenAtMs: number;
  readonly address: string;
  readonly expiresAtMs: number;
}

export interface UiLanWindow {
  readonly isOn: boolean;
  /** Why it is on and yet not there; null: all is well. */
  readonly trouble: UiFailure | null;
  /** `https://192.168.1.20:47601/`, the likeliest first; empty: it is not there. */
  readonly urls: readonly string[];
  /** SHA-256 of the certificate, as browsers show it: `AB:CD:…`. */
  readonly fingerprint: string;
  readonly offer: UiBrowserOffer | null;
  readonly browsers: readonly UiBrowser[];
  /** Folders that browsers may look into besides those of outputs and watch folders. */
  readonly folders: readonly string[];
}

/** Answer to `GET /login` of the page on the network. */
export interface UiLogin {
  readonly isLoggedIn: boolean;
}

/** Body of `POST /login`; answered by 204 and a cookie, or by a `UiRefusedLogin`. */
export const loginSchema = z.strictObject({
  code: z.string().max(40),
  /** What the browser is to be called. */
  name: z.string().max(200),
});

export interface UiRefusedLogin {
  readonly failure: UiFailure;
}

export interface UiLanAnswers {
  readonly "offer-browser-code": UiBrowserOffer;
}
