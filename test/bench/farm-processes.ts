/**
 * A farm as people run it: `reelfarm serve` for the master and each worker,
 * every one a process of its own, asked over the UI contract.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { copyFile, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { hasEnded } from "../../src-main/cli/follow-jobs.ts";
import { readCapabilities } from "../../src-main/cli/node-tasks.ts";
import {
  connectToNode,
  readUiAddress,
  type UiConnection,
} from "../../src-main/cli/ui-connection.ts";
import type { Preset } from "../../src-main/core/recipe.ts";
import { loadIdentity } from "../../src-main/net/identity.ts";
import type {
  UiJob,
  UiJobFigures,
  UiSnapshot,
} from "../../src-main/protocol/ui-contract.ts";
import { savePreset } from "../../src-main/store/preset-folder.ts";
import { insideGroups, type CpuGroup } from "./cgroup.ts";
import { cpuSecondsOf } from "./process-figures.ts";
import { nodeFlags } from "../../src-main/core/process-flags.ts";
import type { Bench } from "./section.ts";
import { freshName } from "./tool-run.ts";

const startMs = 60_000;
/** From the closed standard input to the kill. */
const endGraceMs = 8_000;

export interface WorkerWish {
  /** Groups the worker and all it starts are put into. */
  readonly groups: readonly CpuGroup[];
  readonly threads: number | null;
}

export interface FarmWish {
  readonly workers: readonly WorkerWish[];
  readonly masterGroups?: readonly CpuGroup[];
  readonly masterArguments?: readonly string[];
  readonly presets: readonly Preset[];
}

export interface FarmJob {
  readonly job: UiJob;
  readonly figures: UiJobFigures;
  /** From the request to the published output, by the master's clock and ours (same machine). */
  readonly wallS: number;
}

export interface BenchFarm {
  readonly masterPid: number;
  readonly workerPids: readonly number[];
  readonly connection: UiConnection;
  /** Adds a job and waits for its end. @throws Error when it does not end well. */
  encode(wish: JobWish): Promise<FarmJob>;
  /** CPU seconds of all processes so far, by /proc; where groups cannot count. */
  cpuSeconds(): Promise<number | null>;
  close(): Promise<void>;
}

export interface JobWish {
  readonly source: string;
  readonly output: string;
  readonly preset: string;
  readonly segmentS?: number;
  readonly onState?: (job: UiJob, state: UiSnapshot) => void;
}

/** Starts master and workers and waits until all have joined. */
export async function startFarm(
  bench: Bench,
  wish: FarmWish,
): Promise<BenchFarm> {
  const folder = path.join(bench.folder, freshName("farm"));
  const children: NodeProcess[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.end()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  bench.scope.keep(close);
  const masterFolder = path.join(folder, "master");
  const places = wish.workers.map((_, at) =>
    path.join(folder, `worker-${String(at + 1)}`),
  );
  await shareCapabilities(bench, [masterFolder, ...places]);
  for (const preset of wish.presets) await savePreset(masterFolder, preset);
  const masterId = (await loadIdentity(path.join(masterFolder, "identity")))
    .deviceId;
  const allow: string[] = [];
  for (const place of places) {
    const { deviceId } = await loadIdentity(path.join(place, "identity"));
    allow.push("--allow", deviceId);
  }
  const start = (args: readonly string[], groups: readonly CpuGroup[]) => {
    const child = new NodeProcess(bench, args, groups);
    children.push(child);
    return child;
  };
  const master = start(
    [
      ...["--role", "master", "--name", "bench", "--data", masterFolder],
      ...["--listen", "127.0.0.1:0", ...allow],
      ...(wish.masterArguments ?? []),
    ],
    wish.masterGroups ?? [],
  );
  const connection = await reach(bench, masterFolder, master);
  bench.scope.keep(() => connection.close());
  const { node } = await connection.ask({ type: "snapshot" });
  wish.workers.forEach(({ groups, threads }, at) => {
    start(
      [
        ...["--role", "worker", "--no-ui", "--name", `w${String(at + 1)}`],
        ...["--data", places[at] ?? "", "--master", node.listening ?? ""],
        ...["--master-id", masterId],
        ...(threads === null ? [] : ["--threads", String(threads)]),
      ],
      groups,
    );
  });
  await untilJoined(bench, connection, wish.workers.length, children);
  return {
    masterPid: master.pid,
    workerPids: children.slice(1).map(({ pid }) => pid),
    connection,
    encode: (job) => encode(bench, connection, job, children),
    cpuSeconds: () => sumCpu(children.map(({ pid }) => pid)),
    close: async () => {
      await connection.close();
      await close();
    },
  };
}

/** One `serve`. Its standard input is a pipe from us, so it never outlives this process. */
class NodeProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #lastLines: string[] = [];
  hasEnded = false;

  constructor(
    bench: Bench,
    args: readonly string[],
    groups: readonly CpuGroup[],
  ) {
    const cli = path.join(bench.root, "dist/main/cli.js");
    const serve = [...nodeFlags, cli, "serve", "--with-parent", ...args];
    const child = spawn(...insideGroups(groups, process.execPath, serve), {
      stdio: ["pipe", "pipe", "pipe"],
      // Ctrl-C comes to us alone; we then end it in order.
      detached: true,
    });
    this.#child = child;
    child.stdin.on("error", () => undefined);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        this.#lastLines = [...this.#lastLines, ...text.split("\n")].slice(-20);
        if (process.env["REELFARM_DEBUG"]) process.stderr.write(text);
      });
    }
    this.#ended = new Promise((resolve) => {
      const over = (): void => {
        this.hasEnded = true;
        resolve();
      };
      child.once("error", over);
      child.once("close", over);
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get lastWords(): string {
    return this.#lastLines.join("\n");
  }

  async end(): Promise<void> {
    this.#child.stdin?.destroy();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), endGraceMs);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** Trying every encoder takes seconds; once is enough for all nodes of a run. */
async function shareCapabilities(
  bench: Bench,
  folders: readonly string[],
): Promise<void> {
  const own = path.join(bench.folder, "capabilities");
  await readCapabilities(own, bench.signal);
  for (const folder of folders) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = "capabilities.json";
    await copyFile(path.join(own, file), path.join(folder, file)).catch(
      () => undefined, // A cache.
    );
  }
}

