/** Why a worker is idle or a job waits: a key and its parameters, never a made-up sentence elsewhere. */
import type { DeviceId, JobId } from "../identifiers.ts";
import { callerTime, clockAt } from "./clock.ts";
import {
  blockKey,
  isAble,
  isBlocked,
  missingCapability,
} from "./eligibility.ts";
import { hasOpenVideo, isRunnable } from "./open-work.ts";
import type { Job, SchedulerState, Worker } from "./state.ts";

/** `key` is one of `sentences`; `parameters` fill its braces. */
export interface Explanation {
  readonly key: ExplanationKey;
  readonly parameters: Readonly<Record<string, string | number>>;
}

const sentences = {
  "worker-absent": "It is not connected.",
  "worker-silent":
    "It went silent; it gets work again when it has reconnected.",
  "worker-draining": "It finishes what it has and takes nothing new.",
  "worker-suspended": "Its owner needs it: {reason}.",
  "worker-resting": "Its last part failed; it is given another one shortly.",
  "worker-blocked": "It is set aside for {capability} after failures ({code}).",
  "worker-lacks": "No job in the queue suits it: {capability} is missing.",
  "worker-not-chosen": "The jobs in the queue are meant for other workers.",
  "worker-all-given":
    "Everything left is in work elsewhere and would not be done sooner here.",
  "queue-empty": "There is nothing to do.",
  "queue-paused": "The queue is paused.",
  "job-paused": "It is paused.",
  "job-held": "It waits for trouble on this machine to pass ({code}).",
  "job-remaking": "It is prepared again as one piece.",
  "job-staged": "All parts are done.",
  "job-failed": "It failed ({code}).",
  "no-worker": "No worker is connected.",
  "no-worker-chosen": "None of the workers chosen for it is connected.",
  "no-worker-can": "No worker can do it: {capability} is missing.",
  "workers-blocked":
    "Every worker that could do it is set aside after failures.",
  "workers-busy-owners":
    "The owners of all workers that could do it need them now.",
  "index-growing": "The source is still being read.",
  "job-behind": "Other jobs come first.",
} as const;
export type ExplanationKey = keyof typeof sentences;

/** The sentence for people. */
export function describeExplanation(explanation: Explanation): string {
  return sentences[explanation.key].replace(/\{(\w+)\}/g, (_, name: string) =>
    String(explanation.parameters[name] ?? ""),
  );
}

const because = (
  key: ExplanationKey,
  parameters: Explanation["parameters"] = {},
): Explanation => ({ key, parameters });

/** Why a worker has nothing to do; null when it works. */
export function explainWorker(
  state: SchedulerState,
  workerId: DeviceId,
  nowMs: number,
): Explanation | null {
  const worker = state.workers.get(workerId);
  if (worker === undefined || worker.presence === "gone")
    return because("worker-absent");
  if (worker.presence === "silent") return because("worker-silent");
  if (worker.availability.kind === "suspended")
    return because("worker-suspended", { reason: worker.availability.reason });
  if (worker.attempts.length > 0) return null;
  if (worker.availability.kind === "draining")
    return because("worker-draining");
  if (state.queuePaused) return because("queue-paused");
  return explainIdle(state, worker, nowMs);
}

function explainIdle(
  state: SchedulerState,
  worker: Worker,
  nowMs: number,
): Explanation {
  const clockMs = clockAt(state, nowMs);
  let reason: Explanation | null = null;
  for (const job of state.order) {
    if (!isRunnable(job)) continue;
    const found = explainPair(state, worker, job, clockMs);
    // That it cannot have the first job matters less than that it could have a later one.
    if (
      reason === null ||
      found.key === "worker-all-given" ||
      found.key === "index-growing"
    )
      reason = found;
    if (found.key === "worker-resting") return found;
  }
  return reason ?? because("queue-empty");
}

function explainPair(
  state: SchedulerState,
  worker: Worker,
  job: Job,
  clockMs: number,
): Explanation {
  if (job.allowedWorkers !== null && !job.allowedWorkers.has(worker.workerId))
    return because("worker-not-chosen");
  const missing = missingCapability(worker, job.needs);
  if (missing !== null) return because("worker-lacks", { capability: missing });
  const block = worker.blocks.get(blockKey(job.needs));
  if (block !== undefined && block.untilMs > clockMs)
    return because("worker-blocked", {
      capability: block.capability,
      code: block.code,
      untilMs: callerTime(state, block.untilMs),
    });
  if (worker.restUntilMs > clockMs) return because("worker-resting");
  if (job.stage.grows && !job.timelineComplete) return because("index-growing");
  return because("worker-all-given");
}

/** Why a job does not go on; null while something of it runs. */
export function explainJob(
  state: SchedulerState,
  jobId: JobId,
  nowMs: number,
): Explanation | null {
  const job = state.jobs.get(jobId);
  if (job === undefined || job.attempts.size > 0) return null;
  if (job.paused) return because("job-paused");
  switch (job.status.kind) {
    case "held":
      return because("job-held", { code: job.status.code });
    case "remaking":
      return because("job-remaking");
    case "staged":
      return because("job-staged");
    case "failed":
      return because("job-failed", { code: job.status.code });
    case "open":
      return state.queuePaused
        ? because("queue-paused")
        : explainOpen(state, job, clockAt(state, nowMs));
  }
}

function explainOpen(
  state: SchedulerState,
  job: Job,
  clockMs: number,
): Explanation {
  const needs = hasOpenVideo(job)
    ? job.needs
    : (job.stage.audio.find((task) => task.done === null)?.needs ?? job.needs);
  const present = [...state.workers.values()].filter(
    (worker) => worker.presence === "present",
  );
  if (present.length === 0) return because("no-worker");
  const chosen = present.filter(
    (worker) => job.allowedWorkers?.has(worker.workerId) ?? true,
  );
  if (chosen.length === 0) return because("no-worker-chosen");
  const able = chosen.filter((worker) => isAble(worker, job, needs));
  if (able.length === 0)
    return because("no-worker-can", {
      capability: missingCapability(chosen[0]!, needs) ?? "",
      waitsMs: clockMs - (job.unableSinceMs ?? clockMs),
      isLasting: Number(
        clockMs - (job.unableSinceMs ?? clockMs) >= state.config.noWorkerCanMs,
      ),
    });
  if (able.every((worker) => isBlocked(worker, needs, clockMs)))
    return because("workers-blocked");
  if (able.every((worker) => worker.availability.kind !== "ready"))
    return because("workers-busy-owners");
  if (!hasOpenVideo(job) || (job.stage.grows && !job.timelineComplete))
    return because("index-growing");
  return because("job-behind");
}
