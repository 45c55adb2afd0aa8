/** The one window: made when it is wanted, hidden when it is closed, put back where it stood. */
import type {
  BrowserWindow,
  BrowserWindowConstructorOptions,
  WebContents,
} from "electron";
import type { OpenedThing } from "../protocol/shell-contract.ts";
import type { NodeDoor } from "./contract-client.ts";
import { waitingPagePrefix } from "./page-guard.ts";
import { shellChannels } from "./shell-channels.ts";
import type { ShellMemory } from "./shell-memory.ts";
import type { ShellTexts } from "./texts.ts";
import {
  defaultSize,
  minSize,
  restoredBounds,
  type Bounds,
} from "./window-bounds.ts";

/** Moving and resizing come in streams; the place is kept once they rest. */
const restMs = 500;

/** A page that dies sooner than this after it was loaded is left as it is. */
const reloadAfterMs = 10_000;

/** What may be kept waiting for a page that listens. */
const maxWaitingThings = 100;

export type PageWindow = Pick<
  BrowserWindow,
  | "close"
  | "focus"
  | "getNormalBounds"
  | "hide"
  | "isDestroyed"
  | "isFocused"
  | "isMaximized"
  | "isMinimized"
  | "isVisible"
  | "loadURL"
  | "maximize"
  | "restore"
  | "setProgressBar"
  | "show"
> & {
  on(event: "close", act: (event: { preventDefault(): void }) => void): unknown;
  on(
    event: "closed" | "focus" | "show" | "move" | "resize",
    act: () => void,
  ): unknown;
  readonly webContents: Pick<WebContents, "send"> & {
    on(event: "render-process-gone", act: () => void): unknown;
  };
};

export interface MainWindowOptions {
  readonly create: (options: BrowserWindowConstructorOptions) => PageWindow;
  readonly screens: () => readonly Bounds[];
  readonly memory: ShellMemory;
  readonly preload: string;
  readonly icon: string;
  readonly texts: ShellTexts;
  readonly nowMs: () => number;
  /** True: closing really closes. */
  readonly isQuitting: () => boolean;
  readonly onHidden: () => void;
  readonly onSeen: () => void;
}

export class MainWindow {
  readonly #options: MainWindowOptions;
  #window: PageWindow | null = null;
  #door: NodeDoor | null = null;
  #isListening = false;
  #things: OpenedThing[] = [];
  #timer: NodeJS.Timeout | null = null;
  #loadedAtMs = 0;

  constructor(options: MainWindowOptions) {
    this.#options = options;
  }

  /** Null while none is open. */
  get window(): PageWindow | null {
    return this.#window;
  }

  get isSeen(): boolean {
    return this.#window !== null && this.#window.isVisible();
  }

  owns(contents: unknown): boolean {
    return this.#window !== null && this.#window.webContents === contents;
  }

  /** Opens it, or brings it to the front; `place` is the part of the page to show. */
  show(place?: string): void {
    if (this.#window === null) this.#open(place);
    else {
      if (place !== undefined) this.#load(place);
      if (this.#window.isMinimized()) this.#window.restore();
      this.#window.show();
      this.#window.focus();
    }
  }

  /** The node moved, or is gone: a page that is open follows; without a node it keeps what it shows. */
  follow(door: NodeDoor | null): void {
    this.#door = door;
    if (door !== null && this.#window !== null) this.#load();
  }

  /** Handed to the page as soon as it listens. */
  open(thing: OpenedThing): void {
    if (this.#things.length < maxWaitingThings) this.#things.push(thing);
    this.show();
    this.#deliver();
  }

  /** The page listens from now on. */
  pageListens(): void {
    this.#isListening = true;
    this.#deliver();
  }

  #deliver(): void {
    if (!this.#isListening || this.#window === null) return;
    for (const thing of this.#things.splice(0))
      this.#window.webContents.send(shellChannels.opened, thing);
  }

  #open(place?: string): void {
    const { create, memory, screens, preload, icon } = this.#options;
    const kept = memory.content.window;
    const bounds = restoredBounds(kept.bounds, screens());
    const window = create({
      ...(bounds ?? defaultSize),
      minWidth: minSize.width,
      minHeight: minSize.height,
      title: "Reelfarm",
      icon,
      autoHideMenuBar: true,
      webPreferences: {
        preload,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        webviewTag: false,
        navigateOnDragDrop: false,
        spellcheck: false,
      },
    });
    this.#window = window;
    if (kept.isMaximised) window.maximize();
    this.#watch(window);
    this.#load(place);
  }

  #watch(window: PageWindow): void {
    const { isQuitting, onHidden, onSeen } = this.#options;
    window.on("close", (event) => {
      this.#keepPlace(window);
      if (isQuitting()) return;
      event.preventDefault();
      window.hide();
      onHidden();
    });
    window.on("closed", () => {
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#window = null;
      this.#isListening = false;
    });
    const keepSoon = (): void => {
      if (this.#timer !== null) clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#keepPlace(window), restMs);
    };
    window.on("move", keepSoon);
    window.on("resize", keepSoon);
    window.webContents.on("render-process-gone", () => {
      if (this.#options.nowMs() - this.#loadedAtMs >= reloadAfterMs)
        this.#load();
    });
    window.on("focus", onSeen);
    window.on("show", onSeen);
  }

  #keepPlace(window: PageWindow): void {
    if (window.isDestroyed()) return;
    this.#options.memory.change({
      window: {
        bounds: window.getNormalBounds(),
        isMaximised: window.isMaximized(),
      },
    });
  }

  #load(place?: string): void {
    const window = this.#window;
    if (window === null) return;
    this.#isListening = false;
    this.#loadedAtMs = this.#options.nowMs();
    const url =
      this.#door === null
        ? waitingPage(this.#options.texts.starting)
        : pageAddress(this.#door, place);
    // A node that died meanwhile: the next one is followed as well.
    window.loadURL(url).catch(() => undefined);
  }
}

function pageAddress({ url, token }: NodeDoor, place?: string): string {
  const page = new URL(url);
  page.searchParams.set("token", token);
  if (place !== undefined) page.hash = place;
  return page.href;
}

function waitingPage(text: string): string {
  const page = `<!doctype html><meta name="color-scheme" content="light dark"><title>Reelfarm</title><body style="font:16px system-ui;display:grid;place-items:center;height:90vh">${text}`;
  return waitingPagePrefix + encodeURIComponent(page);
}
