import { textWidth } from "./text-width.ts";

const defaultColumns = 80;
const minColumns = 20;

const styles = {
  bold: "\u001b[1m",
  dim: "\u001b[2m",
  good: "\u001b[32m",
  bad: "\u001b[31m",
} as const;
export type Style = keyof typeof styles;
const plain = "\u001b[0m";

/**
 * Where words for people go: results to standard output, everything else
 * (progress, notes, errors) to standard error, so that a script can read the
 * results alone.
 */
export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #err: NodeJS.WriteStream;
  readonly #env: NodeJS.ProcessEnv;
  #line = "";

  constructor(
    out: NodeJS.WriteStream,
    err: NodeJS.WriteStream,
    env: NodeJS.ProcessEnv,
  ) {
    this.#out = out;
    this.#err = err;
    this.#env = env;
  }

  /** Whether a line may be redrawn in place. */
  get redraws(): boolean {
    return this.#err.isTTY && this.#env["TERM"] !== "dumb";
  }

  get columns(): number {
    const columns = this.#out.isTTY ? this.#out.columns : this.#err.columns;
    return Math.max(minColumns, columns || defaultColumns);
  }

  /** A line of the result. */
  print(text = ""): void {
    this.clearLine();
    this.#out.write(`${text}\n`);
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }

  /** A line beside the result. */
  note(text: string): void {
    this.clearLine();
    this.#err.write(`${text}\n`);
  }

  /** Draws a line that the next one replaces. */
  redraw(text: string): void {
    if (text === this.#line) return;
    this.#line = text;
    this.#err.write(`\r${text}\u001b[K`);
  }

  clearLine(): void {
    if (this.#line === "") return;
    this.#line = "";
    this.#err.write("\r\u001b[K");
  }

  /** Leaves the drawn line standing and goes on below it. */
  keepLine(): void {
    if (textWidth(this.#line) === 0) return;
    this.#line = "";
    this.#err.write("\n");
  }

  /** Coloured where the output is a terminal and NO_COLOR (no-color.org) does not forbid it. */
  paint(style: Style, text: string): string {
    return this.#out.isTTY && !this.#env["NO_COLOR"]
      ? styles[style] + text + plain
      : text;
  }
}
