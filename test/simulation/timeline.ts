/** Virtual time: a heap of things to do, in order of time, then of arrival. */
export class VirtualTime {
  nowMs = 0;
  private readonly heap: { atMs: number; order: number; run: () => void }[] =
    [];
  private count = 0;

  at(atMs: number, run: () => void): void {
    const { heap } = this;
    let index = heap.length;
    const entry = {
      atMs: Math.max(atMs, this.nowMs),
      order: this.count++,
      run,
    };
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  /** Runs what is due next; false when nothing is left. */
  advance(): boolean {
    const first = this.heap[0];
    if (first === undefined) return false;
    const last = this.heap.pop()!;
    if (this.heap.length > 0) this.sink(last);
    this.nowMs = first.atMs;
    first.run();
    return true;
  }

  private sink(entry: { atMs: number; order: number; run: () => void }): void {
    const { heap } = this;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!))
        child++;
      if (!before(heap[child]!, entry)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = entry;
  }
}

const before = (
  a: { atMs: number; order: number },
  b: { atMs: number; order: number },
): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
