/**
 * Offers the desktop to the page, and nothing else: no channel names, no event
 * objects, no Electron. Runs in the sandbox, where only `require("electron")` is
 * to be had; hence CommonJS, and constants that exist a second time.
 */
import type {
  DesktopShell,
  LoginItem,
  OpenedThing,
} from "../protocol/shell-contract.ts" with { "resolution-mode": "import" };

// eslint-disable-next-line @typescript-eslint/no-require-imports -- a sandboxed preload script has no other way
const electron = require("electron") as typeof import("electron", {
  with: { "resolution-mode": "import" },
});
const { contextBridge, ipcRenderer, webUtils } = electron;

const shellGlobal = "reelfarmShell";
const shellContractVersion = 1;

/** What came before the page listened, and whom to tell. */
const listeners = new Set<(opened: OpenedThing) => void>();

ipcRenderer.on("reelfarm:opened", (_event, opened: OpenedThing) => {
  for (const listener of listeners) listener(opened);
});

const shell: DesktopShell = {
  version: shellContractVersion,
  platform: process.platform as DesktopShell["platform"],
  pickFiles: () =>
    ipcRenderer.invoke("reelfarm:pick-files") as Promise<readonly string[]>,
  pickFolder: () =>
    ipcRenderer.invoke("reelfarm:pick-folder") as Promise<string | null>,
  pathsOf: (files) =>
    files
      .map((file) => webUtils.getPathForFile(file))
      .filter((path) => path !== ""),
  reveal: (path) =>
    ipcRenderer.invoke("reelfarm:reveal", path) as Promise<void>,
  open: (path) => ipcRenderer.invoke("reelfarm:open", path) as Promise<void>,
  loginItem: () =>
    ipcRenderer.invoke("reelfarm:login-item") as Promise<LoginItem>,
  setLoginItem: (startsAtLogin) =>
    ipcRenderer.invoke(
      "reelfarm:set-login-item",
      startsAtLogin,
    ) as Promise<LoginItem>,
  onOpened: (listener) => {
    listeners.add(listener);
    ipcRenderer.send("reelfarm:listening");
    return () => void listeners.delete(listener);
  },
};

contextBridge.exposeInMainWorld(shellGlobal, shell);
