/** A master that a worker serves, and that asks for what it must not get. The worker is a real node. */
import { execFileSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PeerLink } from "../../../src-main/net/peer-link.ts";
import { startNode, type RunningNode } from "../../../src-main/node.ts";
import {
  transferIds,
  workerMessageSchema,
  type WorkerMessage,
} from "../../../src-main/protocol/messages.ts";
import type { AttemptId } from "../../../src-main/core/identifiers.ts";
import {
  loopbackFarm,
  type LoopbackFarm,
} from "../../fixtures/loopback-links.ts";
import { plainOrder } from "../../fixtures/orders.ts";

let folder: string;
let feed: string;
let hostile: LoopbackFarm;
let worker: RunningNode;
let link: PeerLink;
const log: string[] = [];
const answers: WorkerMessage[] = [];
const wakers = new Set<() => void>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "reelfarm-orders-"));
  feed = join(folder, "feed.nut");
  execFileSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=4"],
    ...["-c:v", "libx264", "-g", "48", "-copyts", "-output_ts_offset", "100"],
    ...["-f", "nut", feed],
  ]);
  hostile = await loopbackFarm({ isAllowed: () => true });
  worker = await startNode({
    dataFolder: join(folder, "worker"),
    role: "worker",
    name: "worker",
    listen: { host: "127.0.0.1", port: 0 },
    ui: null,
    master: {
      host: "127.0.0.1",
      port: hostile.server.port,
      deviceId: hostile.master.deviceId,
    },
    allow: [],
    ffmpeg: null,
    ffprobe: null,
    slots: 1,
    threads: 1,
    onLog: (line) => log.push(line),
  });
  link = await connected();
});
afterAll(async () => {
  await worker.close();
  await hostile.close();
  await rm(folder, { recursive: true, force: true });
});

/** What somebody would send who wants a worker to run, read or write something else. */
const hostileValues = [
  "-i",
  "--",
  "-f concat",
  "file:/etc/passwd",
  "/etc/passwd",
  "..\\..\\x",
  "../../x",
  "a\0b",
  "x264\n-y",
  "http://127.0.0.1/",
  "$(id)",
  1e308,
  -1e308,
  2 ** 53,
  0.5,
  { length: 1 },
  ["-i"],
];
/** Bounds of numbers are wide; these values lie within some. */
const mayPass = new Set<unknown>([0.5]);

describe("a hostile master", () => {
  it("puts words, paths, dashes, NULs and huge numbers in every field of an order: each is refused, one line is logged, the worker encodes on", async () => {
    const encoding = encodeHonestly("honest-1");
    const sent: string[] = [];
    for (const path of leaves(plainOrder))
      for (const value of hostileValues) {
        if (mayPass.has(value) && typeof at(plainOrder, path) === "number")
          continue;
        const attemptId = `fuzz-${String(sent.length)}`;
        sent.push(attemptId);
        const order = replaced(plainOrder, path, value);
        link.send({ type: "offer", attemptId, order });
      }
    expect(sent.length).toBeGreaterThan(500);
    await until(() => sent.every((id) => ends(id).length > 0));
    const codes = sent.flatMap((id) => ends(id).map(({ code }) => code));
    expect(codes).toEqual(sent.map(() => "order-refused"));
    expect(await encoding).toBeGreaterThan(1_000);
    const told = log.filter((line) => line.startsWith("refused {"));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('"code":"order-refused"');
  });

  it("gives attempts names that are paths or options: nothing is made under them", async () => {
    for (const attemptId of [
      "../../x",
      "/tmp/x",
      "-rf",
      "a/b",
      "a\0",
      "..",
      "",
    ])
      link.send({ type: "offer", attemptId, order: plainOrder });
    await encodeHonestly("honest-2");
    await expect.poll(files).toEqual([]);
  });

  it("asks for files by all kinds of names: none is ever sent", async () => {
    const stop = new AbortController();
    const secret = join(folder, "secret.txt");
    await writeFile(secret, "mine");
    const names = ["../identity/identity.pem", secret, "file:/etc/passwd"];
    const got = [...names, "honest-1/in", "honest-2/../../x/out"].map((name) =>
      buffer(
        link.transfers.receive(name, { maxBytes: 1e6, signal: stop.signal }),
      ).then(
        (bytes) => bytes.length,
        () => null,
      ),
    );
    await encodeHonestly("honest-3");
    stop.abort(new Error("nothing came"));
    expect(await Promise.all(got)).toEqual(got.map(() => null));
  });

  it("feeds a playlist, a list of files, noise and a picture of 81 megapixels: ffmpeg reads none of them", async () => {
    const encoding = encodeHonestly("honest-4");
    const feeds: Record<string, string | Buffer> = {
      bomb: pictureOf(9_000),
      playlist: `#EXTM3U\n#EXTINF:1,\nfile://${feed}\n#EXT-X-ENDLIST\n`,
      concat: `ffconcat version 1.0\nfile '${feed}'\n`,
      noise: "\x01\xff".repeat(5_000),
    };
    for (const [name, text] of Object.entries(feeds)) {
      link.send({ type: "offer", attemptId: name, order: plainOrder });
      const out = buffer(receive(name)).catch(() => null);
      link.transfers
        .send(
          transferIds.feed(name as AttemptId),
          Readable.from([Buffer.from(text)], { objectMode: false }),
        )
        .catch(() => undefined);
      await until(() => ends(name).length > 0);
      expect(ends(name)[0]?.code, name).toMatch(
        /encoder-failed|not-media|limit-exceeded/,
      );
      await out;
    }
    expect(await encoding).toBeGreaterThan(1_000);
  });

  it("never stops sending what nobody understands: the worker leaves, and says why once", async () => {
    const before = log.length;
    const end = link.closed;
    for (let n = 0; n < 1_100; n += 1) link.send({ type: "exec", n });
    expect((await end).code).toBe("peer-broken");
    const told = log.slice(before).filter((line) => line.includes("refused {"));
    expect(told.length).toBeLessThanOrEqual(1);
  });
});

