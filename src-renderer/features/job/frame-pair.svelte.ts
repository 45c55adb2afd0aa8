import { RequestRefused } from "../../connection/connection.ts";
import { failureWords } from "../../messages/failure-words.ts";
import { messages } from "../../messages/messages.svelte.ts";
import type { Farm } from "../../state/farm.svelte.ts";
import type { UiFrame } from "../../../src-main/protocol/ui-media.ts";

/** Where one of the two pictures comes from, and how far its time is from the film's. */
export type FrameOf = Parameters<Farm["ask"]>[0] extends infer Request
  ? Request extends { readonly type: "frame"; readonly of: infer Of }
    ? Of
    : never
  : never;

export interface FrameSide {
  readonly of: FrameOf;
  /** Added to the moment: a sample begins at 0. Seconds. */
  readonly shiftS: number;
}

/** Wide enough to judge a picture by; larger ones take the node long. */
const widthPx = 1280;
/** Moments passed by while a slider is dragged are not asked for. */
const settleMs = 150;

/** The same moment of two films, both or none: pictures of two moments would compare wrongly. */
export class FramePair {
  before = $state.raw<UiFrame | null>(null);
  after = $state.raw<UiFrame | null>(null);
  trouble = $state<string | null>(null);
  isAsking = $state(false);
  readonly #farm: Pick<Farm, "ask">;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  constructor(farm: Pick<Farm, "ask">) {
    this.#farm = farm;
  }

  show(before: FrameSide, after: FrameSide, atS: number): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    const turn = this.#turn;
    this.isAsking = true;
    this.#timer = setTimeout(
      () => void this.#ask(turn, before, after, atS),
      settleMs,
    );
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }

  async #ask(
    turn: number,
    before: FrameSide,
    after: FrameSide,
    atS: number,
  ): Promise<void> {
    const frameOf = ({ of, shiftS }: FrameSide): Promise<UiFrame> =>
      this.#farm.ask({
        type: "frame",
        of,
        atS: Math.max(0, atS + shiftS),
        widthPx,
      });
    try {
      const [one, other] = await Promise.all([frameOf(before), frameOf(after)]);
      if (turn !== this.#turn) return;
      this.before = one;
      this.after = other;
      this.trouble = null;
    } catch (error) {
      if (turn !== this.#turn) return;
      this.trouble =
        error instanceof RequestRefused
          ? failureWords(error.failure, messages.language).text
          : String(error);
    }
    this.isAsking = false;
  }
}
