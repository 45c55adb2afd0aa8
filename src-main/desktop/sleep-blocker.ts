import type { PowerSaveBlocker } from "electron";
import type { UiSnapshot } from "../protocol/ui-contract.ts";
import { isWorking } from "./queue-progress.ts";

/** Whether this computer has work that a sleep would stop: it encodes, or others encode for its queue. */
export function hasWork(snapshot: UiSnapshot | null): boolean {
  if (snapshot === null) return false;
  return (
    (snapshot.node.worker?.heldAttempts ?? 0) > 0 ||
    snapshot.jobs.some(isWorking)
  );
}

/** Keeps the computer awake while it encodes and is on mains; the screen may go dark. */
export class SleepBlocker {
  readonly #blocker: Pick<PowerSaveBlocker, "start" | "stop">;
  #id: number | null = null;

  constructor(blocker: Pick<PowerSaveBlocker, "start" | "stop">) {
    this.#blocker = blocker;
  }

  /** `isOnMains` null: a computer nobody can tell about, so one without a battery. */
  update(snapshot: UiSnapshot | null, isOnMains: boolean | null): void {
    const mustBlock = hasWork(snapshot) && isOnMains !== false;
    if (mustBlock && this.#id === null)
      this.#id = this.#blocker.start("prevent-app-suspension");
    else if (!mustBlock && this.#id !== null) {
      this.#blocker.stop(this.#id);
      this.#id = null;
    }
  }
}
