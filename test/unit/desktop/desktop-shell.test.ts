import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ReelfarmShell } from "../../../src-main/desktop/desktop-shell.ts";
import { shellTexts } from "../../../src-main/desktop/texts.ts";
import type {
  UiNode,
  UiSnapshot,
} from "../../../src-main/protocol/ui-contract.ts";
import { StandInWorld } from "../../fixtures/electron-stand-in.ts";
import { fakeUiJob, fakeUiNode } from "../../fixtures/fake-ui-host.ts";

const texts = shellTexts(["en"]);
const door = {
  kind: "started",
  url: "http://127.0.0.1:4711/",
  token: "t",
} as const;
const ownNode: UiNode = {
  ...fakeUiNode,
  role: "both",
  worker: { state: "ready", reason: null, knowsIdle: true, heldAttempts: 0 },
};

let stage: StandInWorld;
beforeEach(() => {
  vi.useFakeTimers();
  const snapshot: UiSnapshot = {
    revision: 1,
    node: ownNode,
    jobs: [],
    workers: [],
  };
  stage = new StandInWorld(snapshot);
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(stage.folder, { recursive: true, force: true });
});

function makeShell(isHidden = false): ReelfarmShell {
  return new ReelfarmShell(stage.world(), { dataFolder: null, isHidden });
}

/** A shell with a line to its node. */
async function startShell(isHidden = false): Promise<ReelfarmShell> {
  const shell = makeShell(isHidden);
  stage.child.report(door);
  stage.socket.open();
  await vi.advanceTimersByTimeAsync(0);
  return shell;
}

describe("the shell and its window", () => {
  it("opens a caged window that loads the node's page once there is a node", async () => {
    await startShell();
    expect(stage.window.options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    });
    expect(stage.window.urls[0]).toContain(encodeURIComponent(texts.starting));
    expect(stage.window.urls[1]).toBe("http://127.0.0.1:4711/?token=t");
  });

  it("opens none when it was started with the session", async () => {
    await startShell(true);
    expect(stage.windows).toHaveLength(0);
    stage.click(texts.open);
    expect(stage.windows).toHaveLength(1);
  });

  it("hides it when it is closed, and says so the first time only", async () => {
    const shell = await startShell();
    stage.window.close();
    expect(stage.window).toMatchObject({ visible: false, destroyed: false });
    shell.show();
    stage.window.close();
    expect(stage.notices.map(({ title }) => title)).toEqual([
      texts.hiddenTitle,
    ]);
  });

  it("hands links and files to the page when it listens, each once", async () => {
    const shell = makeShell();
    const files = { kind: "files", paths: ["/a.mkv"] } as const;
    shell.open(files);
    stage.child.report(door);
    expect(stage.window.sent).toEqual([]);
    const event = {
      sender: stage.window.webContents,
      senderFrame: { parent: null, url: "http://127.0.0.1:4711/#queue" },
    };
    stage.handlers.get("reelfarm:listening")!(event as never);
    stage.handlers.get("reelfarm:listening")!(event as never);
    expect(stage.window.sent).toEqual([["reelfarm:opened", files]]);
  });
});

