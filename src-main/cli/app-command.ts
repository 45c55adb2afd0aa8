/** `app`: the desktop app; where Electron's runtime cannot be had, the same pages in the browser. */
import { spawn } from "node:child_process";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { Failure } from "../core/errors.ts";
import { startNode } from "../node.ts";
import { dataFolderOf, type CommandContext } from "./command-context.ts";
import { electronSurroundings, findElectron } from "./electron-runtime.ts";
import { exitCodes } from "./failure-report.ts";
import { openPage } from "./open-page.ts";
import { bundleFolder, defaultPort, uiLink } from "./serve-command.ts";
import { connectToNode, readUiAddress } from "./ui-connection.ts";

/** Its package.json names the desktop's program as "main". */
const appFolder = fileURLToPath(new URL("../../..", import.meta.url));

export interface AppOptions {
  readonly data?: string;
  /** True: the browser, even where Electron is. */
  readonly browser?: boolean;
}

/** Runs until the app is quit, or Ctrl-C; gives back the exit code. */
export async function app(
  context: CommandContext,
  options: AppOptions,
): Promise<number> {
  if (options.browser) return inBrowser(context, options);
  const found = await findElectron(electronSurroundings(context.env));
  if ("program" in found) return inElectron(context, found.program, options);
  context.terminal.note(
    `Electron's runtime cannot be had here (${found.missing}); the same window opens in the browser.`,
  );
  return inBrowser(context, options);
}

async function inElectron(
  { env, lifetime }: CommandContext,
  program: string,
  options: AppOptions,
): Promise<number> {
  const words = options.data === undefined ? [] : [`--data=${options.data}`];
  const child = spawn(program, [appFolder, ...words], {
    stdio: "inherit",
    // Else a shell of Electron's own would make this one plain Node.
    env: { ...env, ELECTRON_RUN_AS_NODE: undefined },
  });
  lifetime.keep({ end: () => void child.kill() });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new Failure("internal-error", cause.message, { cause })),
    );
    child.once("exit", (code) => resolve(code ?? exitCodes.failed));
  });
  return lifetime.race(ended);
}

async function inBrowser(
  context: CommandContext,
  options: AppOptions,
): Promise<number> {
  const { lifetime } = context;
  const dataFolder = dataFolderOf(context, options.data);
  const running = await runningNode(dataFolder);
  if (running !== null) {
    await show(context, uiLink(running));
    return exitCodes.ok;
  }
  const node = await startNode({
    dataFolder,
    role: null,
    name: os.hostname(),
    listen: { host: "0.0.0.0", port: defaultPort },
    ui: { host: "127.0.0.1", port: 0 },
    master: null,
    discovers: true,
    allow: [],
    ffmpeg: null,
    ffprobe: null,
    bundleFolder,
    slots: null,
    threads: null,
    onLog: (line) => context.terminal.print(line),
  });
  lifetime.keep({ end: () => node.close() });
  if (node.ui) await show(context, uiLink(node.ui));
  await Promise.race([lifetime.untilInterrupted(), node.closed]);
  return exitCodes.ok;
}

/** Where the node of a data folder answers; null: none does. */
async function runningNode(
  dataFolder: string,
): Promise<{ url: string; token: string } | null> {
  const address = await readUiAddress(dataFolder);
  if (address === null) return null;
  try {
    const line = await connectToNode(dataFolder);
    await line.close();
    return address;
  } catch {
    return null;
  }
}

async function show(context: CommandContext, link: string): Promise<void> {
  const { env, terminal } = context;
  terminal.print(`Reelfarm  ${link}`);
  if (!(await openPage(link, { platform: process.platform, env })))
    terminal.note("No browser could be opened; open this link in one.");
}
