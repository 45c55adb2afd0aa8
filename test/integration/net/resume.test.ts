import { createHash, randomBytes } from "node:crypto";
import { connect as connectTcp, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { Failure } from "../../../src-main/core/errors.ts";
import type { TransferResult } from "../../../src-main/net/peer-link.ts";
import { loopbackFarm } from "../../fixtures/loopback-links.ts";
import type { LoopbackFarm } from "../../fixtures/loopback-links.ts";

/** A small seeded generator (mulberry32), so that a failing cut can be repeated. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A wire between worker and master whose connections can be cut; in the order they came. */
class Proxy {
  readonly connections: Socket[] = [];
  /** Told the bytes that passed towards the worker since the last cut. */
  onDown: ((bytes: number, connection: Socket) => void) | null = null;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async before(port: number): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server);
    server.on("connection", (near) => {
      const far = connectTcp(port, "127.0.0.1");
      for (const socket of [near, far]) {
        socket.setNoDelay(true);
        socket.on("error", () => undefined);
        socket.on("close", () => {
          near.destroy();
          far.destroy();
        });
      }
      far.on("data", (bytes) => proxy.onDown?.(bytes.length, near));
      near.pipe(far);
      far.pipe(near);
      proxy.connections.push(near);
    });
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", resolve),
    );
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const connection of this.connections) connection.destroy();
  }
}

const sourceOf = (bytes: Buffer): Readable =>
  Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += 61_440)
        yield bytes.subarray(at, at + 61_440);
    })(),
    { objectMode: false },
  );

const resultOf = (bytes: Buffer): TransferResult => ({
  bytes: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
});

describe("transfers over a breaking wire", () => {
  let farm: LoopbackFarm;
  let proxy: Proxy;
  const start = async (graceMs = 20_000) => {
    farm = await loopbackFarm({ timing: { graceMs } });
    proxy = await Proxy.before(farm.server.port);
    const address = { host: "127.0.0.1", port: proxy.port };
    const timing = { graceMs };
    return await farm.connect({ address, timing });
  };
  afterEach(async () => {
    proxy.close();
    await farm.close();
  });

  for (const seed of [1, 2, 3, 4, 5])
    it(`W16 a killed data socket loses no byte (seed ${seed})`, async () => {
      const random = randomOf(seed);
      const { worker, master } = await start();
      const bytes = randomBytes(20_000_000);
      let cuts = 0;
      let untilCut = random() * 4_000_000;
      proxy.onDown = (count, connection) => {
        // The first connection is the control connection: it lives on.
        if (connection === proxy.connections[0] || cuts >= 6) return;
        untilCut -= count;
        if (untilCut > 0) return;
        untilCut = random() * 4_000_000;
        cuts += 1;
        connection.destroy();
      };
      const [got, result] = await Promise.all([
        buffer(worker.transfers.receive("t", { maxBytes: 1e9 })),
        master.transfers.send("t", sourceOf(bytes)),
      ]);
      expect(got.equals(bytes)).toBe(true);
      expect(result).toEqual(resultOf(bytes));
      expect(cuts).toBeGreaterThan(2);
      // Not more than a window is repeated for each cut.
      const repeated = master.transfers.bytesSent() - bytes.length;
      expect(repeated).toBeLessThanOrEqual(cuts * 4 * 1024 * 1024);
    });

  for (const seed of [11, 12, 13])
    it(`W13 a lost link goes on where it was (seed ${seed})`, async () => {
      const random = randomOf(seed);
      let { worker } = await start();
      const { master } = { master: farm.links[0]! };
      const { transfers } = master;
      const down = randomBytes(15_000_000);
      const up = randomBytes(5_000_000);
      const all = Promise.all([
        buffer(worker.transfers.receive("down", { maxBytes: 1e9 })),
        transfers.send("down", sourceOf(down)),
        buffer(transfers.receive("up", { maxBytes: 1e9 })),
        worker.transfers.send("up", sourceOf(up)),
      ]);
      for (let cut = 0; cut < 3; cut += 1) {
        await new Promise<void>((resolve) => {
          let untilCut = random() * 4_000_000;
          proxy.onDown = (count) => {
            untilCut -= count;
            if (untilCut <= 0) resolve();
          };
        });
        proxy.onDown = null;
        for (const connection of proxy.connections) connection.destroy();
        expect((await worker.closed).code).toBe("lost");
        const address = { host: "127.0.0.1", port: proxy.port };
        const timing = { graceMs: 20_000 };
        const next = await farm.connect({ address, timing, resume: worker });
        expect(next.worker.resumed).toBe(true);
        expect(next.master.resumed).toBe(true);
        expect(next.master.transfers).toBe(transfers);
        expect(next.worker.transfers).toBe(worker.transfers);
        worker = next.worker;
      }
      const [gotDown, sentDown, gotUp, sentUp] = await all;
      expect(gotDown.equals(down)).toBe(true);
      expect(sentDown).toEqual(resultOf(down));
      expect(gotUp.equals(up)).toBe(true);
      expect(sentUp).toEqual(resultOf(up));
    });

  it("W13 a cancel during the gap is told after it", async () => {
    const { worker, master } = await start();
    const source = new Readable({ read: () => undefined });
    source.push("begin");
    const stream = worker.transfers.receive("t", { maxBytes: 1e9 });
    const sent = master.transfers
      .send("t", source)
      .catch((error: unknown) => error);
    await new Promise((resolve) => stream.once("data", resolve));
    for (const connection of proxy.connections) connection.destroy();
    await worker.closed;
    stream.destroy();
    await farm.connect({ resume: worker });
    expect(await sent).toMatchObject({ code: "cancelled" });
  });

  it("W13 the grace ends", async () => {
    const { worker, master } = await start(50);
    const source = new Readable({ read: () => undefined });
    const sent = master.transfers
      .send("t", source)
      .catch((error: unknown) => error);
    const got = buffer(worker.transfers.receive("t", { maxBytes: 1 })).catch(
      (error: unknown) => error,
    );
    for (const connection of proxy.connections) connection.destroy();
    expect(await sent).toBeInstanceOf(Failure);
    expect(await sent).toMatchObject({ code: "transfer-broken" });
    expect(await got).toMatchObject({ code: "transfer-broken" });
    const next = await farm.connect({ resume: worker });
    expect(next.worker.resumed).toBe(false);
  });

  it("W13 a worker that starts anew ends its earlier transfers", async () => {
    const { worker, master } = await start();
    const source = new Readable({ read: () => undefined });
    const sent = master.transfers
      .send("t", source)
      .catch((error: unknown) => error);
    const next = await farm.connect();
    expect(next.master.resumed).toBe(false);
    expect((await master.closed).code).toBe("superseded");
    expect((await worker.closed).code).toBe("superseded");
    expect(await sent).toMatchObject({ code: "transfer-broken" });
  });
});
