/**
 * What the shell needs of Electron and of the system, as narrow as it uses it;
 * main.ts gives the real things, tests a stand-in.
 */
import type {
  App,
  BrowserWindowConstructorOptions,
  Dialog,
  IpcMain,
  Menu,
  MenuItemConstructorOptions,
  MessageBoxOptions,
  PowerMonitor,
  PowerSaveBlocker,
  Shell,
} from "electron";
import type { ClientSocket } from "./contract-client.ts";
import type { PageWindow } from "./main-window.ts";
import type { NodeChild } from "./node-process.ts";
import type { TrayIcon, TrayViewOptions } from "./tray-view.ts";
import type { UtilityNodeOptions } from "./utility-node.ts";
import type { Bounds } from "./window-bounds.ts";
import type { SystemCommand } from "./when-done.ts";

export interface ShellWorld {
  readonly app: Pick<
    App,
    | "exit"
    | "getLoginItemSettings"
    | "getPreferredSystemLanguages"
    | "isPackaged"
    | "quit"
    | "setBadgeCount"
    | "setLoginItemSettings"
  > & {
    on(
      event: "before-quit",
      act: (event: { preventDefault(): void }) => void,
    ): unknown;
    on(event: "window-all-closed" | "activate", act: () => void): unknown;
  };
  readonly dialog: {
    showMessageBox(
      options: MessageBoxOptions,
    ): ReturnType<Dialog["showMessageBox"]>;
    showOpenDialog: Dialog["showOpenDialog"];
  };
  readonly ipc: Pick<IpcMain, "handle" | "on">;
  readonly powerMonitor: Pick<
    PowerMonitor,
    "getSystemIdleTime" | "isOnBatteryPower"
  >;
  readonly powerSaveBlocker: Pick<PowerSaveBlocker, "start" | "stop">;
  readonly shell: Pick<Shell, "openPath" | "showItemInFolder">;
  readonly theme: TrayViewOptions["theme"];
  readonly buildMenu: (items: MenuItemConstructorOptions[]) => Menu;
  readonly createTray: (image: string) => TrayIcon;
  readonly createWindow: (
    options: BrowserWindowConstructorOptions,
  ) => PageWindow;
  readonly screens: () => readonly Bounds[];
  /** Shows a notification where the system has them. */
  readonly notify: (
    notice: { readonly title: string; readonly body: string },
    onClick: () => void,
  ) => void;
  readonly dial: (url: string, protocols: readonly string[]) => ClientSocket;
  readonly forkNode: (options: UtilityNodeOptions) => NodeChild;
  readonly runSystemCommand: (command: SystemCommand) => void;
  readonly platform: string;
  readonly env: NodeJS.ProcessEnv;
  readonly homeFolder: string;
  readonly program: string;
  /** The shell's own folder, not the node's. */
  readonly memoryFolder: string;
  readonly iconFolder: string;
  readonly preload: string;
  readonly nowMs: () => number;
}
