import { z } from "zod";

/**
 * The first message of each side on a control connection. Any version must be
 * able to read it for ever: a JSON object with `reelfarm` as below, unknown
 * members ignored (SPEC.md, rules W5 to W8).
 */
export const helloSchema = z.object({
  reelfarm: z.object({
    /** Protocol versions this side speaks, inclusive. */
    lowest: z.int().min(1).max(1_000_000),
    highest: z.int().min(1).max(1_000_000),
    appVersion: z.string().max(64),
    name: z.string().max(128),
  }),
  /** What the application tells about itself; judged by the application. */
  details: z.unknown().optional(),
  /** Worker: the session it wants to go on with. Master: the session it gave. */
  session: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
  /** Master: whether that session and its transfers go on. */
  resumed: z.boolean().optional(),
});

/** A hello as it stands on the wire. */
export type Hello = z.infer<typeof helloSchema>;

/** What a side knows about itself. `details` must survive JSON and stay small. */
export interface LocalHello {
  readonly appVersion: string;
  readonly name: string;
  readonly details?: unknown;
  /** Only tests set it. */
  readonly protocol?: VersionRange;
}

/** Protocol versions, inclusive. */
export interface VersionRange {
  readonly lowest: number;
  readonly highest: number;
}

/** What the other side said. */
export interface PeerHello {
  readonly appVersion: string;
  readonly name: string;
  readonly details: unknown;
  /** The protocol version both sides speak from now on. */
  readonly protocol: number;
}

/** What this program speaks. */
export const ownProtocol: VersionRange = { lowest: 1, highest: 1 };

/** The highest version both speak; null: none (rule W6). */
export function commonVersion(
  mine: VersionRange,
  theirs: VersionRange,
): number | null {
  const version = Math.min(mine.highest, theirs.highest);
  return version >= Math.max(mine.lowest, theirs.lowest) ? version : null;
}

/** The message to send. */
export function helloMessage(
  local: LocalHello,
  session: { readonly session?: string; readonly resumed?: boolean } = {},
): Hello {
  const { lowest, highest } = local.protocol ?? ownProtocol;
  return {
    reelfarm: {
      lowest,
      highest,
      appVersion: local.appVersion.slice(0, 64),
      name: local.name.slice(0, 128),
    },
    details: local.details,
    ...session,
  };
}
