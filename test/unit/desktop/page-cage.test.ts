import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import ts from "typescript";
import {
  guardContents,
  guardSession,
} from "../../../src-main/desktop/page-guard.ts";
import { setChromiumSwitches } from "../../../src-main/desktop/chromium-switches.ts";
import { shellChannels } from "../../../src-main/desktop/shell-channels.ts";
import { answerShellRequests } from "../../../src-main/desktop/shell-requests.ts";
import { shellTexts } from "../../../src-main/desktop/texts.ts";
import {
  shellContractVersion,
  shellGlobal,
  type DesktopShell,
} from "../../../src-main/protocol/shell-contract.ts";
import { StandInEvents } from "../../fixtures/electron-stand-in.ts";

const origin = "http://127.0.0.1:4711";

function guarded() {
  const outside: string[] = [];
  const guard = {
    origin: () => origin,
    openOutside: (url: string) => void outside.push(url),
  };
  const given: Record<string, (...words: unknown[]) => unknown> = {};
  const keep =
    (name: string) =>
    (act: unknown): void => {
      given[name] = act as (...words: unknown[]) => unknown;
    };
  guardSession(
    {
      setPermissionRequestHandler: keep("request"),
      setPermissionCheckHandler: keep("check"),
      setDevicePermissionHandler: keep("device"),
      setSpellCheckerEnabled: () => undefined,
      webRequest: { onBeforeRequest: keep("before") },
    } as never,
    guard,
  );
  const events = new StandInEvents();
  const contents = Object.assign(events, {
    setWindowOpenHandler: keep("open"),
  });
  guardContents(contents as never, guard);
  return { given, events, outside };
}

