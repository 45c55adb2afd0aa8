/**
 * The key and port a node's window keeps over restarts, so that a page that is
 * open finds its way back (decisions/012).
 */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const keySchema = z.object({
  token: z.string().regex(/^[A-Za-z0-9_-]{32}$/),
  port: z.number().int().min(1).max(65_535).nullable(),
});

/** Lies in the data folder, readable by its owner only. */
export type WindowKey = z.infer<typeof keySchema>;

/** The kept one; a new one where none is kept or what is there is none. */
export async function readWindowKey(dataFolder: string): Promise<WindowKey> {
  try {
    const text = await readFile(keyFile(dataFolder), "utf8");
    return keySchema.parse(JSON.parse(text));
  } catch {
    return { token: randomBytes(24).toString("base64url"), port: null };
  }
}

/** Rejects as writeFile does. */
export async function keepWindowKey(
  dataFolder: string,
  key: WindowKey,
): Promise<void> {
  await writeFile(keyFile(dataFolder), JSON.stringify(key), { mode: 0o600 });
}

function keyFile(dataFolder: string): string {
  return join(dataFolder, "window-key.json");
}
