import { describe, expect, it } from "vitest";
import { choosePool, freshPool } from "../../../src-main/net/pool-size.ts";
import type { PoolMemory } from "../../../src-main/net/pool-size.ts";

/** Plays looks at a network that carries `rates[n - 1]` with n sockets; the sockets chosen. */
function play(
  rates: (sockets: number) => number,
  looks: number,
  waiting = true,
): number[] {
  let memory: PoolMemory = freshPool;
  let sockets = 1;
  const chosen: number[] = [];
  for (let look = 0; look < looks; look += 1) {
    const bytesPerSecond = rates(sockets);
    const choice = choosePool(memory, { sockets, bytesPerSecond, waiting });
    ({ memory, sockets } = choice);
    chosen.push(sockets);
  }
  return chosen;
}

describe("the size of the data pool", () => {
  it("grows to four where each socket brings more (lossy Wi-Fi)", () => {
    expect(play((n) => n * 5e6, 6)).toEqual([2, 3, 4, 4, 4, 4]);
  });

  it("takes one back that brought nothing, and tries no more", () => {
    expect(play(() => 11e6, 5)).toEqual([2, 1, 1, 1, 1]);
  });

  it("stays at one on a fast wire", () => {
    expect(play(() => 110e6, 3)).toEqual([1, 1, 1]);
  });

  it("stays at one where nothing waits for the network", () => {
    expect(play((n) => n * 5e6, 3, false)).toEqual([1, 1, 1]);
  });

  it("forgets after a minute without bulk, and learns anew", () => {
    const settled = { ...freshPool, settled: true, beforeBytesPerSecond: 5e6 };
    let choice = { memory: settled as PoolMemory, sockets: 3 };
    for (let look = 0; look < 30; look += 1)
      choice = choosePool(choice.memory, {
        sockets: choice.sockets,
        bytesPerSecond: 0,
        waiting: false,
      });
    expect(choice).toEqual({ memory: freshPool, sockets: 1 });
  });
});
