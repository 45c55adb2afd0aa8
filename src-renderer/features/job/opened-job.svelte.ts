import type { Farm } from "../../state/farm.svelte.ts";
import type { UiJobDetail } from "../../../src-main/protocol/ui-contract.ts";

/** The parts of a job at work move all the time; its row tells when, but not more often than this. */
const quietMs = 900;

/** The opened job's details, asked for anew whenever its row changes. */
export class OpenedJob {
  detail = $state.raw<UiJobDetail | null>(null);
  isGone = $state(false);
  readonly #farm: Pick<Farm, "ask">;
  readonly #jobId: string;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isAsking = false;
  #mustAskAgain = false;
  #isClosed = false;

  constructor(farm: Pick<Farm, "ask">, jobId: string) {
    this.#farm = farm;
    this.#jobId = jobId;
  }

  /** Something of it may have changed. */
  touch(): void {
    if (this.#isAsking || this.#timer !== null) this.#mustAskAgain = true;
    else void this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    this.#mustAskAgain = false;
    try {
      const detail = await this.#farm.ask({
        type: "job-detail",
        jobId: this.#jobId,
      });
      if (this.#isClosed) return;
      this.detail = detail;
      this.isGone = false;
    } catch {
      // Removed, or the line broke: the frame says so, and what is known stays.
      if (this.#isClosed) return;
      this.isGone = true;
    }
    this.#isAsking = false;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#mustAskAgain) void this.#ask();
    }, quietMs);
  }
}