/** Of kilobytes, in NUT. */
function pictureOf(side: number): Buffer {
  const dark = `color=s=${String(side)}x${String(side)}:r=1:d=1,format=gray`;
  return execFileSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", dark, "-c:v", "png"],
    ...["-output_ts_offset", "100", "-f", "nut", "pipe:1"],
  ]);
}

it("a master of a later version gets no worker, and the person is told what to update", async () => {
  const later = await loopbackFarm({
    isAllowed: () => true,
    hello: {
      appVersion: "9.0.0",
      name: "later",
      protocol: { lowest: 7, highest: 9 },
    },
  });
  const node = await startNode({
    dataFolder: join(folder, "early"),
    role: "worker",
    name: "early",
    listen: { host: "127.0.0.1", port: 0 },
    ui: null,
    master: {
      host: "127.0.0.1",
      port: later.server.port,
      deviceId: later.master.deviceId,
    },
    allow: [],
    ffmpeg: null,
    ffprobe: null,
    slots: 1,
    threads: 1,
  });
  const trouble = (): string | null => node.host.snapshot().node.masterTrouble;
  await expect.poll(trouble).toContain("the master is 9.0.0");
  expect(node.host.snapshot().node.masterState).toBe("connecting");
  expect(later.links).toEqual([]);
  await node.close();
  await later.close();
});

/** Gives the worker an order as it should be; resolves with the bytes of its result. */
async function encodeHonestly(attemptId: string): Promise<number> {
  link.send({ type: "offer", attemptId, order: plainOrder });
  const result = buffer(receive(attemptId));
  link.transfers
    .send(transferIds.feed(attemptId as AttemptId), createReadStream(feed))
    .catch(() => undefined);
  const { length } = await result;
  await until(() => ends(attemptId).length > 0);
  expect(ends(attemptId)[0]).toMatchObject({ type: "finished", frames: 60 });
  link.send({ type: "accepted", attemptId });
  return length;
}

const receive = (attemptId: string) =>
  link.transfers.receive(transferIds.result(attemptId as AttemptId), {
    maxBytes: 1e8,
  });

type End = Extract<WorkerMessage, { type: "finished" | "failed" }>;

function ends(attemptId: string): (End & { code?: string })[] {
  return answers.filter(
    (one): one is End =>
      (one.type === "finished" || one.type === "failed") &&
      one.attemptId === attemptId,
  );
}

async function connected(): Promise<PeerLink> {
  while (hostile.links.length === 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const first = hostile.links[0]!;
  first.onMessage((raw) => {
    answers.push(workerMessageSchema.parse(raw));
    for (const wake of wakers) wake();
    wakers.clear();
  });
  await until(() => answers.some(({ type }) => type === "joined"));
  return first;
}

/** Resolves once an answer made it so. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => wakers.add(resolve));
}

/** What is in the worker's folders, without its store. */
async function files(): Promise<string[]> {
  const all = await readdir(join(folder, "worker", "worker"), {
    recursive: true,
  });
  return all.sort();
}

type Path = readonly string[];

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...path, key]),
  );
}

function at(value: unknown, path: Path): unknown {
  return path.reduce(
    (inner, key) => (inner as Record<string, unknown>)[key],
    value,
  );
}

function replaced(value: unknown, path: Path, by: unknown): unknown {
  const copy = structuredClone(value);
  const inside = at(copy, path.slice(0, -1)) as Record<string, unknown>;
  inside[path.at(-1) ?? ""] = by;
  return copy;
}
