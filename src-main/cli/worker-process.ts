/**
 * One worker of a private farm, as a process of its own. Its standard input is
 * a pipe from this process: when that closes, for whatever reason, the worker
 * ends; so it never outlives its parent, not even a killed one.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { formatDeviceId } from "../core/device-name.ts";
import { nodeFlags } from "../core/process-flags.ts";
import type { DeviceId } from "../core/identifiers.ts";
import { formatAddress, type Address } from "./argument-checks.ts";

/** From the closed pipe to the kill: enough to end an ffmpeg and clear the work folder. */
const endGraceMs = 5_000;
const lastLineCharacters = 400;

export interface WorkerProcessOptions {
  readonly dataFolder: string;
  readonly name: string;
  readonly master: Address;
  readonly masterId: DeviceId;
  readonly threads: number;
  readonly onLine: (line: string) => void;
}

export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Its last words, once it has ended, whatever ended it. Never rejects. */
  readonly ended: Promise<string>;
  /** Asks it to end and waits for that; kills it when it does not. */
  end(): Promise<void>;
  endAtOnce(): void;
}

export function startWorkerProcess(
  options: WorkerProcessOptions,
): WorkerProcess {
  const child = spawn(process.execPath, workerArguments(options), {
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own: Ctrl-C goes to this process alone, which then ends its workers in order.
    detached: process.platform !== "win32",
    windowsHide: true,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
  });
  let lastLine = "";
  const onLine = (line: string): void => {
    lastLine = line.slice(0, lastLineCharacters);
    options.onLine(line);
  };
  readLines(child.stdout, options.onLine);
  readLines(child.stderr, onLine);
  child.stdin.on("error", () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", () => resolve(lastLine));
  });
  return {
    pid: child.pid,
    ended,
    end: () => endInPeace(child, ended),
    endAtOnce: () => void child.kill("SIGKILL"),
  };
}

function workerArguments(options: WorkerProcessOptions): string[] {
  return [
    // The flags this process itself was started with, e.g. to read sources.
    ...new Set([...process.execArgv, ...nodeFlags]),
    fileURLToPath(new URL("../cli.js", import.meta.url)),
    "serve",
    "--role=worker",
    "--with-parent",
    "--no-ui",
    `--data=${options.dataFolder}`,
    `--name=${options.name}`,
    `--master=${formatAddress(options.master)}`,
    `--master-id=${formatDeviceId(options.masterId)}`,
    `--threads=${String(options.threads)}`,
  ];
}

async function endInPeace(
  child: ChildProcess,
  ended: Promise<string>,
): Promise<void> {
  child.stdin?.destroy();
  const timer = setTimeout(() => child.kill("SIGKILL"), endGraceMs);
  await ended;
  clearTimeout(timer);
}

function readLines(
  stream: NodeJS.ReadableStream,
  onLine: (line: string) => void,
): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    // A line without an end is cut: nothing of ours writes one that long.
    rest = (lines.pop() ?? "").slice(-10_000);
    for (const line of lines) if (line.trim() !== "") onLine(line.trimEnd());
  });
}

/** Calls back when the parent that holds the other end of standard input is gone. */
export function onParentGone(act: () => void): void {
  process.stdin.on("error", act);
  process.stdin.once("close", act);
  process.stdin.once("end", act);
  process.stdin.resume();
}