async function reach(
  bench: Bench,
  folder: string,
  master: NodeProcess,
): Promise<UiConnection> {
  const untilMs = performance.now() + startMs;
  while (performance.now() < untilMs) {
    bench.signal.throwIfAborted();
    if (master.hasEnded) break;
    if ((await readUiAddress(folder)) !== null)
      try {
        return await connectToNode(folder);
      } catch {
        // Written, not yet listening.
      }
    await sleep(50);
  }
  throw new Error(`the master did not start:\n${master.lastWords}`);
}

async function untilJoined(
  bench: Bench,
  connection: UiConnection,
  count: number,
  children: readonly NodeProcess[],
): Promise<void> {
  const untilMs = performance.now() + startMs * Math.max(1, count / 2);
  while (performance.now() < untilMs) {
    bench.signal.throwIfAborted();
    const { workers } = await connection.ask({ type: "snapshot" });
    const ready = workers.filter(
      (worker) => worker.state === "connected" && worker.slots > 0,
    );
    if (ready.length >= count) return;
    refuseEnded(children);
    await sleep(100);
  }
  throw new Error(`of ${String(count)} workers not all joined`);
}

function refuseEnded(children: readonly NodeProcess[]): void {
  const ended = children.find((child) => child.hasEnded);
  if (ended) throw new Error(`a node ended by itself:\n${ended.lastWords}`);
}

async function encode(
  bench: Bench,
  connection: UiConnection,
  wish: JobWish,
  children: readonly NodeProcess[],
): Promise<FarmJob> {
  const { source, output, preset } = wish;
  const askedMs = performance.now();
  const askedAtMs = performance.timeOrigin + askedMs;
  const { jobIds, refused } = await connection.ask({
    type: "add-job",
    sources: [source],
    presetName: preset,
    output,
    overwrite: true,
    segmentS: wish.segmentS ?? null,
    priority: 0,
  });
  const jobId = jobIds[0];
  if (jobId === undefined)
    throw new Error(`refused: ${refused[0]?.failure.text ?? ""}`);
  const job = await untilEnded(connection, jobId, wish.onState);
  const seenS = (performance.now() - askedMs) / 1000;
  bench.signal.throwIfAborted();
  refuseEnded(children);
  const { figures, log } = await connection.ask({ type: "job-detail", jobId });
  if (job.state !== "done" || figures === null || job.endedAtMs === null)
    throw new Error(
      `the job ended as ${job.state}: ${job.failure?.text ?? ""}\n${log.map(({ text }) => text).join("\n")}`,
    );
  await connection.ask({ type: "remove-job", jobId });
  // News of the end is gathered for up to 0.2 s; the master wrote down when it was.
  const toldS = (job.endedAtMs - askedAtMs) / 1000;
  const isPlausible = toldS <= seenS + 0.01 && toldS > seenS - 1;
  return { job, figures, wallS: isPlausible ? toldS : seenS };
}

/** News comes late: a job that is not in the list is not in it yet. */
function untilEnded(
  connection: UiConnection,
  jobId: string,
  onState: JobWish["onState"],
): Promise<UiJob> {
  return new Promise((resolve, reject) => {
    const stop = connection.watch((state) => {
      const job = state.jobs.find((one) => one.jobId === jobId);
      if (job === undefined) return;
      onState?.(job, state);
      if (!hasEnded(job)) return;
      resolve(job);
      // The first state may come before there is a way to stop.
      setImmediate(() => stop());
    }, reject);
  });
}

async function sumCpu(pids: readonly number[]): Promise<number | null> {
  let sum = 0;
  for (const pid of pids) {
    const seconds = await cpuSecondsOf(pid);
    if (seconds === null) return null;
    sum += seconds;
  }
  return sum;
}

/** Ends what a farm was started for also where the farm is one of several in a section. */
export async function withFarm<Result>(
  bench: Bench,
  wish: FarmWish,
  use: (farm: BenchFarm) => Promise<Result>,
): Promise<Result> {
  const farm = await startFarm(bench, wish);
  try {
    return await use(farm);
  } finally {
    await farm.close();
  }
}
