import { once } from "node:events";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeDataHeader } from "../../../src-main/protocol/data-frames.ts";
import { loopbackFarm } from "../../fixtures/loopback-links.ts";
import type { LoopbackFarm } from "../../fixtures/loopback-links.ts";
import { rawWorker } from "../../fixtures/raw-worker.ts";
import type { RawWorker } from "../../fixtures/raw-worker.ts";

const frame = (
  transfer: number,
  offset: number,
  payload: Buffer,
  digest: Uint8Array | null = null,
  isEnd = false,
): Buffer =>
  Buffer.concat([
    encodeDataHeader({ transfer, offset, digest, isEnd }),
    payload,
  ]);
const kilobyte = Buffer.alloc(1024);

describe("a peer that breaks the rules", () => {
  let farm: LoopbackFarm;
  let peer: RawWorker;
  beforeEach(async () => {
    farm = await loopbackFarm();
    peer = await rawWorker(farm.server.port, farm.worker);
  });
  afterEach(async () => await farm.close());

  const control = (message: unknown) => (): void =>
    peer.control.send(JSON.stringify(message));
  const data = (bytes: () => Buffer) => (): void => peer.data.send(bytes());

  const sins: Record<string, () => void> = {
    "W10 text that is no JSON": () => peer.control.send("{"),
    "W10 binary on control": () => peer.control.send(Buffer.alloc(5)),
    "W10 an unknown kind": control({ k: "shell", m: "rm" }),
    "W10 members too many": control({ k: "ping", at: 1, more: 1 }),
    "W10 a number out of range": control({ k: "took", n: 0, took: 1 }),
    "W10 a message too long": () => peer.control.send("x".repeat(300_000)),
    "W10 no UTF-8": () =>
      peer.control.send(Buffer.from([0xff, 0xfe]), { binary: false }),
    "W17 too many wants": () => {
      for (let n = 1; n <= 300; n += 1)
        control({ k: "want", n, id: `x${n}`, have: 0, took: 0 })();
    },
    "W13 bytes that were never sent": control({
      k: "want",
      n: 5,
      id: "sent",
      have: 5,
      took: 0,
    }),
    "W14 took more than was sent": () => {
      control({ k: "want", n: 5, id: "sent", have: 0, took: 0 })();
      control({ k: "took", n: 5, took: 500 })();
    },
    "W18 done before the end": () => {
      control({ k: "want", n: 5, id: "sent", have: 0, took: 0 })();
      control({ k: "done", n: 5, took: 0 })();
    },
    "W12 one number for two transfers": () => {
      control({ k: "want", n: 5, id: "sent", have: 0, took: 0 })();
      control({ k: "want", n: 5, id: "sent2", have: 0, took: 0 })();
    },
    "W20 text on data": () => peer.data.send("hello"),
    "W20 a frame too long": () => peer.data.send(Buffer.alloc(300_000)),
    "W21 a broken header": data(() => Buffer.alloc(64, 0xff)),
    "W12 a number never given out": data(() => frame(99, 0, kilobyte)),
    "W14 data beyond the window": data(() =>
      frame(1, 4 * 1024 * 1024 - 1023, kilobyte),
    ),
    "W15 a flood of tiny frames beyond a gap": () => {
      for (let n = 1; n <= 1100; n += 1)
        peer.data.send(frame(1, n * 2, Buffer.alloc(1)));
    },
    "W16 frames that overlap": () => {
      peer.data.send(frame(1, 0, kilobyte));
      peer.data.send(frame(1, 512, kilobyte));
    },
  };

  for (const [title, commit] of Object.entries(sins))
    it(`${title}: the link is closed, the others are served`, async () => {
      const link = farm.links[0]!;
      const got = buffer(link.transfers.receive("t", { maxBytes: 1e9 })).catch(
        (error: unknown) => error,
      );
      const source = new Readable({ read: () => undefined });
      const sent = link.transfers
        .send("sent", source)
        .catch((error: unknown) => error);
      commit();
      const end = await link.closed;
      expect(end.code).toBe("peer-broken");
      expect(end.reason).toContain(title.slice(0, 3));
      expect(await got).toMatchObject({ code: "transfer-broken" });
      expect(await sent).toMatchObject({ code: "transfer-broken" });
      await farm.connect();
      expect(farm.links).toHaveLength(2);
    });

  it("W23 a wrong digest fails the transfer, not the link", async () => {
    const link = farm.links[0]!;
    const wanted = once(peer.control, "message");
    const got = buffer(link.transfers.receive("t", { maxBytes: 1e9 }));
    await wanted;
    peer.data.send(frame(1, 0, kilobyte, Buffer.alloc(32), true));
    await expect(got).rejects.toMatchObject({ code: "transfer-corrupt" });
    const answer = new Promise((resolve) => link.onMessage(resolve));
    peer.control.send('{"k":"app","m":"alive"}');
    expect(await answer).toBe("alive");
  });

  it("W12 late frames of an ended transfer are ignored", async () => {
    const link = farm.links[0]!;
    const stream = link.transfers.receive("t", { maxBytes: 1e9 });
    stream.destroy();
    peer.data.send(frame(1, 0, kilobyte));
    const answer = new Promise((resolve) => link.onMessage(resolve));
    peer.data.ping();
    await once(peer.data, "pong");
    peer.control.send('{"k":"app","m":"alive"}');
    expect(await answer).toBe("alive");
  });

  it("W19 a failure code nobody knows becomes a known one", async () => {
    const link = farm.links[0]!;
    const got = buffer(link.transfers.receive("t", { maxBytes: 1e9 }));
    control({ k: "fail", n: 1, code: "__proto__" })();
    await expect(got).rejects.toMatchObject({ code: "transfer-broken" });
  });
});

describe("a peer that falls silent", () => {
  it("W11 is noticed by its missing heartbeats, whatever its sockets say", async () => {
    const beats: (() => void)[] = [];
    const farm = await loopbackFarm({
      timing: { heartbeatMs: 100, silentMs: 500, graceMs: 60_000 },
      timers: {
        now: () => 0,
        after: (ms, run) => {
          const timer = setTimeout(run, ms);
          return () => clearTimeout(timer);
        },
        every: (_ms, run) => {
          beats.push(run);
          return () => beats.splice(beats.indexOf(run), 1);
        },
      },
    });
    const peer = await rawWorker(farm.server.port, farm.worker);
    const link = farm.links[0]!;
    const heard = new Promise((resolve) => link.onMessage(resolve));
    const [beat] = beats;
    for (let n = 0; n < 3; n += 1) beat!();
    peer.control.send('{"k":"app","m":"a sign of life"}');
    await heard;
    for (let n = 0; n < 5; n += 1) beat!();
    const early = await Promise.race([link.closed, Promise.resolve("open")]);
    expect(early).toBe("open");
    beat!();
    expect((await link.closed).code).toBe("silent");
    await farm.close();
  });
});
