import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile, appendFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../../src-main/core/errors.ts";
import type { PeerLink } from "../../src-main/net/peer-link.ts";

export interface LinkPair {
  readonly a: PeerLink;
  readonly b: PeerLink;
  dispose(): Promise<void>;
}

const sha256 = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

function streamOf(bytes: Buffer, pieceBytes = 10_000): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += pieceBytes)
        yield bytes.subarray(at, at + pieceBytes);
    })(),
    { objectMode: false },
  );
}

async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
  return "none";
}

const nextMessage = async (link: PeerLink): Promise<unknown> =>
  await new Promise((resolve) => link.onMessage(resolve));

/** What every `PeerLink` pair must do, real or fake. */
export function peerLinkContract(
  name: string,
  connect: () => Promise<LinkPair>,
): void {
  describe(`${name} as PeerLink`, () => {
    let pair: LinkPair;
    let folder: string;
    beforeEach(async () => {
      pair = await connect();
      folder = await mkdtemp(join(tmpdir(), "reelfarm-link-"));
    });
    afterEach(async () => {
      await pair.dispose();
      await rm(folder, { recursive: true });
    });

    it("W10 carries messages in order, and keeps early ones", async () => {
      for (let n = 0; n < 20; n += 1) pair.a.send({ n });
      const seen: unknown[] = [];
      await new Promise<void>((resolve) =>
        pair.b.onMessage((message) => {
          seen.push(message);
          if (seen.length === 20) resolve();
        }),
      );
      expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => ({ n })));
      const answer = nextMessage(pair.a);
      pair.b.send(["back", null, 1.5]);
      expect(await answer).toEqual(["back", null, 1.5]);
    });

    it("W12 carries a stream whole, whoever registers first", async () => {
      for (const receiverFirst of [true, false]) {
        const bytes = randomBytes(3_000_001);
        const id = `x/${receiverFirst}`;
        const receive = () =>
          buffer(pair.b.transfers.receive(id, { maxBytes: 1e9 }));
        const send = () => pair.a.transfers.send(id, streamOf(bytes));
        const [first, second] = receiverFirst
          ? [receive(), send()]
          : [send(), receive()];
        const [one, other] = await Promise.all([first, second]);
        const [got, result] = (receiverFirst ? [one, other] : [other, one]) as [
          Buffer,
          object,
        ];
        expect(got.equals(bytes)).toBe(true);
        expect(result).toEqual({ bytes: 3_000_001, sha256: sha256(bytes) });
      }
    });

    it("W12 carries both directions at once, and nothing at all", async () => {
      const one = randomBytes(500_000);
      const two = randomBytes(700_000);
      const [atB, atA, empty] = await Promise.all([
        buffer(pair.b.transfers.receive("up", { maxBytes: 1e9 })),
        buffer(pair.a.transfers.receive("down", { maxBytes: 1e9 })),
        buffer(pair.a.transfers.receive("empty", { maxBytes: 0 })),
        pair.a.transfers.send("up", streamOf(one)),
        pair.b.transfers.send("down", streamOf(two)),
        pair.b.transfers.send("empty", Readable.from([])),
      ]);
      expect(atB.equals(one)).toBe(true);
      expect(atA.equals(two)).toBe(true);
      expect(empty.length).toBe(0);
      expect(pair.a.transfers.bytesSent()).toBeGreaterThanOrEqual(500_000);
      expect(pair.a.transfers.bytesReceived()).toBeGreaterThanOrEqual(700_000);
    });

    it("sends a file from an offset", async () => {
      const bytes = randomBytes(1_000_000);
      const path = join(folder, "file");
      await writeFile(path, bytes);
      const [got, result] = await Promise.all([
        buffer(pair.b.transfers.receive("f", { maxBytes: 1e9 })),
        pair.a.transfers.sendFile("f", path, { from: 300_000 }),
      ]);
      const rest = bytes.subarray(300_000);
      expect(got.equals(rest)).toBe(true);
      expect(result).toEqual({ bytes: 700_000, sha256: sha256(rest) });
    });

    it("sends a file that still grows", async () => {
      const path = join(folder, "growing");
      await writeFile(path, "begin ");
      let finish: (() => void) | undefined;
      const follow = new Promise<void>((resolve) => (finish = resolve));
      const received = pair.b.transfers.receive("g", { maxBytes: 1e9 });
      const sent = pair.a.transfers.sendFile("g", path, { follow });
      const first = new Promise((resolve) => received.once("data", resolve));
      expect(String(await first)).toBe("begin ");
      await appendFile(path, "end");
      finish?.();
      expect(String(await buffer(received))).toBe("end");
      expect((await sent).bytes).toBe(9);
    });

    it("fails both ends for a file that is not there", async () => {
      const received = buffer(
        pair.b.transfers.receive("no", { maxBytes: 1e9 }),
      );
      const sent = pair.a.transfers.sendFile("no", join(folder, "none"));
      expect(await Promise.all([failureOf(sent), failureOf(received)])).toEqual(
        ["source-unreadable", "source-unreadable"],
      );
    });

    it("W19 tells the receiver when the source fails", async () => {
      const source = new Readable({ read: () => undefined });
      source.push("some");
      const stream = pair.b.transfers.receive("s", { maxBytes: 1e9 });
      const sent = failureOf(pair.a.transfers.send("s", source));
      await new Promise((resolve) => stream.once("data", resolve));
      const received = failureOf(buffer(stream));
      source.destroy(new Failure("cut-failed", "secret"));
      expect(await sent).toBe("cut-failed");
      expect(await received).toBe("cut-failed");
    });

    it("W19 tells the receiver of a failure before it asked", async () => {
      const stop = AbortSignal.abort();
      const sent = failureOf(
        pair.a.transfers.send("s", streamOf(Buffer.alloc(9)), { signal: stop }),
      );
      expect(await sent).toBe("cancelled");
      const stream = pair.b.transfers.receive("s", { maxBytes: 1e9 });
      expect(await failureOf(buffer(stream))).toBe("cancelled");
    });

    it("cancels from the sender", async () => {
      const stop = new AbortController();
      const source = new Readable({ read: () => undefined });
      const received = failureOf(
        buffer(pair.b.transfers.receive("s", { maxBytes: 1e9 })),
      );
      const sent = failureOf(
        pair.a.transfers.send("s", source, { signal: stop.signal }),
      );
      stop.abort();
      expect(await sent).toBe("cancelled");
      expect(await received).toBe("cancelled");
      expect(source.destroyed).toBe(true);
    });

    it("W18 stops the sender when the consumer goes away", async () => {
      const source = new Readable({ read: () => undefined });
      const sent = failureOf(pair.a.transfers.send("s", source));
      const stream = pair.b.transfers.receive("s", { maxBytes: 1e9 });
      source.push("some");
      await new Promise((resolve) => stream.once("data", resolve));
      stream.destroy();
      expect(await sent).toBe("cancelled");
      expect(source.destroyed).toBe(true);
    });

    it("W18 remembers a receiver that went away before the sender came", async () => {
      pair.b.transfers.receive("s", { maxBytes: 1 }).destroy();
      await new Promise((resolve) => setImmediate(resolve));
      const heard = nextMessage(pair.a);
      pair.b.send("stopped");
      await heard;
      const sent = pair.a.transfers.send("s", streamOf(Buffer.alloc(9)));
      expect(await failureOf(sent)).toBe("cancelled");
    });

    it("cancels from the receiver by signal", async () => {
      const stop = new AbortController();
      const source = new Readable({ read: () => undefined });
      const sent = failureOf(pair.a.transfers.send("s", source));
      const received = failureOf(
        buffer(
          pair.b.transfers.receive("s", {
            maxBytes: 1e9,
            signal: stop.signal,
          }),
        ),
      );
      stop.abort();
      expect(await received).toBe("cancelled");
      expect(await sent).toBe("cancelled");
    });

    it("W17 stops at the receiver's limit", async () => {
      const source = streamOf(Buffer.alloc(50_001));
      const [sent, received] = await Promise.all([
        failureOf(pair.a.transfers.send("s", source)),
        failureOf(buffer(pair.b.transfers.receive("s", { maxBytes: 50_000 }))),
      ]);
      expect([sent, received]).toEqual(["limit-exceeded", "limit-exceeded"]);
    });

    it("W14 reads no further ahead than the window", async () => {
      let readBytes = 0;
      const source = new Readable({
        highWaterMark: 1,
        read() {
          readBytes += 100_000;
          this.push(Buffer.alloc(100_000));
        },
      });
      const sent = failureOf(pair.a.transfers.send("s", source));
      const stream = pair.b.transfers.receive("s", { maxBytes: 1e9 });
      let takenBytes = 0;
      for await (const piece of stream) {
        takenBytes += (piece as Buffer).length;
        await new Promise((resolve) => setTimeout(resolve, 5));
        const window = 4 * 1024 * 1024 + 2 * 256 * 1024;
        expect(readBytes - takenBytes).toBeLessThanOrEqual(window + 200_000);
        if (takenBytes > 10_000_000) break;
      }
      expect(await sent).toBe("cancelled");
    });

    it("settles `closed` on both sides and fails what is open", async () => {
      const source = new Readable({ read: () => undefined });
      const sent = failureOf(pair.a.transfers.send("s", source));
      const received = failureOf(
        buffer(pair.b.transfers.receive("s", { maxBytes: 1e9 })),
      );
      pair.a.close("enough");
      expect(await pair.a.closed).toEqual({ code: "closed", reason: "enough" });
      expect(await pair.b.closed).toEqual({
        code: "peer-closed",
        reason: "enough",
      });
      expect(await sent).toBe("transfer-broken");
      expect(await received).toBe("transfer-broken");
      const late = pair.b.transfers.receive("late", { maxBytes: 1 });
      expect(await failureOf(buffer(late))).toBe("transfer-broken");
      pair.a.send("dropped");
    });

    it("closes on a message the application refuses", async () => {
      pair.b.onMessage(() => {
        throw new Failure("peer-broken", "not an order");
      });
      pair.a.send({ nonsense: true });
      expect((await pair.b.closed).code).toBe("peer-broken");
      expect((await pair.a.closed).code).toBe("peer-broken");
    });
  });
}
