/**
 * The real wire on an emulated gigabit link, beside iperf3 and scp on the same
 * one: two network namespaces joined by a veth pair with a token bucket on each
 * end. TLS and framing of Ethernet leave some 117 of its 125 MB/s.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { loadIdentity } from "../../src-main/net/identity.ts";
import { DrillNetwork, hasNamespaces } from "../fixtures/namespaces.ts";
import { directionText, type NetFigures } from "./net-figures.ts";
import { Skipped, type Bench, type Section } from "./section.ts";
import { freshName } from "./tool-run.ts";

const throughputTargetMegabytes = 110;
const roundTripTargetMs = 10;
/** A switch's queue: more would be bufferbloat and blamed on the wire. */
const link = "root tbf rate 1gbit burst 256kb latency 8ms";
const scpMegabytes = 400;

async function run(bench: Bench): Promise<void> {
  if (!hasNamespaces) throw new Skipped("no network namespaces here");
  const network = await DrillNetwork.open(1);
  bench.scope.keep(() => network.close());
  const near = network.masterWrapper;
  const far = network.workerWrapper(0);
  const shaped = [
    [...near, "tc", "qdisc", "add", "dev", "w0", ...link.split(" ")],
    [...far, "tc", "qdisc", "add", "dev", "farm", ...link.split(" ")],
  ].every(([command = "", ...args]) => spawnSync(command, args).status === 0);
  if (!shaped) throw new Skipped("no token bucket (tc tbf) here");
  const seconds = bench.isQuick ? 2 : 10;
  const host = network.masterAddress(0);
  const iperf = await iperfMegabytes(bench, near, far, host, seconds);
  if (iperf === null) bench.say("iperf3 is not installed: not compared");
  const scp = await scpMegabytesPerSecond(bench, network, host);
  if (scp === null) bench.say("scp needs root and sshd: not compared");
  for (const figures of await measure(bench, near, far, host, seconds))
    tell(bench, figures, iperf, scp);
}

function tell(
  bench: Bench,
  { direction, megabytesPerSecond, roundTripsMs }: NetFigures,
  iperf: number | null,
  scp: number | null,
): void {
  const way = directionText(direction);
  bench.tell({
    name: `gigabit throughput, ${way}`,
    unit: "MB/s",
    values: [megabytesPerSecond],
    target: { bound: "at-least", value: throughputTargetMegabytes },
  });
  const sorted = [...roundTripsMs].sort((a, b) => a - b);
  bench.tell({
    name: `gigabit heartbeat p95 while it runs, ${way}`,
    unit: "ms",
    values: [sorted[Math.floor(sorted.length * 0.95)] ?? NaN],
    target: { bound: "at-most", value: roundTripTargetMs },
  });
  for (const [name, other] of [
    ["iperf3", iperf],
    ["scp", scp],
  ] as const)
    if (other !== null)
      bench.say(
        `${way}: ${(megabytesPerSecond / other).toFixed(3)} of ${name}'s ${other.toFixed(1)} MB/s`,
      );
}

async function measure(
  bench: Bench,
  near: readonly string[],
  far: readonly string[],
  host: string,
  seconds: number,
): Promise<NetFigures[]> {
  const folder = path.join(bench.folder, freshName("gigabit"));
  const [ours, theirs] = ["master", "worker"].map((one) =>
    path.join(folder, one),
  );
  const masterId = (await loadIdentity(ours ?? "")).deviceId;
  const workerId = (await loadIdentity(theirs ?? "")).deviceId;
  const master = startPeer(bench, near, [
    "master",
    ours ?? "",
    workerId,
    "0",
    "0",
    host,
  ]);
  const { port } = (await message(master)) as { port: number };
  const worker = startPeer(bench, far, [
    ...["worker", theirs ?? "", masterId, String(port), String(seconds), host],
  ]);
  const figures = (await message(worker)) as NetFigures[];
  for (const one of [worker, master]) one.kill("SIGKILL");
  return figures;
}

