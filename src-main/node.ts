/**
 * A node: the one file that puts real parts together. Master, worker or both,
 * with a UI server beside them; nothing here knows of Electron.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { formatDeviceId } from "./core/device-name.ts";
import type { DeviceId } from "./core/identifiers.ts";
import type { SchedulerConfig } from "./core/scheduler/config.ts";
import { Master } from "./master/master.ts";
import { findBinaries, type Binaries } from "./media/binaries.ts";
import { detectCapabilities, type Capabilities } from "./media/capabilities.ts";
import { probeSource } from "./media/probe.ts";
import { connectToMaster } from "./net/farm-client.ts";
import { startFarmServer, type FarmServer } from "./net/farm-server.ts";
import { loadIdentity, type Identity } from "./net/identity.ts";
import type { LocalHello } from "./protocol/hello.ts";
import type { MachineFacts } from "./protocol/messages.ts";
import type { UiNode } from "./protocol/ui-contract.ts";
import { openNodeStore, type NodeStore } from "./store/node-store.ts";
import { loadPresets } from "./store/preset-folder.ts";
import { NodeHost } from "./ui-server/node-host.ts";
import type { UiHost } from "./ui-server/ui-host.ts";
import { startUiServer } from "./ui-server/ui-server.ts";
import { appVersion } from "./protocol/app-version.ts";
import { keepSession, type SessionState } from "./worker/master-session.ts";
import { Worker } from "./worker/worker.ts";

export interface NodeOptions {
  readonly dataFolder: string;
  readonly role: "master" | "worker" | "both";
  readonly name: string;
  /** Master: where workers dial in; port 0 takes any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Null: no UI server. */
  readonly ui: { readonly host: string; readonly port: number } | null;
  /** Worker: whom to serve. */
  readonly master: {
    readonly host: string;
    readonly port: number;
    readonly deviceId: DeviceId;
  } | null;
  /** Devices let in besides the stored ones. */
  readonly allow: readonly DeviceId[];
  readonly ffmpeg: string | null;
  readonly ffprobe: string | null;
  /** Worker: encodes at the same time. Null: one. */
  readonly slots: number | null;
  /** Worker: encoder threads of each. Null: as the encoder likes. */
  readonly threads: number | null;
  /** Other numbers for the scheduler than its own; for measurements. */
  readonly scheduler?: Partial<SchedulerConfig>;
  readonly onLog?: (line: string) => void;
}

export interface RunningNode {
  readonly deviceId: DeviceId;
  readonly listening: { readonly host: string; readonly port: number } | null;
  readonly ui: { readonly url: string; readonly token: string } | null;
  readonly host: UiHost;
  /** Resolves once the node is closed. */
  readonly closed: Promise<void>;
  /** Ends encodes and sockets and leaves nothing running; safe to call twice. */
  close(): Promise<void>;
}

/** Starts a node. Rejects with a Failure (ffmpeg-missing, address-in-use, …) and leaves nothing behind. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const parts = new OpenParts();
  try {
    return await assemble(options, parts);
  } catch (error) {
    await parts.close();
    throw error;
  }
}

/** What has been opened, closed in reverse order. */
class OpenParts {
  private readonly closers: (() => unknown)[] = [];
  private closing: Promise<void> | null = null;

  add(close: () => unknown): void {
    this.closers.push(close);
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      for (const close of this.closers.reverse()) await close();
    })();
    return this.closing;
  }
}

