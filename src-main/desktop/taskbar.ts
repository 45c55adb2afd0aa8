import type { App } from "electron";
import type { UiSnapshot } from "../protocol/ui-contract.ts";
import { isUnfinished, queueProgress } from "./queue-progress.ts";

/** Electron's word for a bar that is gone. */
const noBar = -1;

export interface TaskbarOptions {
  readonly app: Pick<App, "setBadgeCount">;
  readonly platform: string;
  readonly window: () => {
    setProgressBar(
      ratio: number,
      options?: { mode: "normal" | "paused" | "error" },
    ): void;
  } | null;
}

/** Progress on the window's button, and on the dock how many jobs are left. */
export class Taskbar {
  readonly #options: TaskbarOptions;
  #shown = "";

  constructor(options: TaskbarOptions) {
    this.#options = options;
  }

  update(snapshot: UiSnapshot | null, hasTrouble: boolean): void {
    const { app, platform, window } = this.#options;
    const ratio = snapshot === null ? null : queueProgress(snapshot);
    const left = snapshot?.jobs.filter(isUnfinished).length ?? 0;
    const mode = hasTrouble
      ? "error"
      : snapshot?.node.queuePaused
        ? "paused"
        : "normal";
    // Hundredths are all that can be seen; a window made anew is told again.
    const shownRatio = ratio === null ? noBar : Math.round(ratio * 100) / 100;
    const target = window();
    const shown = [shownRatio, mode, left, target !== null].join(" ");
    if (shown === this.#shown) return;
    this.#shown = shown;
    target?.setProgressBar(shownRatio, { mode });
    if (platform !== "win32") app.setBadgeCount(left);
  }
}
