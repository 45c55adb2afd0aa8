/** The shell as a whole: what the node says goes to tray, taskbar, window, notifications and power; what people click goes to the node. */
import type { OpenedThing } from "../protocol/shell-contract.ts";
import type { UiSnapshot } from "../protocol/ui-contract.ts";
import { ContractClient, type NodeDoor } from "./contract-client.ts";
import { DoneCountdown } from "./done-countdown.ts";
import { LoginItemSetting } from "./login-item.ts";
import { MainWindow } from "./main-window.ts";
import { NodeProcess } from "./node-process.ts";
import { NodeTrouble } from "./node-trouble.ts";
import { noticesBetween } from "./notices.ts";
import { readOwner, tellEveryMs } from "./owner-readings.ts";
import { ShellMemory } from "./shell-memory.ts";
import { answerShellRequests } from "./shell-requests.ts";
import type { ShellWorld } from "./shell-world.ts";
import { SleepBlocker } from "./sleep-blocker.ts";
import { Taskbar } from "./taskbar.ts";
import { shellTexts, type ShellTexts } from "./texts.ts";
import { trayModel, type TrayAction, type TrayModel } from "./tray-model.ts";
import { TrayView } from "./tray-view.ts";
import { actionWhenDone } from "./when-done.ts";
import path from "node:path";

/** A node that belongs to another process and is silent so long is taken over. */
const takeOverMs = 5_000;

export interface DesktopShellOptions {
  /** Null: the node's usual place. */
  readonly dataFolder: string | null;
  /** Started with the session: no window. */
  readonly isHidden: boolean;
}

export class ReelfarmShell {
  readonly #world: ShellWorld;
  readonly #texts: ShellTexts;
  readonly #memory: ShellMemory;
  readonly #client: ContractClient;
  readonly #node: NodeProcess;
  readonly #window: MainWindow;
  readonly #tray: TrayView;
  readonly #taskbar: Taskbar;
  readonly #sleepBlocker: SleepBlocker;
  readonly #countdown: DoneCountdown;
  readonly #readingsTimer: NodeJS.Timeout;
  #door: NodeDoor | null = null;
  #snapshot: UiSnapshot | null = null;
  #unseenFailures = 0;
  #takeOver: NodeJS.Timeout | null = null;
  #quitting: "no" | "closing" | "closed" = "no";

