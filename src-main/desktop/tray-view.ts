/** Puts the tray's model on the screen. Does nothing when nothing changed. */
import type {
  Menu,
  MenuItemConstructorOptions,
  NativeTheme,
  Tray,
} from "electron";
import path from "node:path";
import type {
  TrayAction,
  TrayItem,
  TrayModel,
  TrayState,
} from "./tray-model.ts";

export type TrayIcon = Pick<Tray, "setImage" | "setToolTip" | "destroy"> & {
  setContextMenu(menu: Menu | null): void;
  on(event: "click", act: () => void): unknown;
};

export interface TrayViewOptions {
  readonly create: (image: string) => TrayIcon;
  readonly buildMenu: (items: MenuItemConstructorOptions[]) => Menu;
  readonly theme: Pick<
    NativeTheme,
    "shouldUseDarkColors" | "shouldUseDarkColorsForSystemIntegratedUI"
  > & { on(event: "updated", act: () => void): unknown };
  readonly platform: string;
  readonly env: NodeJS.ProcessEnv;
  readonly iconFolder: string;
  readonly act: (action: TrayAction) => void;
}

export class TrayView {
  readonly #options: TrayViewOptions;
  readonly #icon: TrayIcon;
  #model: TrayModel;
  #shownMenu = "";
  #shownImage: string;

  constructor(options: TrayViewOptions, model: TrayModel) {
    this.#options = options;
    this.#model = model;
    this.#shownImage = this.#image();
    this.#icon = options.create(this.#shownImage);
    // macOS and most of Linux open the menu on a click by themselves.
    if (options.platform === "win32")
      this.#icon.on("click", () => options.act({ kind: "open" }));
    options.theme.on("updated", () => this.show(this.#model));
    this.show(model);
  }

  show(model: TrayModel): void {
    const hasNewTooltip = model.tooltip !== this.#model.tooltip;
    this.#model = model;
    const image = this.#image();
    if (image !== this.#shownImage) {
      this.#shownImage = image;
      this.#icon.setImage(image);
    }
    if (hasNewTooltip || this.#shownMenu === "")
      this.#icon.setToolTip(model.tooltip);
    // A menu built anew closes the one that is open.
    const menu = JSON.stringify(model.items, withoutMoments);
    if (menu === this.#shownMenu) return;
    this.#shownMenu = menu;
    this.#icon.setContextMenu(
      this.#options.buildMenu(model.items.map((item) => this.#menuItem(item))),
    );
  }

  destroy(): void {
    this.#icon.destroy();
  }

  #image(): string {
    const { platform, iconFolder } = this.#options;
    return path.join(
      iconFolder,
      trayImage(this.#model.state, platform, this.#isPanelDark()),
    );
  }

  #isPanelDark(): boolean {
    const { platform, env, theme } = this.#options;
    // GNOME's bar is dark in its light theme, too.
    if (platform === "linux")
      return (
        /gnome|unity/i.test(env["XDG_CURRENT_DESKTOP"] ?? "") ||
        theme.shouldUseDarkColors
      );
    return theme.shouldUseDarkColorsForSystemIntegratedUI;
  }

  #menuItem(item: TrayItem): MenuItemConstructorOptions {
    const { act } = this.#options;
    switch (item.kind) {
      case "line":
        return { type: "separator" };
      case "text":
        return { label: plain(item.label), enabled: false };
      case "action":
        return { label: plain(item.label), click: () => act(item.action) };
      case "toggle":
        return {
          label: plain(item.label),
          type: "checkbox",
          checked: item.isOn,
          click: () => act(item.action),
        };
      case "menu":
        return {
          label: plain(item.label),
          submenu: item.items.map((one) => this.#menuItem(one)),
        };
    }
  }
}

/** The image's name; the system draws macOS' template ones in the bar's colour. */
export function trayImage(
  state: TrayState,
  platform: string,
  isPanelDark: boolean,
): string {
  if (platform === "darwin") return `tray-${state}-Template.png`;
  const tone = isPanelDark ? "on-dark" : "on-light";
  return `tray-${state}-${tone}.${platform === "win32" ? "ico" : "png"}`;
}

/** "Pause for an hour" names another moment each time it is worked out. */
function withoutMoments(key: string, value: unknown): unknown {
  return key === "pausedUntilMs" && typeof value === "number" ? 0 : value;
}

/** An ampersand marks a shortcut. */
function plain(label: string): string {
  return label.replaceAll("&", "&&");
}
