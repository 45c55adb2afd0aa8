/**
 * A farm for one command: the master in this process, workers in processes of
 * their own, joined over loopback by the same sockets, identities and checks
 * as machines are. Nothing of it stays.
 */
import { copyFile, cp, mkdir } from "node:fs/promises";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import { loadIdentity } from "../net/identity.ts";
import { startNode, type RunningNode } from "../node.ts";
import { readCapabilities } from "./node-tasks.ts";
import type { Address } from "./argument-checks.ts";
import type { Lifetime } from "./lifetime.ts";
import type { WorkerShare } from "./worker-share.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-process.ts";

const loopback = "127.0.0.1";
/** A worker that ends by itself this often has a reason that does not go away. */
const maxRestarts = 3;

export interface PrivateFarmOptions {
  /** Belongs to the farm alone. */
  readonly folder: string;
  readonly share: WorkerShare;
  readonly lifetime: Lifetime;
  readonly onLog: (line: string) => void;
  /** Null: no UI server. */
  readonly ui: Address | null;
  /** Where people's presets and the remembered capabilities lie. */
  readonly userFolder: string;
}

export interface PrivateFarm {
  readonly node: RunningNode;
  readonly masterFolder: string;
  /** Rejects when no worker is left that could do anything. */
  readonly broken: Promise<never>;
}

/** Starts master and workers; all of it ends with the lifetime. */
export async function startPrivateFarm(
  options: PrivateFarmOptions,
): Promise<PrivateFarm> {
  const { folder, lifetime, share, onLog } = options;
  const masterFolder = path.join(folder, "master");
  // Trying the encoders may take seconds; here it can be ended, and it is remembered.
  await readCapabilities(options.userFolder, lifetime.signal);
  const workers = await Promise.all(
    Array.from({ length: share.workers }, async (_nothing, at) => {
      const name = `worker ${String(at + 1)}`;
      const dataFolder = path.join(folder, `worker-${String(at + 1)}`);
      await mkdir(dataFolder, { recursive: true, mode: 0o700 });
      const identityFolder = path.join(dataFolder, "identity");
      const { deviceId } = await loadIdentity(identityFolder);
      return { name, dataFolder, deviceId };
    }),
  );
  await copyIfThere(options.userFolder, masterFolder, "capabilities.json");
  await cp(
    path.join(options.userFolder, "presets"),
    path.join(masterFolder, "presets"),
    { recursive: true },
  ).catch(() => undefined); // Most people have none of their own.
  const node = await startMaster(options, masterFolder, workers);
  for (const { dataFolder } of workers)
    await copyIfThere(masterFolder, dataFolder, "capabilities.json");
  if (lifetime.interrupted) throw new Failure("cancelled");
  const broken = superviseWorkers(
    workers,
    (worker) =>
      startWorkerProcess({
        ...worker,
        master: { host: loopback, port: node.listening?.port ?? 0 },
        masterId: node.deviceId,
        threads: share.threads,
        onLine: (line) => onLog(`${worker.name}: ${line}`),
      }),
    lifetime,
  );
  broken.catch(() => undefined);
  return { node, masterFolder, broken };
}

interface WorkerPlace {
  readonly name: string;
  readonly dataFolder: string;
  readonly deviceId: DeviceId;
}

async function startMaster(
  options: PrivateFarmOptions,
  masterFolder: string,
  workers: readonly WorkerPlace[],
): Promise<RunningNode> {
  const node = await startNode({
    dataFolder: masterFolder,
    role: "master",
    name: "this computer",
    listen: { host: loopback, port: 0 },
    ui: options.ui,
    master: null,
    allow: workers.map(({ deviceId }) => deviceId),
    ffmpeg: null,
    ffprobe: null,
    slots: null,
    threads: null,
    onLog: options.onLog,
  });
  options.lifetime.keep({ end: () => node.close() });
  return node;
}

/** Starts all workers, and again those that end by themselves. */
function superviseWorkers(
  places: readonly WorkerPlace[],
  start: (place: WorkerPlace) => WorkerProcess,
  lifetime: Lifetime,
): Promise<never> {
  const running = new Map<WorkerPlace, WorkerProcess>();
  let isEnding = false;
  lifetime.keep({
    end: async () => {
      isEnding = true;
      await Promise.all([...running.values()].map((worker) => worker.end()));
    },
    endAtOnce: () => {
      isEnding = true;
      for (const worker of running.values()) worker.endAtOnce();
    },
  });
  return new Promise((_resolve, reject) => {
    const keepRunning = async (place: WorkerPlace): Promise<void> => {
      let lastWords = "";
      for (let run = 0; run <= maxRestarts && !isEnding; run += 1) {
        const worker = start(place);
        running.set(place, worker);
        lastWords = await worker.ended;
      }
      running.delete(place);
      if (!isEnding && running.size === 0)
        reject(
          new Failure("no-worker-can", `every worker ended (${lastWords})`),
        );
    };
    for (const place of places) keepRunning(place).catch(reject);
  });
}

/** A cache: without it everything works, only later. */
async function copyIfThere(
  from: string,
  to: string,
  fileName: string,
): Promise<void> {
  try {
    await mkdir(to, { recursive: true, mode: 0o700 });
    await copyFile(path.join(from, fileName), path.join(to, fileName));
  } catch {
    // Not there, or not writable.
  }
}
