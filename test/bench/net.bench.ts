/** Throughput and heartbeat of the real wire, TLS and all, between two processes on loopback. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { loadIdentity } from "../../src-main/net/identity.ts";
import { spreadOf } from "./figure.ts";
import {
  directionText,
  netDirections,
  type NetFigures,
} from "./net-figures.ts";
import { peakMemoryBytes } from "./process-figures.ts";
import type { Bench, Section } from "./section.ts";
import { freshName } from "./tool-run.ts";

/** A gigabit link gives no more than this. */
const gigabitMegabytes = 117;
const roundTripTargetMs = 5;

async function run(bench: Bench): Promise<void> {
  const runs: NetFigures[][] = [];
  for (let round = 0; round < (bench.isQuick ? 1 : 3); round += 1)
    runs.push(await measureOnce(bench));
  for (const direction of netDirections) {
    const own = runs.flatMap((run) =>
      run.filter((figures) => figures.direction === direction),
    );
    const way = directionText(direction);
    bench.tell({
      name: `throughput, ${way}`,
      unit: "MB/s",
      values: own.map(({ megabytesPerSecond }) => megabytesPerSecond),
      target: { bound: "at-least", value: gigabitMegabytes },
    });
    bench.tell({
      name: `heartbeat p95 while it runs, ${way}`,
      unit: "ms",
      values: own.map(({ roundTripsMs }) => percentile95(roundTripsMs)),
      target: { bound: "at-most", value: roundTripTargetMs },
    });
    const idle = own.flatMap(({ idleRoundTripsMs }) => idleRoundTripsMs);
    bench.say(`idle heartbeat median ${spreadOf(idle).median.toFixed(2)} ms`);
  }
}

async function measureOnce(bench: Bench): Promise<NetFigures[]> {
  const folder = path.join(bench.folder, freshName("net"));
  const masterFolder = path.join(folder, "master");
  const workerFolder = path.join(folder, "worker");
  const masterId = (await loadIdentity(masterFolder)).deviceId;
  const workerId = (await loadIdentity(workerFolder)).deviceId;
  const master = startPeer(bench, ["master", masterFolder, workerId]);
  const { port } = (await message(master)) as { port: number };
  const seconds = String(bench.isQuick ? 2 : 10);
  const worker = startPeer(bench, [
    ...["worker", workerFolder, masterId, String(port), seconds],
  ]);
  const figures = (await message(worker)) as NetFigures[];
  const peaks = await Promise.all(
    [master, worker].map(({ pid }) => peakMemoryBytes(pid ?? -1)),
  );
  bench.say(
    `most memory, master and worker: ${peaks.map((bytes) => (bytes === null ? "?" : `${(bytes / 1e6).toFixed(0)} MB`)).join(", ")}`,
  );
  await Promise.all([master, worker].map(end));
  return figures;
}

function startPeer(bench: Bench, args: readonly string[]): ChildProcess {
  // Beside this file, compiled or not.
  const extension = path.extname(fileURLToPath(import.meta.url));
  const file = path.join(import.meta.dirname, `net-peer${extension}`);
  const child = fork(file, [...args], { detached: true });
  bench.scope.keep(() => end(child));
  return child;
}

async function message(child: ChildProcess): Promise<unknown> {
  const ended = once(child, "exit").then(() => {
    throw new Error("an end of the wire ended by itself");
  });
  const [received] = (await Promise.race([once(child, "message"), ended])) as [
    unknown,
  ];
  ended.catch(() => undefined);
  return received;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

function percentile95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.95)] ?? NaN;
}

export const net: Section = {
  name: "net",
  about: "throughput and heartbeat of the wire between two processes",
  run,
};
