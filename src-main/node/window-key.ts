/**
 * The key and port a node's window keeps over restarts, so that a page that is
 * open finds its way back (decisions/012).
 */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseWindowKey, type WindowKey } from "../protocol/ui-address.ts";

/** The kept one; a new one where none is kept or what is there is none. */
export async function readWindowKey(dataFolder: string): Promise<WindowKey> {
  const text = await readFile(keyFile(dataFolder), "utf8").catch(() => "");
  const token = randomBytes(24).toString("base64url");
  return parseWindowKey(text) ?? { token, port: null };
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
