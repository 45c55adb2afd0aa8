import os from "node:os";
import { defaultDataFolder } from "./data-folder.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Terminal } from "./terminal.ts";

/** What every command is given: the world around it. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly lifetime: Lifetime;
  readonly env: NodeJS.ProcessEnv;
  readonly nowMs: () => number;
}

/** The folder of --data, or the usual one. */
export function dataFolderOf(
  context: CommandContext,
  named: string | undefined,
): string {
  return named !== undefined
    ? named
    : defaultDataFolder({
        platform: process.platform,
        env: context.env,
        homeFolder: os.homedir(),
      });
}
