/** What ffmpeg's `-progress` has told last. */
export interface EncodeProgress {
  readonly frames: number;
  readonly fps: number;
  readonly outBytes: number;
}

/** The keys ffmpeg writes in one block; `progress` ends it. */
const progressLine =
  /^(frame|fps|stream_\d+_\d+_\w+|bitrate|total_size|out_time(?:_us|_ms)?|dup_frames|drop_frames|speed|progress)=\s*(.*)$/;

/**
 * Reads the `key=value` lines of `-progress`. Lines may come from anywhere in a
 * stream of messages; a block counts when its last line, `progress=`, is there.
 */
export class ProgressReader {
  #frames = 0;
  #fps = 0;
  #outBytes = 0;

  /** Returns whether the line was progress at all, and the state when it ended a block. */
  read(line: string): {
    readonly isProgress: boolean;
    readonly progress: EncodeProgress | null;
  } {
    const match = progressLine.exec(line);
    if (match === null) return { isProgress: false, progress: null };
    const [, key, value = ""] = match;
    // Values can be "N/A" before the first frame.
    const number = Number(value);
    if (Number.isFinite(number) && value !== "") {
      if (key === "frame") this.#frames = number;
      if (key === "fps") this.#fps = number;
      if (key === "total_size") this.#outBytes = number;
    }
    return {
      isProgress: true,
      progress: key === "progress" ? this.last : null,
    };
  }

  get last(): EncodeProgress {
    return { frames: this.#frames, fps: this.#fps, outBytes: this.#outBytes };
  }
}
