/** What must be put away again whatever happens: processes, cgroups, folders. */
export class Scope {
  readonly #ends: (() => unknown)[] = [];
  #closing: Promise<void> | null = null;

  /** Ends run in reverse order, each once; one that fails does not keep the others. */
  keep(end: () => unknown): void {
    this.#ends.push(end);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const end of this.#ends.reverse())
      try {
        await end();
      } catch (error) {
        console.error(`  could not clean up: ${String(error)}`);
      }
  }
}