describe("the shell and its node", () => {
  it("keeps the port of the page for the next run", async () => {
    await startShell();
    makeShell();
    expect(stage.uiPorts).toEqual([0, 4711]);
  });

  it("dials with the token, and follows a node that was started again", async () => {
    await startShell();
    expect(stage.socket.url).toBe("ws://127.0.0.1:4711/ui");
    expect(stage.socket.protocols).toContain("reelfarm-token.t");
    stage.child.print("boom");
    stage.child.exit(9);
    expect(stage.boxes[0]?.detail).toMatch(/code 9[^]*boom/);
    expect(stage.tray.images.at(-1)).toMatch(/trouble/);
    await vi.advanceTimersByTimeAsync(1_000);
    stage.child.report({ ...door, url: "http://127.0.0.1:5000/" });
    expect(stage.window.urls.at(-1)).toBe("http://127.0.0.1:5000/?token=t");
    expect(stage.socket.url).toBe("ws://127.0.0.1:5000/ui");
  });

  it("dials again when only the line breaks", async () => {
    await startShell();
    stage.socket.close();
    await vi.advanceTimersByTimeAsync(300);
    expect(stage.sockets).toHaveLength(2);
  });

  it("takes over when the node of another process is gone", async () => {
    makeShell();
    stage.child.report({ ...door, kind: "elsewhere" });
    stage.child.exit(1);
    stage.socket.open();
    await vi.advanceTimersByTimeAsync(0);
    stage.socket.close();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stage.children).toHaveLength(2);
  });

  it("says why it cannot start, and starts again when asked to", async () => {
    stage.answerBox = () => Promise.resolve({ response: 0 });
    makeShell();
    const failure = { code: "ffmpeg-missing", text: "None.", nextStep: "Get." };
    stage.child.report({ kind: "refused", failure });
    stage.child.exit(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(stage.boxes[0]?.detail).toBe("None.\n\nGet.");
    expect(stage.children).toHaveLength(2);
  });

  it("quits after the node has ended in peace", async () => {
    await startShell();
    const told = vi.spyOn(stage.child, "postMessage");
    stage.click(texts.quit);
    expect(stage.hasQuit).toBe(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toHaveBeenCalledWith({ kind: "close" });
    expect(stage).toMatchObject({ hasQuit: true, boxes: [] });
    expect(stage.tray.destroyed).toBe(true);
  });
});

describe("the shell and its owner", () => {
  const readings = () =>
    stage.socket.requests.filter(({ type }) => type === "owner-reading");

  it("tells the node every five seconds how long the computer was left alone", async () => {
    await startShell();
    expect(readings()).toEqual([
      { type: "owner-reading", idleS: 12, isOnMains: true },
    ]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(readings()).toHaveLength(3);
    stage.socket.change({ node: { ...ownNode, role: "master", worker: null } });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(readings()).toHaveLength(3);
  });

  it("keeps the computer awake only while there is work, and on mains", async () => {
    await startShell();
    stage.socket.change({ jobs: [fakeUiJob("a")] });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stage.blocks.size).toBe(1);
    stage.isOnBattery = true;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stage.blocks.size).toBe(0);
    stage.isOnBattery = false;
    await vi.advanceTimersByTimeAsync(5_000);
    stage.socket.change({ jobs: [fakeUiJob("a", { state: "done" })] });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stage.blocks.size).toBe(0);
  });

  it("passes clicks in the tray to the node, and its refusal to the person", async () => {
    await startShell();
    stage.click(texts.helps);
    expect(stage.socket.requests.at(-1)).toMatchObject({
      type: "change-settings",
      change: { limits: { isEnabled: false } },
    });
    stage.socket.refusal = { code: "x", text: "Not now.", nextStep: "" };
    stage.click(texts.pauseQueue);
    await vi.advanceTimersByTimeAsync(0);
    expect(stage.notices).toMatchObject([{ body: "Not now." }]);
  });

  it("shows progress, and a failure until somebody looks", async () => {
    await startShell();
    stage.socket.change({ jobs: [fakeUiJob("a")] });
    expect(stage.window.progress.at(-1)).toEqual([0.5, { mode: "normal" }]);
    expect(stage.tray.images.at(-1)).toBe("/icons/tray-working-on-light.png");
    stage.window.focused = false;
    stage.socket.change({ jobs: [fakeUiJob("a", { state: "failed" })] });
    expect(stage.window.progress.at(-1)).toEqual([-1, { mode: "error" }]);
    stage.notices.at(-1)!.click();
    expect(stage.window.urls.at(-1)).toMatch(/#queue$/);
    expect(stage.tray.images.at(-1)).toMatch(/idle/);
  });

  it("does not rebuild the menu a person may have open when nothing in it changed", async () => {
    await startShell();
    const count = stage.tray.menus.length;
    stage.socket.change({ node: ownNode });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stage.tray.menus).toHaveLength(count);
  });
});

describe("when everything is done", () => {
  const withAction = (whenDone: "quit" | "shut-down"): UiNode => ({
    ...ownNode,
    settings: { ...ownNode.settings, whenDone },
  });

  async function finish(whenDone: "quit" | "shut-down"): Promise<void> {
    await startShell();
    stage.socket.change({
      node: withAction(whenDone),
      jobs: [fakeUiJob("a")],
    });
    stage.socket.change({ jobs: [fakeUiJob("a", { state: "done" })] });
  }

  it("shuts the computer down after a minute in which nobody said no", async () => {
    await finish("shut-down");
    expect(stage.boxes[0]?.detail).toBe(texts.shutDownText(60));
    await vi.advanceTimersByTimeAsync(59_000);
    expect(stage.commands).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(stage.commands).toEqual([
      { program: "systemctl", words: ["poweroff"] },
    ]);
    expect(stage.boxes[0]?.signal?.aborted).toBe(true);
  });

  it("does not when somebody says no, or new work comes", async () => {
    stage.answerBox = () => Promise.resolve({ response: 0 });
    await finish("shut-down");
    await vi.advanceTimersByTimeAsync(120_000);
    stage.answerBox = () => new Promise(() => undefined);
    stage.socket.change({ jobs: [fakeUiJob("b")] });
    stage.socket.change({ jobs: [fakeUiJob("b", { state: "done" })] });
    stage.socket.change({ jobs: [fakeUiJob("c")] });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(stage.boxes).toHaveLength(2);
    expect(stage.commands).toEqual([]);
  });

  it("quits", async () => {
    await finish("quit");
    await vi.advanceTimersByTimeAsync(0);
    expect(stage.hasQuit).toBe(true);
  });
});