function startPeer(
  bench: Bench,
  wrapper: readonly string[],
  args: readonly string[],
): ChildProcess {
  const extension = path.extname(fileURLToPath(import.meta.url));
  const file = path.join(import.meta.dirname, `net-peer${extension}`);
  const [command = "", ...rest] = [...wrapper, process.execPath, file, ...args];
  const child = spawn(command, rest, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  bench.scope.keep(() => child.kill("SIGKILL"));
  return child;
}

async function message(child: ChildProcess): Promise<unknown> {
  const ended = once(child, "exit").then(() => {
    throw new Error("an end of the wire ended by itself");
  });
  ended.catch(() => undefined);
  const [received] = (await Promise.race([once(child, "message"), ended])) as [
    unknown,
  ];
  return received;
}

/** Null: not installed. */
async function iperfMegabytes(
  bench: Bench,
  near: readonly string[],
  far: readonly string[],
  host: string,
  seconds: number,
): Promise<number | null> {
  if (spawnSync("iperf3", ["--version"]).status !== 0) return null;
  const [command = "", ...args] = [
    ...near,
    ...["iperf3", "-s", "-1", "--forceflush", "-B", host],
  ];
  const server = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
  bench.scope.keep(() => server.kill("SIGKILL"));
  await once(server.stdout, "data");
  const output = await inside(far, [
    ...["iperf3", "-c", host, "-t", String(seconds), "-J"],
  ]);
  const report = JSON.parse(output) as {
    end: {
      sum_received: { bits_per_second: number };
      streams: { sender: { mean_rtt?: number; max_rtt?: number } }[];
    };
  };
  const { mean_rtt: mean, max_rtt: max } = report.end.streams[0]?.sender ?? {};
  // Microseconds. Every TCP fills the link's queue; a heartbeat waits in the same one.
  if (mean !== undefined && max !== undefined)
    bench.say(
      `the link's own round trip while iperf3 runs: mean ${(mean / 1000).toFixed(1)} ms, most ${(max / 1000).toFixed(1)} ms`,
    );
  return report.end.sum_received.bits_per_second / 8e6;
}

/** Null: no sshd, or not as root, without whom it cannot change to a user. */
async function scpMegabytesPerSecond(
  bench: Bench,
  network: DrillNetwork,
  host: string,
): Promise<number | null> {
  const sshd = "/usr/sbin/sshd";
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || spawnSync(sshd, ["-?"]).error !== undefined) return null;
  const folder = path.join(bench.folder, freshName("scp"));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [key, source] = [path.join(folder, "key"), path.join(folder, "bulk")];
  spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  const file = await open(source, "w");
  await file.truncate(scpMegabytes * 1e6);
  await file.close();
  await mkdir("/run/sshd", { recursive: true });
  // Only the network is entered: as the namespace's root it could not change users.
  const near = withoutUser(network.masterWrapper);
  const [command = "", ...args] = [
    ...[...near, sshd, "-D", "-e", "-f", "/dev/null", "-p", "2222"],
    ...["-h", key, "-o", `AuthorizedKeysFile=${key}.pub`],
    ...["-o", `ListenAddress=${host}`, "-o", "StrictModes=no"],
    ...["-o", "PidFile=none", "-o", "Subsystem=sftp internal-sftp"],
  ];
  const server = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  bench.scope.keep(() => server.kill("SIGKILL"));
  await once(server.stderr, "data");
  const startMs = performance.now();
  await inside(withoutUser(network.workerWrapper(0)), [
    ...["scp", "-q", "-P", "2222", "-i", key, "-F", "/dev/null"],
    ...["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
    ...[source, `root@${host}:/dev/null`],
  ]);
  const seconds = (performance.now() - startMs) / 1000;
  server.kill("SIGKILL");
  await rm(folder, { recursive: true });
  return scpMegabytes / seconds;
}

function withoutUser(wrapper: readonly string[]): string[] {
  return wrapper.filter(
    (word) => word !== "-U" && word !== "--preserve-credentials",
  );
}

async function inside(
  wrapper: readonly string[],
  words: readonly string[],
): Promise<string> {
  const [command = "", ...args] = [...wrapper, ...words];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0)
    throw new Error(`${words[0] ?? ""} ended with ${String(code)}`);
  return Buffer.concat(chunks).toString("utf8");
}

export const gigabit: Section = {
  name: "gigabit",
  about: "the wire on an emulated gigabit link, beside iperf3 and scp",
  run,
};
