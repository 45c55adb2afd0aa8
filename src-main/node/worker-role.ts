import { mkdir, rm } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { formatDeviceId } from "../core/device-name.ts";
import { threadsFor } from "../core/worker-availability.ts";
import { noLimits, type WorkerLimits } from "../core/worker-limits.ts";
import { connectToMaster } from "../net/farm-client.ts";
import { findSandbox, type Sandbox } from "../media/sandbox.ts";
import type { PeerLink } from "../net/peer-link.ts";
import { keepSession, type SessionState } from "../worker/master-session.ts";
import { OwnerWatch } from "../worker/owner-watch.ts";
import { readIsOnMains } from "../worker/power-supply.ts";
import { Worker } from "../worker/worker.ts";
import { machineFacts } from "./machine.ts";
import type { NodeContext } from "./node-context.ts";
import type { MasterAddress } from "./node-options.ts";

/** Only what nothing else wants. */
const lowNiceness = 19;

/** A node's half that encodes for one master at a time. */
export class WorkerRole {
  readonly worker: Worker;
  readonly owner: OwnerWatch;
  readonly #context: NodeContext;
  readonly #workFolder: string;
  #visit: Visit | null = null;

  private constructor(
    context: NodeContext,
    workFolder: string,
    sandbox: Sandbox | null,
  ) {
    this.#context = context;
    this.#workFolder = workFolder;
    this.worker = new Worker({
      binaries: context.binaries,
      capabilities: context.capabilities,
      machine: machineFacts(context.capabilities.ffmpegVersion),
      slots: context.options.slots ?? this.#limits().slots ?? 1,
      effort: () => this.#effort(),
      workFolder,
      sandbox,
      nowMs: () => Date.now(),
      onLog: context.log,
    });
    this.owner = new OwnerWatch({
      limits: () => this.#limits(),
      readIsOnMains,
      nowMs: () => Date.now(),
      onAvailability: (availability) => {
        this.worker.setAvailability(availability);
        context.touch(null);
      },
    });
  }

  #limits(): WorkerLimits {
    const { options, store } = this.#context;
    return options.ignoresLimits === true ? noLimits : store.settings.limits;
  }

  #effort(): { threads: number | null; niceness: number } {
    const { options } = this.#context;
    const limits = this.#limits();
    const niceness =
      limits.isLowPriority && options.ignoresLimits !== true ? lowNiceness : 0;
    const threads = options.threads ?? threadsFor(limits, os.cpus().length);
    return { threads, niceness };
  }

  /** Empties its work folder; serves nobody until `serve`. */
  static async open(context: NodeContext): Promise<WorkerRole> {
    const workFolder = join(context.options.dataFolder, "worker");
    await rm(workFolder, { recursive: true, force: true });
    await mkdir(workFolder, { recursive: true, mode: 0o700 });
    const sandbox = await findSandbox(context.binaries.ffmpeg, {
      within: workFolder,
    });
    if (sandbox === null)
      context.log("no sandbox for encodes on this machine (bubblewrap)");
    const role = new WorkerRole(context, workFolder, sandbox);
    await role.owner.look();
    return role;
  }

  /** Whom it serves; null: nobody. */
  get master(): MasterAddress | null {
    return this.#visit?.master ?? null;
  }

  get session(): SessionState | null {
    return this.#visit?.state ?? null;
  }

  /** Leaves the master before, whose work goes to others, and keeps connected to this one. */
  async serve(master: MasterAddress): Promise<void> {
    await this.leave();
    this.#visit = new Visit(this.#context, this.worker, master);
  }

  /** Ends what it has in hand for its master. */
  async leave(): Promise<void> {
    const visit = this.#visit;
    this.#visit = null;
    await visit?.end();
  }

  async close(): Promise<void> {
    this.owner.close();
    await this.leave();
    await rm(this.#workFolder, { recursive: true, force: true });
  }
}

/** Service to one master, over as many connections as it takes. */
class Visit {
  readonly master: MasterAddress;
  state: SessionState = { kind: "connecting", failure: null };
  readonly #context: NodeContext;
  readonly #worker: Worker;
  readonly #stop = new AbortController();
  readonly #over: Promise<void>;

  constructor(context: NodeContext, worker: Worker, master: MasterAddress) {
    this.#context = context;
    this.#worker = worker;
    this.master = master;
    this.#over = keepSession({
      masterId: master.deviceId,
      signal: this.#stop.signal,
      connect: (signal, before) => this.#connect(signal, before),
      serve: (link) => this.#serve(link),
      onState: (state) => {
        this.state = state;
        context.log(sessionLine(state, master));
        context.touch(null);
      },
    });
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#worker.cancelAll();
    await this.#over;
  }

  #connect(signal: AbortSignal, before: PeerLink | null): Promise<PeerLink> {
    const { identity, hello, network } = this.#context;
    return network.reach(this.master, signal, (address, dialling) =>
      connectToMaster({
        ...(before === null ? {} : { resume: before }),
        ...{ identity, address, hello },
        masterId: this.master.deviceId,
        signal: dialling,
      }),
    );
  }

  #serve(link: PeerLink): Promise<void> {
    const close = (): void => {
      link.close("closing");
    };
    this.#stop.signal.addEventListener("abort", close);
    return this.#worker.serve(link).finally(() => {
      this.#stop.signal.removeEventListener("abort", close);
    });
  }
}

function sessionLine(state: SessionState, master: MasterAddress): string {
  if (state.kind === "connected")
    return `connected to ${state.link.peerHello.name}`;
  const name = formatDeviceId(master.deviceId).slice(0, 7);
  return state.failure === null
    ? `looking for master ${name}`
    : state.failure.message;
}
