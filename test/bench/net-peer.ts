/**
 * One end of the measured wire, a process of its own:
 *
 *     net-peer master FOLDER WORKER-ID [0 0 HOST]
 *     net-peer worker FOLDER MASTER-ID PORT [SECONDS] [HOST]
 *
 * The parent tells the worker over IPC what to do; all figures come from there.
 */
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { parseDeviceId } from "../../src-main/core/device-name.ts";
import { FeedWindow } from "../../src-main/core/feed-window.ts";
import { connectToMaster } from "../../src-main/net/farm-client.ts";
import { startFarmServer } from "../../src-main/net/farm-server.ts";
import { loadIdentity } from "../../src-main/net/identity.ts";
import type { PeerLink } from "../../src-main/net/peer-link.ts";
import {
  netDirections,
  type NetDirection,
  type NetFigures,
} from "./net-figures.ts";

const hello = { appVersion: "0", name: "bench" };
const timing = { heartbeatMs: 20, silentMs: 60_000 };
const sampleMs = 25;

async function main(args: readonly string[]): Promise<void> {
  const [role, folder = "", typedPeer = "", port = "", ...more] = args;
  const [seconds = "5", host = "127.0.0.1"] = more;
  const peer = parseDeviceId(typedPeer);
  if (peer === null) throw new Error("no device id");
  // The parent is gone: nobody wants the figures.
  process.once("disconnect", () => process.exit());
  const identity = await loadIdentity(folder);
  if (role === "master") {
    const server = await startFarmServer({
      identity,
      host,
      port: 0,
      isAllowed: (id) => id === peer,
      hello,
      timing,
      onWorker: (link) => serveWorker(link),
    });
    process.send?.({ port: server.port });
    return;
  }
  const link = await connectToMaster({
    identity,
    address: { host, port: Number(port) },
    masterId: peer,
    hello,
    timing,
    signal: new AbortController().signal,
  });
  const figures: NetFigures[] = [];
  for (const direction of netDirections) {
    const idleRoundTripsMs = await sampleRoundTrips(link, sleep(1_000));
    figures.push({
      direction,
      idleRoundTripsMs,
      ...(await measure(link, direction, Number(seconds) * 1000)),
    });
  }
  process.send?.(figures);
}

function serveWorker(link: PeerLink): void {
  link.transfers.send("down", endless()).catch(() => undefined);
  const window = new FeedWindow();
  link.transfers
    .send("feed", endless(), {
      onProgress: (bytes) => window.took(bytes, performance.now()),
      aheadBytes: () => window.bytes,
    })
    .catch(() => undefined);
  const up = link.transfers.receive("up", { maxBytes: 1e13 });
  up.on("error", () => undefined);
  up.resume();
}

async function measure(
  link: PeerLink,
  direction: NetDirection,
  durationMs: number,
): Promise<{ megabytesPerSecond: number; roundTripsMs: number[] }> {
  const stop = new AbortController();
  let bytes = 0;
  let taken = (): number => bytes;
  if (direction !== "up") {
    const stream = link.transfers.receive(direction, {
      maxBytes: 1e13,
      signal: stop.signal,
    });
    stream.on("error", () => undefined);
    stream.on("data", (chunk: Buffer) => (bytes += chunk.length));
    await once(stream, "data");
  } else {
    const onProgress = (now: number): void => void (bytes = now);
    link.transfers
      .send("up", endless(), { signal: stop.signal, onProgress })
      .catch(() => undefined);
    taken = () => bytes;
    while (bytes === 0) await sleep(5);
  }
  const before = taken();
  const startedMs = performance.now();
  const roundTripsMs = await sampleRoundTrips(link, sleep(durationMs));
  const seconds = (performance.now() - startedMs) / 1000;
  const megabytesPerSecond = (taken() - before) / 1e6 / seconds;
  stop.abort();
  await sleep(200);
  return { megabytesPerSecond, roundTripsMs };
}

async function sampleRoundTrips(
  link: PeerLink,
  until: Promise<unknown>,
): Promise<number[]> {
  const samples: number[] = [];
  const timer = setInterval(() => {
    const roundTrip = link.roundTripMs();
    if (roundTrip !== null) samples.push(roundTrip);
  }, sampleMs);
  await until;
  clearInterval(timer);
  return samples;
}

/** Never the same twice in a row, made without cost. */
function endless(): Readable {
  const piece = Buffer.alloc(64 * 1024, 7);
  return new Readable({
    highWaterMark: 1024 * 1024,
    read() {
      this.push(piece);
    },
  });
}

await main(process.argv.slice(2));
