import { resolve } from "node:path";
import { Failure } from "../core/errors.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import type { Job } from "../master/job.ts";
import type { Master } from "../master/master.ts";
import { jobView, workerView } from "../master/queue-view.ts";
import type {
  UiAnswer,
  UiCapabilities,
  UiChange,
  UiNode,
  UiRequest,
  UiSnapshot,
  UiWorker,
} from "../protocol/ui-contract.ts";
import {
  isHistoryRequest,
  type HistoryRequest,
} from "../protocol/ui-history.ts";
import { isLanRequest, type LanRequest } from "../protocol/ui-lan.ts";
import { isMediaRequest, type MediaRequest } from "../protocol/ui-media.ts";
import {
  isPairingRequest,
  type PairingRequest,
} from "../protocol/ui-pairing.ts";
import {
  isNetworkRequest,
  type NetworkRequest,
} from "../protocol/ui-network.ts";
import { isPresetRequest } from "../protocol/ui-presets.ts";
import { isSetupRequest, type SetupRequest } from "../protocol/ui-setup.ts";
import { ChangeFeed } from "./change-feed.ts";
import { answerForPresets, type PresetShelf } from "./preset-requests.ts";
import { answerForQueue } from "./queue-requests.ts";
import type { UiHost } from "./ui-host.ts";

/** What the host is given by the node. `master` gives null while the node has no queue. */
export interface NodeHostOptions {
  readonly master: () => Master | null;
  /** Carries out what is asked of the node itself. */
  readonly setup: (request: SetupRequest) => Promise<null>;
  /** Carries out what is asked about who belongs to the farm. */
  readonly pairing: (request: PairingRequest) => Promise<unknown>;
  /** Carries out what is asked about the network. */
  readonly network: (request: NetworkRequest) => Promise<unknown>;
  /** Looks into files. The signal aborts when the face that asked has gone. */
  readonly media: (
    request: MediaRequest,
    signal: AbortSignal | undefined,
  ) => Promise<unknown>;
  readonly history: (request: HistoryRequest) => Promise<unknown>;
  /** Carries out what is asked about the window for other devices. */
  readonly lan: (request: LanRequest) => Promise<unknown>;
  /** What people here call a device; null: what it calls itself. */
  readonly labelOf: (deviceId: string) => string | null;
  /** Workers that are listed and get no work. */
  readonly outdated: () => readonly UiWorker[];
  readonly node: () => UiNode;
  /** As they are on the disk now: any command may have taken one in since. */
  readonly presets: PresetShelf;
  readonly capabilities: () => UiCapabilities;
  readonly probe: (path: string) => Promise<MediaFacts>;
  /** As of job-intake.ts. */
  readonly folderInstead: (sourcePath: string) => Promise<string | null>;
  readonly nowMs: () => number;
}

/** A node as its faces see it. */
export class NodeHost implements UiHost {
  private readonly options: NodeHostOptions;
  private readonly feed: ChangeFeed;

  constructor(options: NodeHostOptions) {
    this.options = options;
    const { nowMs } = options;
    const jobs = (): readonly Job[] => options.master()?.queue.all() ?? [];
    this.feed = new ChangeFeed({
      node: options.node,
      jobs: (ids) => {
        const master = options.master();
        if (master === null) return [];
        return master.queue
          .all()
          .filter((job) => ids === "all" || ids.has(job.id))
          .map((job) => jobView(master, job, nowMs()));
      },
      jobOrder: () => jobs().map((job) => job.id),
      workers: () => {
        const master = options.master();
        if (master === null) return [];
        const joined = [...master.workers.values()]
          .filter((worker) => worker.hasJoined)
          .map((worker) => workerView(master, worker, nowMs()));
        return [...joined, ...options.outdated()].map((row) => ({
          ...row,
          name: options.labelOf(row.workerId) ?? row.name,
        }));
      },
      activeJobIds: () =>
        jobs()
          .filter((job) => job.isActive)
          .map((job) => job.id),
    });
  }

  touch(changedJobId: string | null): void {
    this.feed.touch(changedJobId);
  }

  snapshot(): UiSnapshot {
    return this.feed.snapshot();
  }

  subscribe(listener: (change: UiChange) => void): () => void {
    return this.feed.subscribe(listener);
  }

  close(): void {
    this.feed.close();
  }

  async handle<Request extends UiRequest>(
    request: Request,
    signal?: AbortSignal,
  ): Promise<UiAnswer<Request["type"]>> {
    const answer = await this.answer(request, signal);
    // Whoever asked builds the next request on what this one changed. Films
    // are added by the thousand: those are still gathered.
    if (request.type !== "add-job") this.feed.flush();
    return answer as UiAnswer<Request["type"]>;
  }

  private async answer(
    request: UiRequest,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const { presets, nowMs } = this.options;
    if (isSetupRequest(request)) return this.options.setup(request);
    if (isPairingRequest(request)) return this.options.pairing(request);
    if (isNetworkRequest(request)) return this.options.network(request);
    if (isMediaRequest(request)) return this.options.media(request, signal);
    if (isHistoryRequest(request)) return this.options.history(request);
    if (isLanRequest(request)) return this.options.lan(request);
    if (isPresetRequest(request)) return answerForPresets(request, presets);
    switch (request.type) {
      case "snapshot":
        return this.snapshot();
      case "presets":
        return presets.all();
      case "capabilities":
        return this.options.capabilities();
      case "probe":
        return this.options.probe(resolve(request.path));
      default:
        return answerForQueue(request, {
          master: this.requireMaster(),
          presets: presets.all,
          nowMs,
          folderInstead: this.options.folderInstead,
        });
    }
  }

  private requireMaster(): Master {
    const master = this.options.master();
    if (master === null) {
      throw new Failure(
        "job-state-wrong",
        "this node works for another master and has no queue",
      );
    }
    return master;
  }
}
