import type { MessageBoxOptions } from "electron";
import type { ShellTexts } from "./texts.ts";
import {
  systemCommand,
  type DoneAction,
  type SystemCommand,
} from "./when-done.ts";

/** For somebody who sits in front of it after all. */
const graceMs = 60_000;

export interface DoneCountdownOptions {
  readonly showMessageBox: (
    options: MessageBoxOptions,
  ) => Promise<{ readonly response: number }>;
  readonly run: (command: SystemCommand) => void;
  readonly quit: () => void;
  readonly platform: string;
  readonly texts: ShellTexts;
}

/** Carries out what the queue's end is to bring; a person has a minute to say no. */
export class DoneCountdown {
  readonly #options: DoneCountdownOptions;
  #cancel: AbortController | null = null;

  constructor(options: DoneCountdownOptions) {
    this.#options = options;
  }

  /** Resolves when it was carried out or called off. */
  async begin(action: DoneAction): Promise<void> {
    const { platform, texts, run, quit, showMessageBox } = this.#options;
    if (action === "quit") {
      quit();
      return;
    }
    const command = systemCommand(action, platform);
    if (command === null || this.#cancel !== null) return;
    const cancel = new AbortController();
    this.#cancel = cancel;
    const seconds = graceMs / 1000;
    const isRefused = await this.#isRefused(cancel, () =>
      showMessageBox({
        type: "question",
        title: "Reelfarm",
        message: texts.whenDoneTitle,
        detail:
          action === "sleep"
            ? texts.sleepText(seconds)
            : texts.shutDownText(seconds),
        buttons: [texts.notNow],
        signal: cancel.signal,
      }),
    );
    this.#cancel = null;
    if (!isRefused) run(command);
  }

  /** New work came. */
  callOff(): void {
    this.#cancel?.abort("called off");
  }

  /** Any answer is a no; a closed box after the time is up is none. */
  #isRefused(
    cancel: AbortController,
    ask: () => Promise<unknown>,
  ): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve(false);
        cancel.abort("time is up");
      }, graceMs);
      cancel.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve(true);
      });
      const refuse = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      ask().then(refuse, refuse);
    });
  }
}
