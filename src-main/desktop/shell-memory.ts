/** What the shell itself remembers from one run to the next: little, and nothing of the node's. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Bounds, WindowPlace } from "./window-bounds.ts";

export interface Remembered {
  readonly window: WindowPlace;
  /** The person was told once that closing the window does not quit. */
  readonly toldAboutTray: boolean;
  /** A page's own storage (theme, language) belongs to its address: the port is kept. */
  readonly uiPort: number;
}

const nothing: Remembered = {
  window: { bounds: null, isMaximised: false },
  toldAboutTray: false,
  uiPort: 0,
};

export class ShellMemory {
  readonly #file: string;
  #content: Remembered;

  constructor(folder: string) {
    this.#file = path.join(folder, "shell.json");
    this.#content = readFile(this.#file);
  }

  get content(): Remembered {
    return this.#content;
  }

  /** Written at once, whole or not at all; a disk that refuses costs only the memory. */
  change(part: Partial<Remembered>): void {
    this.#content = { ...this.#content, ...part };
    try {
      mkdirSync(path.dirname(this.#file), { recursive: true });
      const temporary = `${this.#file}.new`;
      writeFileSync(temporary, JSON.stringify(this.#content));
      renameSync(temporary, this.#file);
    } catch {
      // A window in the wrong place is no reason to bother anybody.
    }
  }
}

function readFile(file: string): Remembered {
  try {
    return checked(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return nothing;
  }
}

/** Takes what is right of it; a file changed by hand must not keep the app from starting. */
function checked(value: unknown): Remembered {
  const kept = record(value);
  const window = record(kept["window"]);
  const { uiPort } = kept;
  const isPort =
    Number.isInteger(uiPort) && Number(uiPort) > 0 && Number(uiPort) < 65_536;
  return {
    window: {
      bounds: bounds(window["bounds"]),
      isMaximised: window["isMaximised"] === true,
    },
    toldAboutTray: kept["toldAboutTray"] === true,
    uiPort: isPort ? Number(uiPort) : 0,
  };
}

function bounds(value: unknown): Bounds | null {
  const { x, y, width, height } = record(value);
  const numbers = [x, y, width, height];
  if (
    !numbers.every(
      (one) => Number.isInteger(one) && Math.abs(Number(one)) < 1e5,
    )
  )
    return null;
  return {
    x: Number(x),
    y: Number(y),
    width: Number(width),
    height: Number(height),
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)
    : {};
}
