import type { MessageBoxOptions } from "electron";
import type { UiFailure } from "../protocol/ui-contract.ts";
import type { NodeCrash } from "./node-process.ts";
import type { ShellTexts } from "./texts.ts";

/** As many last lines as fit a dialog. */
const shownLines = 12;

export interface NodeTroubleOptions {
  readonly showMessageBox: (
    options: MessageBoxOptions,
  ) => Promise<{ readonly response: number }>;
  readonly texts: ShellTexts;
  readonly startAgain: () => void;
  readonly quit: () => void;
}

/** Tells people that the node died or does not start. One box at a time: a node may die again meanwhile. */
export class NodeTrouble {
  readonly #options: NodeTroubleOptions;
  #isShown = false;

  constructor(options: NodeTroubleOptions) {
    this.#options = options;
  }

  tellCrash({ exit, lastLines, restartMs }: NodeCrash): void {
    const { texts } = this.#options;
    const words = lastLines.slice(-shownLines).join("\n");
    const next =
      restartMs === null
        ? texts.crashGaveUp
        : texts.crashAgain(Math.ceil(restartMs / 1000));
    // What ends the attempts must be seen, whatever stands open.
    if (restartMs === null) this.#isShown = false;
    this.#show({
      message: texts.crashTitle,
      detail: `${texts.crashText(exit)}\n\n${words}\n\n${next}`,
      asks: restartMs === null,
    });
  }

  tellRefusal({ text, nextStep }: UiFailure): void {
    const { texts } = this.#options;
    this.#show({
      message: texts.refusedTitle,
      detail: `${text}\n\n${nextStep}`,
      asks: true,
    });
  }

  #show(box: { message: string; detail: string; asks: boolean }): void {
    if (this.#isShown) return;
    this.#isShown = true;
    const { texts, showMessageBox, startAgain, quit } = this.#options;
    showMessageBox({
      type: "error",
      title: "Reelfarm",
      message: box.message,
      detail: box.detail,
      buttons: box.asks ? [texts.startAgain, texts.quit] : [texts.goOn],
      defaultId: 0,
    }).then(
      ({ response }) => {
        this.#isShown = false;
        if (!box.asks) return;
        if (response === 0) startAgain();
        else quit();
      },
      () => {
        this.#isShown = false;
      },
    );
  }
}
