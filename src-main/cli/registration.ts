import type { Command } from "commander";
import type { CommandContext } from "./command-context.ts";

/** What a part of the command line needs to add its commands. */
export interface Registration {
  readonly program: Command;
  readonly context: CommandContext;
  /** Told the exit code of the command that ran. */
  readonly onDone: (exitCode: number) => void;
}
