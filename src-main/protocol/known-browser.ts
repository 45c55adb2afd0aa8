import { z } from "zod";

/**
 * A browser on the network that was let in to the window's page. It is trusted
 * as long as it is listed and its time is not over.
 */
export interface KnownBrowser {
  /** 16 hex digits; says nothing about its token. */
  readonly id: string;
  /** What it was called when it was let in, e.g. `Firefox, Android`. */
  readonly name: string;
  /** SHA-256 of the token in its cookie, hex: who reads this file cannot use it. */
  readonly tokenHash: string;
  readonly pairedAtMs: number;
  readonly lastSeenAtMs: number;
  readonly lastAddress: string;
  readonly expiresAtMs: number;
}

/** One more, and the one unseen for longest is forgotten. */
export const maxBrowsers = 32;

const knownBrowserSchema: z.ZodType<KnownBrowser> = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  name: z.string().min(1).max(200),
  tokenHash: z.string().regex(/^[0-9a-f]{64}$/),
  pairedAtMs: z.number().nonnegative(),
  lastSeenAtMs: z.number().nonnegative(),
  lastAddress: z.string().max(100),
  expiresAtMs: z.number().nonnegative(),
});

/** Each browser once. */
export const knownBrowsersSchema: z.ZodType<readonly KnownBrowser[]> = z
  .array(knownBrowserSchema)
  .max(maxBrowsers)
  .refine(
    (browsers) =>
      new Set(browsers.map((one) => one.id)).size === browsers.length,
    "has a browser twice",
  );

/** The list with this browser at its end; those whose time is over go, and the longest unseen where there are too many. */
export function withBrowser(
  browsers: readonly KnownBrowser[],
  browser: KnownBrowser,
  nowMs: number,
): readonly KnownBrowser[] {
  const others = browsers
    .filter((one) => one.id !== browser.id && one.expiresAtMs > nowMs)
    .sort((a, b) => a.lastSeenAtMs - b.lastSeenAtMs);
  return [...others.slice(-(maxBrowsers - 1)), browser];
}
