const tailMaxChars = 8 * 1024;
/** A longer line is cut into pieces: a tool that never ends its line must not fill the memory. */
const lineMaxChars = 4 * 1024;

export interface StderrReaders {
  readonly onStderrLine?: (line: string) => void;
  readonly takeStderrLine?: (line: string) => boolean;
}

/** Splits a tool's stderr into lines and keeps the last ones. */
export class StderrTail {
  readonly #readers: StderrReaders;
  readonly #decoder = new TextDecoder();
  #partial = "";
  #tail = "";

  constructor(readers: StderrReaders) {
    this.#readers = readers;
  }

  push(chunk: Uint8Array): void {
    const text = this.#partial + this.#decoder.decode(chunk, { stream: true });
    const lines = text.split(/[\r\n]+/);
    this.#partial = lines.pop() ?? "";
    for (const line of lines) this.#take(line);
    while (this.#partial.length > lineMaxChars) {
      this.#take(this.#partial.slice(0, lineMaxChars));
      this.#partial = this.#partial.slice(lineMaxChars);
    }
  }

  /** The kept text, the unfinished last line included. */
  end(): string {
    if (this.#partial !== "") this.#take(this.#partial);
    this.#partial = "";
    return this.#tail.trimEnd();
  }

  #take(line: string): void {
    if (line === "" || this.#readers.takeStderrLine?.(line)) return;
    this.#readers.onStderrLine?.(line);
    this.#tail = `${this.#tail}${line}\n`.slice(-tailMaxChars);
  }
}