  constructor(world: ShellWorld, options: DesktopShellOptions) {
    this.#world = world;
    this.#texts = shellTexts(world.app.getPreferredSystemLanguages());
    this.#memory = new ShellMemory(world.memoryFolder);
    this.#window = this.#makeWindow();
    this.#tray = this.#makeTray();
    this.#taskbar = new Taskbar({
      app: world.app,
      platform: world.platform,
      window: () => this.#window.window,
    });
    this.#sleepBlocker = new SleepBlocker(world.powerSaveBlocker);
    this.#countdown = new DoneCountdown({
      showMessageBox: (box) => world.dialog.showMessageBox(box),
      run: (command) => world.runSystemCommand(command),
      quit: () => world.app.quit(),
      platform: world.platform,
      texts: this.#texts,
    });
    this.#client = new ContractClient({
      dial: world.dial,
      onSnapshot: (snapshot) => this.#see(snapshot),
    });
    this.#node = this.#makeNode(options.dataFolder);
    this.#answerPage();
    this.#watchApp();
    this.#readingsTimer = setInterval(() => this.#tellReadings(), tellEveryMs);
    this.#node.start();
    if (!options.isHidden) this.#window.show();
  }

  /** `http://127.0.0.1:1234` of the node; null while there is none. */
  get origin(): string | null {
    return this.#door === null ? null : new URL(this.#door.url).origin;
  }

  open(thing: OpenedThing): void {
    this.#window.open(thing);
  }

  show(): void {
    this.#window.show();
  }

  #makeWindow(): MainWindow {
    const { createWindow, screens, preload, iconFolder } = this.#world;
    return new MainWindow({
      create: createWindow,
      screens,
      preload,
      icon: path.join(iconFolder, "app-256.png"),
      memory: this.#memory,
      texts: this.#texts,
      nowMs: this.#world.nowMs,
      isQuitting: () => this.#quitting !== "no",
      onHidden: () => this.#tellAboutTray(),
      onSeen: () => {
        this.#unseenFailures = 0;
        this.#showState();
      },
    });
  }

  #makeTray(): TrayView {
    const { createTray, buildMenu, theme, platform, env, iconFolder } =
      this.#world;
    return new TrayView(
      {
        ...{ buildMenu, theme, platform, env, iconFolder },
        create: createTray,
        act: (action) => this.#act(action),
      },
      this.#model(),
    );
  }

  #makeNode(dataFolder: string | null): NodeProcess {
    const { world, texts } = { world: this.#world, texts: this.#texts };
    const trouble = new NodeTrouble({
      showMessageBox: (box) => world.dialog.showMessageBox(box),
      texts,
      startAgain: () => this.#node.start(),
      quit: () => world.app.quit(),
    });
    return new NodeProcess({
      fork: () =>
        world.forkNode({ dataFolder, uiPort: this.#memory.content.uiPort }),
      nowMs: world.nowMs,
      onDoor: (door) => this.#follow(door),
      onCrash: (crash) => trouble.tellCrash(crash),
      onRefused: (failure) => trouble.tellRefusal(failure),
    });
  }

  #answerPage(): void {
    const { ipc, dialog, shell, app, platform, env, homeFolder, program } =
      this.#world;
    const setting = new LoginItemSetting({
      ...{ app, platform, env, homeFolder, program },
    });
    answerShellRequests({
      ...{ ipc, dialog, shell, loginItem: setting },
      origin: () => this.origin,
      isWindow: (contents) => this.#window.owns(contents),
      onListening: () => this.#window.pageListens(),
      texts: this.#texts,
    });
  }

  #watchApp(): void {
    const { app } = this.#world;
    // Without a listener Electron quits with its last window.
    app.on("window-all-closed", () => undefined);
    app.on("activate", () => this.#window.show());
    app.on("before-quit", (event) => {
      if (this.#quitting === "closed") return;
      event.preventDefault();
      if (this.#quitting === "no") void this.#quit();
    });
  }

  async #quit(): Promise<void> {
    this.#quitting = "closing";
    clearInterval(this.#readingsTimer);
    if (this.#takeOver !== null) clearTimeout(this.#takeOver);
    this.#countdown.callOff();
    this.#client.connect(null);
    this.#window.window?.close();
    await this.#node.close();
    this.#sleepBlocker.update(null, null);
    this.#tray.destroy();
    this.#quitting = "closed";
    this.#world.app.quit();
  }

  #follow(door: NodeDoor | null): void {
    this.#door = door;
    if (door !== null && this.#node.state === "running")
      this.#memory.change({ uiPort: Number(new URL(door.url).port) });
    this.#client.connect(door);
    this.#window.follow(door);
    if (door === null) this.#showState();
  }

  #see(snapshot: UiSnapshot | null): void {
    const before = this.#snapshot;
    this.#snapshot = snapshot;
    if (snapshot === null) this.#watchForTakeOver();
    else {
      if (this.#takeOver !== null) clearTimeout(this.#takeOver);
      this.#takeOver = null;
      if (before === null) this.#tellReadings();
      this.#notify(before, snapshot);
      const action = actionWhenDone(before, snapshot);
      if (action !== null) void this.#countdown.begin(action);
      else if (snapshot.jobs.some((job) => job.state === "encoding"))
        this.#countdown.callOff();
    }
    this.#showState();
  }

  /** The node of another process ended: from now on there is one of our own. */
  #watchForTakeOver(): void {
    if (this.#node.state !== "elsewhere" || this.#takeOver !== null) return;
    this.#takeOver = setTimeout(() => {
      this.#takeOver = null;
      this.#client.connect(null);
      this.#node.start();
    }, takeOverMs);
  }

  #notify(before: UiSnapshot | null, after: UiSnapshot): void {
    for (const notice of noticesBetween(before, after, this.#texts)) {
      const isWatched = this.#window.window?.isFocused() ?? false;
      if (isWatched) continue;
      if (notice.kind === "failed") this.#unseenFailures += 1;
      this.#world.notify(notice, () => this.#window.show(notice.place));
    }
  }

  #tellAboutTray(): void {
    if (this.#memory.content.toldAboutTray) return;
    this.#memory.change({ toldAboutTray: true });
    const { hiddenTitle, hiddenText } = this.#texts;
    this.#world.notify({ title: hiddenTitle, body: hiddenText }, () =>
      this.#window.show(),
    );
  }

  #tellReadings(): void {
    const { powerMonitor, platform, env } = this.#world;
    const readings = readOwner({ monitor: powerMonitor, platform, env });
    this.#sleepBlocker.update(this.#snapshot, readings.isOnMains);
    if (this.#snapshot === null || this.#snapshot.node.worker === null) return;
    this.#client
      .ask({ type: "owner-reading", ...readings })
      // The line broke, or the role has just changed: told again in 5 s.
      .catch(() => undefined);
  }

  #model(): TrayModel {
    return trayModel({
      snapshot: this.#snapshot,
      unseenFailures: this.#unseenFailures,
      nowMs: this.#world.nowMs(),
      texts: this.#texts,
    });
  }

  #showState(): void {
    const model = this.#model();
    this.#tray.show(model);
    this.#taskbar.update(this.#snapshot, model.state === "trouble");
  }

  #act(action: TrayAction): void {
    switch (action.kind) {
      case "open":
        this.#window.show();
        return;
      case "quit":
        this.#world.app.quit();
        return;
      case "ask":
        this.#client.ask(action.request).catch((error: unknown) => {
          const body = error instanceof Error ? error.message : String(error);
          this.#world.notify({ title: this.#texts.failedTitle, body }, () =>
            this.#window.show(),
          );
        });
    }
  }
}
