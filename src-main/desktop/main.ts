/**
 * The root of the desktop app: takes Electron's real things and hands them to
 * the shell. Everything that can be decided without Electron is elsewhere.
 */
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  screen,
  session,
  shell,
  Tray,
  utilityProcess,
} from "electron";
import { spawn } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { setChromiumSwitches } from "./chromium-switches.ts";
import type { ClientSocket } from "./contract-client.ts";
import { ReelfarmShell } from "./desktop-shell.ts";
import { hiddenWord } from "./login-item.ts";
import {
  linkScheme,
  openedByWords,
  openedLink,
  ownWords,
  wordValue,
} from "./opened-things.ts";
import { guardContents, guardSession } from "./page-guard.ts";
import type { ShellWorld } from "./shell-world.ts";
import { forkNode } from "./utility-node.ts";
import type { OpenedThing } from "../protocol/shell-contract.ts";

const here = (name: string): string =>
  fileURLToPath(new URL(name, import.meta.url));
const isDefaultApp = process.defaultApp;
const words = ownWords(process.argv, isDefaultApp);
/** What came before there is a shell. */
const early: OpenedThing[] = openedByWords(words, process.cwd());
let running: ReelfarmShell | null = null;

setChromiumSwitches(app.commandLine);
// Not among the node's own data, which is a folder of its own under the same name.
app.setPath("userData", path.join(app.getPath("appData"), "Reelfarm Shell"));
if (app.requestSingleInstanceLock({ words, folder: process.cwd() })) begin();
else app.quit();

function begin(): void {
  app.setAppUserModelId("org.reelfarm.app");
  registerScheme();
  app.on("second-instance", (_event, _argv, _folder, given) => {
    const { words: others, folder } = given as {
      words: readonly string[];
      folder: string;
    };
    running?.show();
    for (const thing of openedByWords(others, folder)) open(thing);
  });
  app.on("open-url", (event, url) => {
    event.preventDefault();
    const link = openedLink(url);
    if (link !== null) open(link);
  });
  app.on("open-file", (event, file) => {
    event.preventDefault();
    open({ kind: "files", paths: [file] });
  });
  void app.whenReady().then(start);
}

function start(): void {
  setMenu();
  const guard = {
    origin: () => running?.origin ?? null,
    openOutside: (url: string) => void shell.openExternal(url),
  };
  guardSession(session.defaultSession, guard);
  app.on("web-contents-created", (_event, contents) =>
    guardContents(contents, guard),
  );
  const wasOpenedAtLogin =
    process.platform === "darwin" &&
    app.getLoginItemSettings().wasOpenedAtLogin;
  running = new ReelfarmShell(realWorld(), {
    dataFolder: wordValue(words, "data"),
    isHidden: wasOpenedAtLogin || words.includes(hiddenWord),
  });
  for (const thing of early.splice(0)) running.open(thing);
}

/** macOS has no shortcuts for copying without a menu; elsewhere the window needs none. */
function setMenu(): void {
  Menu.setApplicationMenu(
    process.platform === "darwin"
      ? Menu.buildFromTemplate([
          { role: "appMenu" },
          { role: "editMenu" },
          { role: "windowMenu" },
        ])
      : null,
  );
}

function open(thing: OpenedThing): void {
  if (running === null) early.push(thing);
  else running.open(thing);
}

function registerScheme(): void {
  if (!isDefaultApp) app.setAsDefaultProtocolClient(linkScheme);
  else
    app.setAsDefaultProtocolClient(linkScheme, process.execPath, [
      app.getAppPath(),
    ]);
}

function realWorld(): ShellWorld {
  return {
    app,
    dialog,
    ipc: ipcMain,
    powerMonitor,
    powerSaveBlocker,
    shell,
    theme: nativeTheme,
    buildMenu: (items) => Menu.buildFromTemplate(items),
    createTray: (image) => new Tray(image),
    createWindow: (options) => new BrowserWindow(options),
    screens: () => screen.getAllDisplays().map(({ workArea }) => workArea),
    notify: ({ title, body }, onClick) => {
      if (!Notification.isSupported()) return;
      const notification = new Notification({ title, body });
      notification.on("click", onClick);
      notification.show();
    },
    dial: (url, protocols) => new WebSocketClass(url, [...protocols]),
    forkNode: (options) => forkNode(utilityProcess, options),
    runSystemCommand: ({ program, words: given }) => {
      spawn(program, given, { stdio: "ignore", detached: true })
        .on("error", (error) => console.error(error.message))
        .unref();
    },
    platform: process.platform,
    env: process.env,
    homeFolder: os.homedir(),
    program: process.execPath,
    memoryFolder: app.getPath("userData"),
    iconFolder: here("../../../resources/icons"),
    preload: here("./preload.cjs"),
    nowMs: () => Date.now(),
  };
}

/** Part of Node since 22, and so of every Electron this runs on; the types are those of Node 20. */
const { WebSocket: WebSocketClass } = globalThis as unknown as {
  WebSocket: new (url: string, protocols: string[]) => ClientSocket;
};
