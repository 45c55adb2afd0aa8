import { unreachable } from "../core/assert.ts";
import { jobId, type DeviceId } from "../core/identifiers.ts";
import type { Preset } from "../core/recipe.ts";
import type { Job } from "../master/job.ts";
import type { Master } from "../master/master.ts";
import { jobDetailView } from "../master/queue-view.ts";
import type { UiQueueSettings } from "../protocol/ui-contract.ts";
import type { QueueRequest, UiJobIds } from "../protocol/ui-queue.ts";
import { addJobs } from "./job-intake.ts";

export interface QueuePorts {
  readonly master: Master;
  readonly presets: () => Promise<readonly Preset[]>;
  readonly nowMs: () => number;
  /** As of job-intake.ts. */
  readonly folderInstead: (sourcePath: string) => Promise<string | null>;
}

/** Carries out what a face asks of the queue. @throws Failure with the reason why not. */
export async function answerForQueue(
  request: QueueRequest,
  ports: QueuePorts,
): Promise<unknown> {
  const { master } = ports;
  switch (request.type) {
    case "add-job":
      return addJobs(request, ports);
    case "pause-queue":
    case "resume-queue":
      await master.pauseQueue(request.type === "pause-queue");
      return null;
    case "cancel-queue":
      return idsOf(await master.commands.cancelAll());
    case "retry-failed":
      return idsOf(await master.commands.retryFailed());
    case "remove-ended":
      return idsOf(await master.commands.removeEnded());
    case "queue-settings":
      return master.queueSettings;
    case "change-queue-settings":
      await master.configureQueue(
        changed(master.queueSettings, request.change),
      );
      return master.queueSettings;
    case "drain-worker":
      await master.sessions.drain(request.workerId, request.drain);
      return null;
    case "forgive-worker":
      master.sessions.forgive(request.workerId);
      return null;
    case "restore-job":
      await master.commands.restore(jobId(request.jobId));
      return null;
    default:
      return answerForJob(request, master.queue.require(request.jobId), ports);
  }
}

type JobRequest = Exclude<
  Extract<QueueRequest, { readonly jobId: string }>,
  { type: "restore-job" }
>;

async function answerForJob(
  request: JobRequest,
  job: Job,
  { master, nowMs }: QueuePorts,
): Promise<unknown> {
  const { commands, queue } = master;
  switch (request.type) {
    case "job-detail":
      return jobDetailView(master, job, nowMs());
    case "pause-job":
      await commands.pause(job);
      return null;
    case "resume-job":
      await commands.resume(job);
      return null;
    case "cancel-job":
      await commands.cancel(job);
      return null;
    case "retry-job":
      await commands.retry(job);
      return null;
    case "remove-job":
      await commands.remove(job);
      return null;
    case "move-job": {
      const { beforeJobId } = request;
      const before = beforeJobId === null ? null : queue.require(beforeJobId);
      await commands.move(job, before);
      return null;
    }
    case "prioritise-job":
      await commands.prioritise(job, request.priority);
      return null;
    case "choose-workers":
      await commands.chooseWorkers(
        job,
        request.workerIds as readonly DeviceId[] | null,
      );
      return null;
    default:
      return unreachable(request);
  }
}

const idsOf = (jobs: readonly Job[]): UiJobIds => ({
  jobIds: jobs.map((job) => job.id),
});

/** What is left out stays as it is. */
function changed(
  settings: UiQueueSettings,
  change: Extract<QueueRequest, { type: "change-queue-settings" }>["change"],
): UiQueueSettings {
  return {
    smallJobShare: change.smallJobShare ?? settings.smallJobShare,
    stealing: change.stealing ?? settings.stealing,
    duplicates: change.duplicates ?? settings.duplicates,
  };
}