async function assemble(
  options: NodeOptions,
  parts: OpenParts,
): Promise<RunningNode> {
  const log = options.onLog ?? (() => undefined);
  await mkdir(options.dataFolder, { recursive: true, mode: 0o700 });
  const identity = await loadIdentity(join(options.dataFolder, "identity"));
  const store = await openNodeStore(options.dataFolder);
  parts.add(() => store.close());
  const binaries = await findBinaries({
    ...(options.ffmpeg === null ? {} : { ffmpeg: options.ffmpeg }),
    ...(options.ffprobe === null ? {} : { ffprobe: options.ffprobe }),
  });
  const capabilities = await readCapabilities(options.dataFolder, binaries);
  for (const warning of capabilities.warnings) log(warning);
  const presets = await loadPresets(options.dataFolder, (file, failure) => {
    log(`preset ${file}: ${failure.message}`);
  });
  const hello: LocalHello = { appVersion, name: options.name };
  const common: Common = {
    options,
    store,
    identity,
    binaries,
    capabilities,
    hello,
    log,
  };
  const status: NodeStatus = { session: null, touch: () => undefined };

  const masterPart =
    options.role === "worker" ? null : await startMaster(common, parts, status);
  const host = new NodeHost({
    master: masterPart?.master ?? null,
    node: () => nodeView(common, masterPart, status),
    presets: () => presets,
    capabilities: () => ({
      ffmpegVersion: capabilities.ffmpegVersion,
      ffmpegPath: binaries.ffmpeg,
      keys: capabilities.keys,
      warnings: capabilities.warnings,
    }),
    probe: (path) => probeSource(binaries, path),
    nowMs: () => Date.now(),
  });
  parts.add(() => {
    host.close();
  });
  status.touch = (jobId) => {
    host.touch(jobId);
  };
  if (options.role !== "master")
    await startWorker(common, parts, status, masterPart?.server ?? null);
  const ui = await startUi(common, parts, host);
  return running(common, parts, host, masterPart?.server ?? null, ui);
}

interface Common {
  readonly store: NodeStore;
  readonly options: NodeOptions;
  readonly identity: Identity;
  readonly binaries: Binaries;
  readonly capabilities: Capabilities;
  readonly hello: LocalHello;
  readonly log: (line: string) => void;
}

interface NodeStatus {
  session: SessionState | null;
  touch: (jobId: string | null) => void;
}

interface MasterPart {
  readonly master: Master;
  readonly server: FarmServer;
}

async function startMaster(
  common: Common,
  parts: OpenParts,
  status: NodeStatus,
): Promise<MasterPart> {
  const { options, identity, log } = common;
  const master = new Master({
    binaries: common.binaries,
    capabilities: common.capabilities.keys,
    dataFolder: options.dataFolder,
    store: common.store,
    ownDeviceId: identity.deviceId,
    scheduler: {
      ...options.scheduler,
      idPrefix: `${randomBytes(3).toString("hex")}-`,
    },
    nowMs: () => Date.now(),
    onLog: log,
    onChanged: (jobId) => {
      status.touch(jobId);
    },
  });
  parts.add(() => master.close());
  const isAllowed = (id: DeviceId): boolean =>
    id === identity.deviceId ||
    options.allow.includes(id) ||
    common.store.settings.allowedDevices.some((one) => one.deviceId === id);
  const server = await startFarmServer({
    identity,
    host: options.listen.host,
    port: options.listen.port,
    hello: common.hello,
    isAllowed,
    onWorker: (link) => {
      master.attach(link);
    },
    onRefused: (refusal) => {
      log(`refused ${JSON.stringify(refusal)}`);
    },
  });
  parts.add(() => server.close());
  master.resume();
  return { master, server };
}

