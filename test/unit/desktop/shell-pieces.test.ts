import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  LoginItemSetting,
  autostartText,
} from "../../../src-main/desktop/login-item.ts";
import {
  openedByWords,
  openedLink,
  ownWords,
  wordValue,
} from "../../../src-main/desktop/opened-things.ts";
import { readOwner } from "../../../src-main/desktop/owner-readings.ts";
import { ShellMemory } from "../../../src-main/desktop/shell-memory.ts";
import { allShellTexts, shellTexts } from "../../../src-main/desktop/texts.ts";
import { systemCommand } from "../../../src-main/desktop/when-done.ts";
import { restoredBounds } from "../../../src-main/desktop/window-bounds.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "reelfarm-desktop-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("what the app is opened with", () => {
  it("takes join links and nothing else of its scheme", () => {
    const link = "reelfarm://join?id=abc&token=def";
    expect(openedLink(link)).toEqual({ kind: "link", link });
    for (const bad of [
      "reelfarm://quit",
      "reelfarm://join",
      "https://join?x=1",
      "reelfarm://join?a b",
      `reelfarm://join?${"x".repeat(2100)}`,
    ])
      expect(openedLink(bad)).toBeNull();
  });

  it("makes files absolute and leaves switches out", () => {
    expect(
      openedByWords(["--hidden", "a.mkv", "/b.mp4", "http://evil/x"], "/films"),
    ).toEqual([{ kind: "files", paths: ["/films/a.mkv", "/b.mp4"] }]);
  });

  it("leaves out the app's own folder where Electron itself was started", () => {
    expect(ownWords(["electron", "--x", "/app", "a.mkv"], true)).toEqual([
      "--x",
      "a.mkv",
    ]);
    expect(ownWords(["reelfarm", "a.mkv"], false)).toEqual(["a.mkv"]);
    expect(wordValue(["--data=/x"], "data")).toBe("/x");
  });
});

describe("the window's place", () => {
  const screen = { x: 0, y: 0, width: 1920, height: 1080 };
  it("is put back on a screen that exists", () => {
    const kept = { x: 100, y: 50, width: 900, height: 700 };
    expect(restoredBounds(kept, [screen])).toEqual(kept);
  });
  it("is forgotten where its screen is gone or its title bar out of reach", () => {
    const away = { x: 3000, y: 50, width: 900, height: 700 };
    expect(restoredBounds(away, [screen])).toBeNull();
    expect(restoredBounds({ ...away, x: 100, y: -200 }, [screen])).toBeNull();
    expect(restoredBounds({ ...away, x: 1880 }, [screen])).toBeNull();
  });
  it("is never larger than the screen", () => {
    const huge = { x: 0, y: 0, width: 4000, height: 3000 };
    expect(restoredBounds(huge, [screen])).toMatchObject({
      width: 1920,
      height: 1080,
    });
  });
});

describe("the shell's memory", () => {
  it("remembers, and starts anew from a file that is broken", () => {
    const memory = new ShellMemory(folder);
    expect(memory.content.uiPort).toBe(0);
    memory.change({ uiPort: 4711, toldAboutTray: true });
    expect(new ShellMemory(folder).content).toMatchObject({
      uiPort: 4711,
      toldAboutTray: true,
    });
    writeFileSync(
      path.join(folder, "shell.json"),
      '{"uiPort":"80","window":{"bounds":{"x":1}}}',
    );
    expect(new ShellMemory(folder).content).toEqual({
      window: { bounds: null, isMaximised: false },
      toldAboutTray: false,
      uiPort: 0,
    });
  });
});

describe("starting at login", () => {
  const setting = (
    changes: { isPackaged?: boolean; platform?: string } = {},
  ) => {
    const told: unknown[] = [];
    const app = {
      isPackaged: changes.isPackaged ?? true,
      getLoginItemSettings: () => ({ openAtLogin: told.length > 0 }) as never,
      setLoginItemSettings: (settings: unknown) => void told.push(settings),
    };
    return {
      told,
      item: new LoginItemSetting({
        app,
        platform: changes.platform ?? "linux",
        env: { APPIMAGE: "/home/me/Reelfarm 1.AppImage" },
        homeFolder: folder,
        program: "/tmp/.mount/reelfarm",
      }),
    };
  };

  it("is a file on Linux that names the AppImage, not its mount", () => {
    const { item } = setting();
    expect(item.read()).toEqual({ isSupported: true, startsAtLogin: false });
    expect(item.change(true).startsAtLogin).toBe(true);
    const file = path.join(folder, ".config/autostart/reelfarm.desktop");
    expect(readFileSync(file, "utf8")).toContain(
      'Exec="/home/me/Reelfarm 1.AppImage" --hidden\n',
    );
    expect(item.change(false).startsAtLogin).toBe(false);
    expect(existsSync(file)).toBe(false);
  });

  it("escapes what a desktop entry would take for its own", () => {
    expect(autostartText('/a$b"c%d')).toContain('Exec="/a\\\\$b\\\\"c%%d"');
  });

  it("is the system's setting elsewhere, and nothing for an unpacked app", () => {
    const { item, told } = setting({ platform: "darwin" });
    expect(item.change(true).startsAtLogin).toBe(true);
    expect(told).toEqual([{ openAtLogin: true, args: ["--hidden"] }]);
    const unpacked = setting({ isPackaged: false });
    expect(unpacked.item.change(true).isSupported).toBe(false);
    expect(existsSync(path.join(folder, ".config"))).toBe(false);
  });
});

describe("readings of the owner", () => {
  const monitor = { getSystemIdleTime: () => 7, isOnBatteryPower: () => true };
  it("tells idle time and power", () => {
    expect(readOwner({ monitor, platform: "win32", env: {} })).toEqual({
      idleS: 7,
      isOnMains: false,
    });
  });
  it("knows nothing of idle time under Wayland, nor where the system throws", () => {
    const env = { WAYLAND_DISPLAY: "wayland-0" };
    expect(readOwner({ monitor, platform: "linux", env }).idleS).toBeNull();
    const broken = {
      ...monitor,
      isOnBatteryPower: (): boolean => {
        throw new Error("no service");
      },
    };
    expect(readOwner({ monitor: broken, platform: "linux", env: {} })).toEqual({
      idleS: 7,
      isOnMains: null,
    });
  });
});

describe("texts and commands", () => {
  it("says everything in both languages", () => {
    const { english, german } = allShellTexts;
    expect(Object.keys(german).sort()).toEqual(Object.keys(english).sort());
    expect(Object.keys(german.suspended)).toEqual(
      Object.keys(english.suspended),
    );
    expect(shellTexts(["fr", "de-AT"])).toBe(german);
    expect(shellTexts(["fr"])).toBe(english);
  });
  it("knows how to put each system to sleep and out", () => {
    expect(systemCommand("shut-down", "linux")).toEqual({
      program: "systemctl",
      words: ["poweroff"],
    });
    expect(systemCommand("sleep", "freebsd")).toBeNull();
  });
});