describe("the page's cage", () => {
  it("gives no permission", () => {
    const { given } = guarded();
    const answers: unknown[] = [];
    given["request"]!(null, "media", (answer: unknown) => answers.push(answer));
    expect([...answers, given["check"]!(), given["device"]!()]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it.each([
    [`${origin}/assets/a.js`, false],
    ["ws://127.0.0.1:4711/ui", false],
    ["http://127.0.0.1:4712/", true],
    ["http://127.0.0.1:4711.evil.test/", true],
    ["https://example.org/x.js", true],
    ["file:///etc/passwd", true],
    ["not an address", true],
  ])("asked for %s, cancels: %s", (url, cancel) => {
    const answers: unknown[] = [];
    guarded().given["before"]!({ url }, (one: unknown) => answers.push(one));
    expect(answers).toEqual([{ cancel }]);
  });

  it("stays on its own page and opens no other window; help opens in the browser", () => {
    const { given, events, outside } = guarded();
    const stopped: string[] = [];
    for (const url of [`${origin}/#workers`, "https://example.org/"])
      for (const event of ["will-navigate", "will-redirect"])
        events.emit(event, { url, preventDefault: () => stopped.push(url) });
    expect(stopped).toEqual(["https://example.org/", "https://example.org/"]);
    for (const url of ["https://example.org/help", "file:///x", origin])
      expect(given["open"]!({ url })).toEqual({ action: "deny" });
    expect(outside).toEqual(["https://example.org/help"]);
  });
});

describe("the page's requests to the desktop", () => {
  const window = {};
  const own = {
    sender: window,
    senderFrame: { parent: null, url: `${origin}/` },
  };

  function desktop() {
    const handlers = new Map<string, (...words: unknown[]) => unknown>();
    const opened: string[] = [];
    let listens = 0;
    answerShellRequests({
      ipc: {
        handle: (channel: string, act: never) =>
          void handlers.set(channel, act),
        on: (channel: string, act: never) => void handlers.set(channel, act),
      } as never,
      dialog: {
        showOpenDialog: () =>
          Promise.resolve({ canceled: false, filePaths: ["/a", "/b"] }),
      },
      shell: {
        openPath: (path) => {
          opened.push(path);
          return Promise.resolve("");
        },
        showItemInFolder: (path) => void opened.push(path),
      },
      loginItem: {
        read: () => ({ isSupported: true, startsAtLogin: false }),
        change: (startsAtLogin) => ({ isSupported: true, startsAtLogin }),
      },
      origin: () => origin,
      isWindow: (sender) => sender === window,
      onListening: () => (listens += 1),
      texts: shellTexts(["en"]),
    });
    const ask = async (channel: string, event: unknown, ...words: unknown[]) =>
      handlers.get(channel)!(event, ...words);
    return { ask, opened, listens: () => listens };
  }

  it("are answered", async () => {
    const { ask } = desktop();
    expect(await ask(shellChannels.pickFiles, own)).toEqual(["/a", "/b"]);
    expect(await ask(shellChannels.pickFolder, own)).toBe("/a");
    expect(await ask(shellChannels.setLoginItem, own, true)).toMatchObject({
      startsAtLogin: true,
    });
  });

  it.each([
    ["another page", { ...own, sender: {} }],
    ["a frame", { ...own, senderFrame: { ...own.senderFrame, parent: {} } }],
    [
      "a foreign origin",
      { ...own, senderFrame: { parent: null, url: "http://evil/" } },
    ],
    ["nobody", { ...own, senderFrame: null }],
  ])("are refused from %s", async (_who, event) => {
    const { ask, opened, listens } = desktop();
    for (const channel of Object.values(shellChannels))
      if (
        channel !== shellChannels.listening &&
        channel !== shellChannels.opened
      )
        await expect(ask(channel, event, "/a.mkv")).rejects.toThrow(/may not/);
    await ask(shellChannels.listening, event);
    expect([opened, listens()]).toEqual([[], 0]);
  });

  it("open media by absolute paths of this computer, and nothing that runs", async () => {
    const { ask, opened } = desktop();
    await ask(shellChannels.open, own, "/films/a.MKV");
    for (const bad of [
      "/usr/bin/sh",
      "/films/a.mkv.desktop",
      "a.mkv",
      "//server/share/a.mkv",
      "/a\0.mkv",
      7,
      undefined,
    ])
      await expect(ask(shellChannels.open, own, bad)).rejects.toThrow();
    await expect(ask(shellChannels.setLoginItem, own, "yes")).rejects.toThrow();
    expect(opened).toEqual(["/films/a.MKV"]);
  });
});

describe("the preload script", () => {
  /** Runs the script as the sandbox does: with nothing but `require("electron")`. */
  function preload() {
    const path = new URL(
      "../../../src-main/desktop/preload.cts",
      import.meta.url,
    );
    const script = ts.transpileModule(readFileSync(path, "utf8"), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.CommonJS,
      },
    }).outputText;
    const exposed: Record<string, DesktopShell> = {};
    const asked: unknown[][] = [];
    const ipcRenderer = Object.assign(new StandInEvents(), {
      invoke: (...words: unknown[]) => {
        asked.push(words);
        return Promise.resolve(null);
      },
      send: (...words: unknown[]) => void asked.push(words),
    });
    const electron = {
      contextBridge: {
        exposeInMainWorld: (name: string, value: DesktopShell) => {
          exposed[name] = value;
        },
      },
      ipcRenderer,
      webUtils: { getPathForFile: (file: { real: string }) => file.real },
    };
    const require = (name: string): unknown => {
      expect(name).toBe("electron");
      return electron;
    };
    new Function("require", "exports", script)(require, {});
    return { shell: exposed[shellGlobal]!, asked, ipcRenderer };
  }

  it("offers the shell of the contract, over the channels of the main process", async () => {
    const { shell, asked } = preload();
    expect(shell.version).toBe(shellContractVersion);
    await shell.pickFiles();
    await shell.pickFolder();
    await shell.reveal("/a");
    await shell.open("/b");
    await shell.loginItem();
    await shell.setLoginItem(true);
    shell.onOpened(() => undefined);
    const toDesktop = Object.values(shellChannels).filter(
      (channel) => channel !== shellChannels.opened,
    );
    expect(asked.map(([channel]) => channel)).toEqual(toDesktop);
  });

  it("passes on what the app is opened with, without Electron's event", () => {
    const { shell, ipcRenderer } = preload();
    const heard: unknown[][] = [];
    const stop = shell.onOpened((...words) => heard.push(words));
    const link = { kind: "link", link: "reelfarm://join?x" };
    ipcRenderer.emit(shellChannels.opened, { sender: "secret" }, link);
    stop();
    ipcRenderer.emit(shellChannels.opened, {}, link);
    expect(heard).toEqual([[link]]);
  });

  it("knows the real paths of dropped files, and leaves out what has none", () => {
    const files = [{ real: "/a.mkv" }, { real: "" }] as unknown as File[];
    expect(preload().shell.pathsOf(files)).toEqual(["/a.mkv"]);
  });
});

it("keeps Chromium away from the port of discovery", () => {
  const switches = new Map<string, string | undefined>();
  setChromiumSwitches({
    appendSwitch: (name, value) => void switches.set(name, value),
  });
  expect(switches.get("disable-features")).toMatch(
    /MediaRouter.*WebRtcHideLocalIpsWithMdns/,
  );
});