async function startWorker(
  common: Common,
  parts: OpenParts,
  status: NodeStatus,
  ownServer: FarmServer | null,
): Promise<void> {
  const { options, identity } = common;
  const workFolder = join(options.dataFolder, "worker");
  await rm(workFolder, { recursive: true, force: true });
  await mkdir(workFolder, { recursive: true, mode: 0o700 });
  const worker = new Worker({
    binaries: common.binaries,
    capabilities: common.capabilities,
    machine: machineFacts(common.capabilities.ffmpegVersion),
    slots: options.slots ?? 1,
    threads: options.threads,
    workFolder,
    nowMs: () => Date.now(),
    onLog: common.log,
  });
  const address = ownServer
    ? { host: "127.0.0.1", port: ownServer.port, deviceId: identity.deviceId }
    : options.master;
  if (address === null) return;
  const stop = new AbortController();
  const session = keepSession({
    masterId: address.deviceId,
    signal: stop.signal,
    connect: (signal, before) =>
      connectToMaster({
        ...(before === null ? {} : { resume: before }),
        identity,
        address: { host: address.host, port: address.port },
        masterId: address.deviceId,
        hello: common.hello,
        signal,
      }),
    serve: (link) => {
      const close = (): void => {
        link.close("closing");
      };
      stop.signal.addEventListener("abort", close);
      return worker.serve(link).finally(() => {
        stop.signal.removeEventListener("abort", close);
      });
    },
    onState: (state) => {
      status.session = state;
      common.log(sessionLine(state, address.deviceId));
      status.touch(null);
    },
  });
  parts.add(async () => {
    stop.abort();
    await worker.cancelAll();
    await session;
    await rm(workFolder, { recursive: true, force: true });
  });
}

function sessionLine(state: SessionState, masterId: DeviceId): string {
  if (state.kind === "connected")
    return `connected to ${state.link.peerHello.name}`;
  const name = formatDeviceId(masterId).slice(0, 7);
  return state.failure === null
    ? `looking for master ${name}`
    : state.failure.message;
}

async function startUi(
  common: Common,
  parts: OpenParts,
  host: UiHost,
): Promise<{ url: string; token: string } | null> {
  const { options } = common;
  if (options.ui === null) return null;
  const token = randomBytes(24).toString("base64url");
  const server = await startUiServer({ host, listen: options.ui, token });
  parts.add(() => server.close());
  const file = join(options.dataFolder, "ui.json");
  await writeFile(
    file,
    JSON.stringify({ url: server.url, token, pid: process.pid }),
    {
      mode: 0o600,
    },
  );
  parts.add(() => rm(file, { force: true }));
  return { url: server.url, token };
}

function running(
  common: Common,
  parts: OpenParts,
  host: UiHost,
  server: FarmServer | null,
  ui: RunningNode["ui"],
): RunningNode {
  let resolveClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    resolveClosed = resolve;
  });
  return {
    deviceId: common.identity.deviceId,
    listening:
      server === null
        ? null
        : { host: common.options.listen.host, port: server.port },
    ui,
    host,
    closed,
    close: async () => {
      await parts.close();
      resolveClosed();
    },
  };
}

function nodeView(
  common: Common,
  part: MasterPart | null,
  status: NodeStatus,
): UiNode {
  const { options, identity } = common;
  const { session } = status;
  return {
    deviceId: identity.deviceId,
    name: options.name,
    version: appVersion,
    role: options.role,
    listening:
      part === null ? null : `${options.listen.host}:${part.server.port}`,
    masterState: session === null ? "none" : session.kind,
    masterName:
      session?.kind === "connected" ? session.link.peerHello.name : null,
    queuePaused: part?.master.queuePaused ?? false,
  };
}

/** Trying every encoder takes seconds: remembered until ffmpeg changes. */
function readCapabilities(
  dataFolder: string,
  binaries: Binaries,
): Promise<Capabilities> {
  const file = join(dataFolder, "capabilities.json");
  return detectCapabilities(binaries, {
    cache: {
      load: () => readFile(file, "utf8").catch(() => null),
      save: (text) => writeFile(file, text, { mode: 0o600 }),
    },
  });
}

function machineFacts(ffmpegVersion: string): MachineFacts {
  const cpus = os.cpus();
  return {
    platform: `${os.platform()} ${os.arch()}`,
    cpuModel: (cpus[0]?.model ?? "").trim().slice(0, 120),
    cpuCount: Math.max(1, cpus.length),
    memoryBytes: os.totalmem(),
    ffmpegVersion: ffmpegVersion.slice(0, 120),
  };
}
