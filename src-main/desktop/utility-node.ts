/** Forks the node into a utility process of Electron's. */
import type { UtilityProcess } from "electron";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { nodeFlags } from "../core/process-flags.ts";
import { lineSplitter } from "./line-splitter.ts";
import type { NodeChild } from "./node-process.ts";

/** The program beside this one; started by path, never imported. */
const program = fileURLToPath(
  new URL("../cli/desktop-node.js", import.meta.url),
);

export interface UtilityForker {
  fork(
    modulePath: string,
    args: string[],
    options: {
      execArgv: string[];
      stdio: "pipe";
      serviceName: string;
    },
  ): Pick<UtilityProcess, "postMessage" | "kill" | "stdout" | "stderr"> & {
    on(event: "message", act: (message: unknown) => void): unknown;
    on(event: "exit", act: (code: number) => void): unknown;
  };
}

export interface UtilityNodeOptions {
  /** Null: the usual place. */
  readonly dataFolder: string | null;
  /** Where the page was served last time; 0: any. */
  readonly uiPort: number;
}

export function forkNode(
  forker: UtilityForker,
  { dataFolder, uiPort }: UtilityNodeOptions,
): NodeChild {
  const words = [`--ui-port=${String(uiPort)}`];
  if (dataFolder !== null) words.push(`--data=${dataFolder}`);
  const child = forker.fork(program, words, {
    execArgv: [...nodeFlags],
    stdio: "pipe",
    serviceName: "Reelfarm node",
  });
  return {
    postMessage: (message) => child.postMessage(message),
    kill: () => child.kill(),
    onMessage: (act) => void child.on("message", act),
    onExit: (act) => void child.on("exit", act),
    onLine: (act) => {
      for (const stream of [child.stdout, child.stderr])
        (stream as Readable | null)
          ?.setEncoding("utf8")
          .on("data", lineSplitter(act));
    },
  };
}
