/**
 * A lasting node for a desktop shell: the program of the shell's utility
 * process, started by its path. It takes the role it had when it last ran,
 * tells the shell where its window is served, and ends when it is told to or
 * when the shell is gone. Under plain Node it talks over fork's channel.
 *
 * Arguments: `--data=DIR` (else the usual place), `--ui-port=N` (served there
 * if that port is free: a page's own storage belongs to its address).
 */
import { createServer } from "node:net";
import os from "node:os";
import { parseArgs } from "node:util";
import { Failure, explain } from "../core/errors.ts";
import type { NodeReport } from "../protocol/node-report.ts";
import { startNode, type RunningNode } from "../node.ts";
import { defaultDataFolder } from "./data-folder.ts";
import { bundleFolder, defaultPort } from "./serve-command.ts";
import { readUiAddress } from "./ui-connection.ts";

/** For the last words to leave the process. */
const lastWordsMs = 200;

/** The part of Electron's `process.parentPort` used here. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: "message", listener: () => void): void;
}

/** The shell at the other end. */
interface ShellLine {
  report(report: NodeReport): void;
  /** Told to close, or the shell is gone. */
  onClose(act: () => void): void;
}

function openLine(): ShellLine {
  const { parentPort } = process as unknown as { parentPort?: ParentPort };
  if (parentPort)
    return {
      report: (report) => parentPort.postMessage(report),
      // There is but one order; a shell that is gone ends its utility processes.
      onClose: (act) => parentPort.on("message", act),
    };
  return {
    report: (report) => process.send?.(report),
    onClose: (act) => {
      process.on("message", act);
      process.on("disconnect", act);
    },
  };
}

async function run(line: ShellLine): Promise<number> {
  const { values } = parseArgs({
    options: { data: { type: "string" }, "ui-port": { type: "string" } },
  });
  const dataFolder =
    values.data ??
    defaultDataFolder({
      platform: process.platform,
      env: process.env,
      homeFolder: os.homedir(),
    });
  const told = new Promise<void>((resolve) => line.onClose(resolve));
  let node: RunningNode;
  try {
    node = await start(dataFolder, Number(values["ui-port"] ?? 0));
  } catch (error) {
    line.report(await reportOf(error, dataFolder));
    return 1;
  }
  if (node.ui) line.report({ kind: "started", ...node.ui });
  await Promise.race([told, node.closed]);
  await node.close();
  return 0;
}

async function start(
  dataFolder: string,
  wantedPort: number,
): Promise<RunningNode> {
  const host = "127.0.0.1";
  return startNode({
    dataFolder,
    role: null,
    name: os.hostname(),
    listen: { host: "0.0.0.0", port: defaultPort },
    ui: { host, port: (await isFree(host, wantedPort)) ? wantedPort : 0 },
    master: null,
    discovers: true,
    allow: [],
    ffmpeg: null,
    ffprobe: null,
    bundleFolder,
    slots: null,
    threads: null,
    onLog: (text) => console.log(text),
  });
}

/** Whether somebody could listen there just now. */
function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}

async function reportOf(
  error: unknown,
  dataFolder: string,
): Promise<NodeReport> {
  // A bug: the process ends with its stack, which the shell shows.
  if (!(error instanceof Failure)) throw error;
  if (error.code === "node-already-running") {
    const running = await readUiAddress(dataFolder);
    if (running !== null)
      return { kind: "elsewhere", url: running.url, token: running.token };
  }
  const failure = { code: error.code, ...explain(error.code, error.detail) };
  return { kind: "refused", failure };
}

const exitCode = await run(openLine());
setTimeout(() => process.exit(exitCode), lastWordsMs);
