import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loopbackFarm } from "../../fixtures/loopback-links.ts";
import type { LoopbackFarm } from "../../fixtures/loopback-links.ts";

const piece = Buffer.alloc(64 * 1024);

function endless(): Readable {
  return new Readable({
    read() {
      this.push(piece);
    },
  });
}

describe("bulk", () => {
  let farm: LoopbackFarm;
  beforeEach(async () => {
    const timing = { heartbeatMs: 20, silentMs: 20_000 };
    farm = await loopbackFarm({ timing });
  });
  afterEach(async () => await farm.close());

  it("W25 two transfers share the wire fairly, and control stays quick", async () => {
    const timing = { heartbeatMs: 20, silentMs: 20_000 };
    const { worker, master } = await farm.connect({ timing });
    const taken = { one: 0, two: 0 };
    let furthestApart = 0;
    const roundTrips: number[] = [];
    const run = async (id: "one" | "two"): Promise<void> => {
      const sent = master.transfers.send(id, endless());
      for await (const bytes of worker.transfers.receive(id, {
        maxBytes: 1e12,
      })) {
        taken[id] += (bytes as Buffer).length;
        const apart = Math.abs(taken.one - taken.two);
        // The first may have a whole window before the second asks.
        furthestApart = Math.max(furthestApart, apart);
        const roundTrip = worker.roundTripMs();
        if (roundTrip !== null) roundTrips.push(roundTrip);
        if (taken[id] > 60_000_000) break;
      }
      await expect(sent).rejects.toMatchObject({ code: "cancelled" });
    };
    await Promise.all([run("one"), run("two")]);
    expect(furthestApart).toBeLessThan(8 * 1024 * 1024);
    roundTrips.sort((a, b) => a - b);
    // Behind the bulk on one connection it would wait for megabytes: seconds on a slow wire.
    expect(roundTrips[Math.floor(roundTrips.length / 2)]).toBeLessThan(1_000);
  });

  it("W14 a consumer that takes nothing costs one window, not the source", async () => {
    const { worker, master } = await farm.connect();
    const stream = worker.transfers.receive("t", { maxBytes: 1e12 });
    const sent = master.transfers.send("t", endless());
    // Nobody knows yet what the link carries.
    const windowBytes = 1024 * 1024;
    await vi.waitFor(
      () => expect(worker.transfers.bytesReceived()).toBe(windowBytes),
      { timeout: 10_000 },
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(worker.transfers.bytesReceived()).toBe(windowBytes);
    stream.destroy();
    await expect(sent).rejects.toMatchObject({ code: "cancelled" });
  });

  it("W14 a sender that wants to be less far ahead is not, and all arrives", async () => {
    const { worker, master } = await farm.connect();
    const stream = worker.transfers.receive("t", { maxBytes: 1e12 });
    const aheadBytes = 128 * 1024;
    const sent = master.transfers.send("t", endless(), {
      aheadBytes: () => aheadBytes,
    });
    await vi.waitFor(
      () => expect(worker.transfers.bytesReceived()).toBe(aheadBytes),
      { timeout: 10_000 },
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(worker.transfers.bytesReceived()).toBe(aheadBytes);
    let taken = 0;
    for await (const chunk of stream) {
      taken += (chunk as Buffer).length;
      if (taken > 8 * aheadBytes) break;
    }
    await expect(sent).rejects.toMatchObject({ code: "cancelled" });
  });
});
