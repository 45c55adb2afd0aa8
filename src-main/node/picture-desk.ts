import { stat } from "node:fs/promises";
import { Failure } from "../core/errors.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { Binaries } from "../media/binaries.ts";
import { probeSource } from "../media/probe.ts";
import { takeStill, type StillPicture } from "../media/still-picture.ts";
import { BoundedCache } from "./bounded-cache.ts";
import { Turnstile } from "./turnstile.ts";

/** Pictures decoded at the same time: encodes come first. */
const atOnceMax = 2;
/** Of JPEGs kept; a screen of thumbnails is about one megabyte. */
const cachedBytesMax = 32 * 1024 * 1024;
const cachedFactsMax = 256;
/** A thumbnail is taken here in the film; where that is dark, at the next. */
const tellingRatios = [0.1, 0.25, 0.5];
/** A JPEG this small for its size shows hardly anything: black, a fade. Bytes per pixel. */
const emptyBytesPerPixel = 0.025;

export interface PictureOf {
  readonly path: string;
  /** Seconds after the first picture; null: a telling moment. */
  readonly atS: number | null;
  readonly widthPx: number;
  /** Where the file itself does not say it (samples). */
  readonly rotationDegrees?: 0 | 90 | 180 | 270;
}

/** Pictures of files: few at a time, and the latest kept. */
export class PictureDesk {
  readonly #binaries: Binaries;
  readonly #canMapHdr: boolean;
  readonly #turnstile = new Turnstile(atOnceMax);
  readonly #pictures = new BoundedCache<StillPicture>(
    cachedBytesMax,
    ({ jpeg }) => jpeg.length,
  );
  readonly #facts = new BoundedCache<MediaFacts>(cachedFactsMax, () => 1);

  constructor(binaries: Binaries, capabilities: readonly string[]) {
    this.#binaries = binaries;
    this.#canMapHdr = capabilities.includes("filter:zscale");
  }

  /**
   * @throws Failure as `probeSource` and `takeStill`; the signal's reason when
   * nobody waits any more.
   */
  async take(asked: PictureOf, signal?: AbortSignal): Promise<StillPicture> {
    const stamp = await stampOf(asked.path);
    const key = [stamp, asked.atS, asked.widthPx].join("\n");
    const known = this.#pictures.get(key);
    if (known !== undefined) return known;
    return this.#turnstile.pass(signal, async () => {
      const meanwhile = this.#pictures.get(key);
      if (meanwhile !== undefined) return meanwhile;
      const facts = await this.#factsOf(asked, stamp, signal);
      const picture = await this.#decode(asked, facts, signal);
      this.#pictures.set(key, picture);
      return picture;
    });
  }

  async #decode(
    { path, atS, widthPx }: PictureOf,
    facts: MediaFacts,
    signal: AbortSignal | undefined,
  ): Promise<StillPicture> {
    const at = (moment: number, isExact: boolean): Promise<StillPicture> =>
      takeStill(this.#binaries, path, facts, {
        atS: moment,
        maxWidthPx: widthPx,
        isExact,
        canMapHdr: this.#canMapHdr,
        signal,
      });
    if (atS !== null) return at(atS, true);
    const { durationS } = facts;
    if (durationS === null) return at(0, false);
    let best: StillPicture | null = null;
    for (const ratio of tellingRatios) {
      const picture = await at(durationS * ratio, false);
      if (best === null || picture.jpeg.length > best.jpeg.length)
        best = picture;
      if (best.jpeg.length > emptyBytesPerPixel * best.widthPx * best.heightPx)
        break;
    }
    return best ?? at(0, false);
  }

  async #factsOf(
    { path, rotationDegrees }: PictureOf,
    stamp: string,
    signal: AbortSignal | undefined,
  ): Promise<MediaFacts> {
    const facts =
      this.#facts.get(stamp) ??
      (await probeSource(this.#binaries, path, signal));
    this.#facts.set(stamp, facts);
    if (rotationDegrees === undefined || facts.video === null) return facts;
    return { ...facts, video: { ...facts.video, rotationDegrees } };
  }
}

/** Another file under the same name is another one. */
async function stampOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return [path, size, mtimeMs].join("\n");
  } catch (cause) {
    throw new Failure("source-missing", path, { cause });
  }
}
