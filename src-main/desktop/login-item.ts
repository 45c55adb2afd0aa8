/** Starting with the session: the system's own setting, or an autostart file on Linux. */
import type { App } from "electron";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { LoginItem } from "../protocol/shell-contract.ts";

/** Started like this no window is opened. */
export const hiddenWord = "--hidden";

export interface LoginItemOptions {
  readonly app: Pick<
    App,
    "isPackaged" | "getLoginItemSettings" | "setLoginItemSettings"
  >;
  readonly platform: string;
  readonly env: NodeJS.ProcessEnv;
  readonly homeFolder: string;
  readonly program: string;
}

export class LoginItemSetting {
  readonly #options: LoginItemOptions;

  constructor(options: LoginItemOptions) {
    this.#options = options;
  }

  read(): LoginItem {
    const { app, platform } = this.#options;
    // Unpacked, the program is Electron itself and would start without us.
    if (!app.isPackaged) return { isSupported: false, startsAtLogin: false };
    const startsAtLogin =
      platform === "linux"
        ? existsSync(this.#autostartFile())
        : app.getLoginItemSettings({ args: [hiddenWord] }).openAtLogin;
    return { isSupported: true, startsAtLogin };
  }

  /** Errors of the file system are thrown. */
  change(startsAtLogin: boolean): LoginItem {
    const { app, platform } = this.#options;
    if (!app.isPackaged) return this.read();
    if (platform !== "linux")
      app.setLoginItemSettings({
        openAtLogin: startsAtLogin,
        args: [hiddenWord],
      });
    else if (startsAtLogin) {
      const file = this.#autostartFile();
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, autostartText(this.#program()));
    } else rmSync(this.#autostartFile(), { force: true });
    return this.read();
  }

  /** An AppImage runs from a mount that is another one each time. */
  #program(): string {
    return this.#options.env["APPIMAGE"] || this.#options.program;
  }

  /** The place of the Desktop Application Autostart Specification. */
  #autostartFile(): string {
    const { env, homeFolder } = this.#options;
    const named = env["XDG_CONFIG_HOME"];
    const folder =
      named && path.isAbsolute(named)
        ? named
        : path.join(homeFolder, ".config");
    return path.join(folder, "autostart", "reelfarm.desktop");
  }
}

/** Desktop Entry Specification 1.5: quoted, with the reserved characters escaped twice. */
export function autostartText(program: string): string {
  const quoted = program
    .replace(/(["`$\\])/g, "\\$1")
    .replaceAll("\\", "\\\\")
    .replaceAll("%", "%%");
  return [
    "[Desktop Entry]",
    "Type=Application",
    "Name=Reelfarm",
    `Exec="${quoted}" ${hiddenWord}`,
    "Terminal=false",
    "X-GNOME-Autostart-enabled=true",
    "",
  ].join("\n");
}
