import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { unreachable } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import { jobId } from "../core/identifiers.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import { recipeForFileName } from "../core/output-container.ts";
import { defaultOutputName } from "../core/plan.ts";
import { findPreset } from "../core/preset.ts";
import type { Preset } from "../core/recipe.ts";
import type { Job } from "../master/job.ts";
import type { Master } from "../master/master.ts";
import {
  failureView,
  jobDetailView,
  jobView,
  workerView,
} from "../master/queue-view.ts";
import type {
  UiAnswer,
  UiAnswers,
  UiCapabilities,
  UiChange,
  UiNode,
  UiRequest,
  UiSnapshot,
} from "../protocol/ui-contract.ts";
import { isSetupRequest, type SetupRequest } from "../protocol/ui-setup.ts";
import { ChangeFeed } from "./change-feed.ts";
import type { UiHost } from "./ui-host.ts";

/** What the host is given by the node. `master` gives null while the node has no queue. */
export interface NodeHostOptions {
  readonly master: () => Master | null;
  /** Carries out what is asked of the node itself. */
  readonly setup: (request: SetupRequest) => Promise<null>;
  readonly node: () => UiNode;
  readonly presets: () => readonly Preset[];
  readonly capabilities: () => UiCapabilities;
  readonly probe: (path: string) => Promise<MediaFacts>;
  readonly nowMs: () => number;
}

type AddRequest = Extract<UiRequest, { type: "add-job" }>;

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
        return [...master.workers.values()]
          .filter((worker) => worker.hasJoined)
          .map((worker) => workerView(master, worker, nowMs()));
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
  ): Promise<UiAnswer<Request["type"]>> {
    return (await this.answer(request)) as UiAnswer<Request["type"]>;
  }

  private async answer(request: UiRequest): Promise<unknown> {
    if (isSetupRequest(request)) return this.options.setup(request);
    switch (request.type) {
      case "snapshot":
        return this.snapshot();
      case "presets":
        return this.options.presets();
      case "capabilities":
        return this.options.capabilities();
      case "probe":
        return this.options.probe(resolve(request.path));
      default:
        return this.answerForQueue(request, this.requireMaster());
    }
  }

  private async answerForQueue(
    request: Exclude<
      UiRequest,
      | SetupRequest
      | { type: "snapshot" | "presets" | "capabilities" | "probe" }
    >,
    master: Master,
  ): Promise<unknown> {
    switch (request.type) {
      case "add-job":
        return this.addJobs(request, master);
      case "job-detail":
        return jobDetailView(
          master,
          master.queue.require(request.jobId),
          this.options.nowMs(),
        );
      case "pause-job":
        await master.pauseJob(master.queue.require(request.jobId));
        return null;
      case "resume-job":
        await master.resumeJob(master.queue.require(request.jobId));
        return null;
      case "cancel-job":
        await master.cancelJob(master.queue.require(request.jobId));
        return null;
      case "retry-job":
        await master.retryJob(master.queue.require(request.jobId));
        return null;
      case "remove-job":
        await master.removeJob(master.queue.require(request.jobId));
        return null;
      case "move-job":
        await master.moveJob(
          master.queue.require(request.jobId),
          request.beforeJobId === null
            ? null
            : master.queue.require(request.beforeJobId),
        );
        return null;
      case "prioritise-job":
        await master.prioritiseJob(
          master.queue.require(request.jobId),
          request.priority,
        );
        return null;
      case "pause-queue":
      case "resume-queue":
        await master.pauseQueue(request.type === "pause-queue");
        return null;
      case "drain-worker":
        master.drainWorker(request.workerId, request.drain);
        return null;
      case "forgive-worker":
        master.forgiveWorker(request.workerId);
        return null;
      default:
        return unreachable(request);
    }
  }

  /** One job per source; those that cannot be done are refused with the reason, the others go on. */
  private async addJobs(
    request: AddRequest,
    master: Master,
  ): Promise<UiAnswers["add-job"]> {
    const preset = findPreset(request.presetName, this.options.presets());
    if (preset === undefined)
      throw new Failure("preset-unknown", request.presetName);
    const jobIds: string[] = [];
    const refused: {
      source: string;
      failure: ReturnType<typeof failureView>;
    }[] = [];
    for (const source of request.sources) {
      try {
        const sourcePath = resolve(source);
        const outputPath = await outputPathFor(sourcePath, request, preset);
        const job = await master.addJob({
          jobId: jobId(randomBytes(5).toString("hex")),
          sourcePath,
          outputPath,
          presetName: preset.name,
          recipe: recipeForFileName(preset.recipe, outputPath),
          overwrite: request.overwrite,
          segmentS: request.segmentS,
          priority: request.priority,
          allowedWorkers: null,
          createdAtMs: this.options.nowMs(),
        });
        jobIds.push(job.id);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        refused.push({ source, failure: failureView(error) });
      }
    }
    return { jobIds, refused };
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

/** Beside the source, in a named folder, or under a named file. */
async function outputPathFor(
  sourcePath: string,
  request: AddRequest,
  preset: Preset,
): Promise<string> {
  const name = defaultOutputName(basename(sourcePath), preset.recipe);
  if (request.output === null) return join(dirname(sourcePath), name);
  const output = resolve(request.output);
  const isFolder = await stat(output).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (
    isFolder ||
    request.output.endsWith("/") ||
    request.output.endsWith("\\")
  ) {
    return join(output, name);
  }
  if (request.sources.length > 1 || extname(output) === "") {
    throw new Failure("output-not-writable", `${output} (it is not a folder)`);
  }
  return output;
}
