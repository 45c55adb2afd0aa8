/**
 * What was found out about the keyframes of one source while parts of it were
 * fed: where a copy may begin with a keyframe itself, and where it must begin
 * one earlier (media.md section 2).
 */
export class KeyframeTrust {
  #isLost = false;
  #cleanCount = 0;
  readonly #unclean = new Set<number>();

  /** Whether it is worth trying to begin with a keyframe, given by its number. */
  allows(keyframe: number): boolean {
    if (this.#isLost || this.#unclean.has(keyframe)) return false;
    // Each trial in vain costs one more start of ffmpeg.
    return this.#unclean.size < trialsInVain + this.#cleanCount;
  }

  /** The copy began with a keyframe, and its bytes say that it needs nothing earlier. */
  noteClean(): void {
    this.#cleanCount += 1;
  }

  /** The copy could not begin with this keyframe. */
  noteUnclean(keyframe: number): void {
    this.#unclean.add(keyframe);
  }

  /** A part that began with its own keyframe did not come out right: no other shall. */
  lose(): void {
    this.#isLost = true;
  }
}

const trialsInVain = 3;
