/** Pictures of the rows in sight. */
import type { Farm } from "../../state/farm.svelte.ts";

/** Twice the shown width, for dense screens. */
const widthPx = 192;
/** The node makes each with an ffmpeg of its own. */
const askedAtOnce = 2;
const maxKept = 400;

interface Wish {
  readonly jobId: string;
  readonly take: (picture: string | null) => void;
}

export class Thumbnails {
  readonly #farm: Pick<Farm, "ask">;
  /** Oldest first; null: there is none to be had. */
  readonly #kept = new Map<string, string | null>();
  #wishes: Wish[] = [];
  #asked = 0;

  constructor(farm: Pick<Farm, "ask">) {
    this.#farm = farm;
  }

  known(jobId: string): string | null | undefined {
    return this.#kept.get(jobId);
  }

  /** Returns how to say that it is out of sight again. */
  want(jobId: string, take: (picture: string | null) => void): () => void {
    const wish = { jobId, take };
    this.#wishes.push(wish);
    this.#next();
    return () => {
      this.#wishes = this.#wishes.filter((one) => one !== wish);
    };
  }

  #next(): void {
    // The latest: rows that came into sight last are the ones looked at.
    while (this.#asked < askedAtOnce) {
      const wish = this.#wishes.pop();
      if (wish === undefined) return;
      this.#asked += 1;
      void this.#ask(wish);
    }
  }

  async #ask({ jobId, take }: Wish): Promise<void> {
    let picture: string | null = null;
    try {
      const frame = await this.#farm.ask({
        type: "frame",
        of: { jobId, side: "source" },
        atS: null,
        widthPx,
      });
      picture = `data:image/jpeg;base64,${frame.jpegBase64}`;
    } catch {
      // Sound has no picture, and a missing source none any more: the row shows a symbol.
    }
    this.#kept.set(jobId, picture);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > maxKept && oldest !== undefined)
      this.#kept.delete(oldest);
    this.#asked -= 1;
    take(picture);
    this.#next();
  }
}
