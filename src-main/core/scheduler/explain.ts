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
  "worker-blocked":
    "It is set aside for {capability} until {until} after failures ({code}).",
  "worker-lacks": "No job in the queue suits it: {capability} is missing.",
  "worker-not-chosen": "The jobs in the queue are meant for other workers.",
  "worker-all-given":
    "Everything left is in work elsewhere and would not be done sooner here.",
  "queue-empty": "There is nothing to do.",
  "jobs-paused": "The jobs in the queue are paused.",
  "jobs-held":
    "The jobs in the queue wait for trouble on the master to pass ({code}).",
  "jobs-finishing": "All parts are done; the master puts the output together.",
  "queue-paused": "The queue is paused.",
  "job-paused": "It is paused.",
  "job-held": "It waits for trouble on this machine to pass ({code}).",
  "job-remaking": "It is prepared again as one piece.",
  "job-staged": "All parts are done; the output is put together.",
  "job-failed": "It failed ({code}).",
  "no-worker": "No worker is connected.",
  "no-worker-chosen": "None of the workers chosen for it is connected.",
  "no-worker-can": "No worker can do it: {capability} is missing.",
  "workers-blocked":
    "Every worker that could do it is set aside after failures, the first until {until}.",
  "workers-resting": "A part failed; it is tried again shortly.",
  "workers-draining":
    "Every worker that could do it finishes what it has and takes nothing new.",
  "workers-busy-owners":
    "The owners of all workers that could do it need them now.",
  "index-growing": "The source is still being read.",
  "job-behind": "It comes after {job}.",
  "job-next": "Its turn is about to come.",
  "job-probing": "The source is being looked at.",
} as const;
export type ExplanationKey = keyof typeof sentences;

/** What the scheduler has only as numbers and ids, in words. */
export interface ExplanationWords {
  /** What people call a job. */
  readonly job: (id: JobId) => string;
  /** The caller's clock as people read it. */
  readonly time: (atMs: number) => string;
}

/** The sentence for people. */
export function describeExplanation(
  explanation: Explanation,
  words: ExplanationWords,
): string {
  const { key, parameters } = explanation;
  return sentences[key].replace(/\{(\w+)\}/g, (_, name: string) => {
    if (name === "until") return words.time(Number(parameters["untilMs"]));
    if (name === "job") return words.job(parameters["jobId"] as JobId);
    return String(parameters[name] ?? "");
  });
}

/** With the names people know instead of ids: for faces that have their own sentences. */
export function namedExplanation(
  { key, parameters }: Explanation,
  words: Pick<ExplanationWords, "job">,
): Explanation {
  const { jobId, ...rest } = parameters;
  return jobId === undefined
    ? { key, parameters }
    : { key, parameters: { ...rest, job: words.job(jobId as JobId) } };
}

/** An explanation. */
export const because = (
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
  return reason ?? explainNothingRunnable(state);
}

/** Why there is nothing for anybody: of the first job that is there. */
function explainNothingRunnable(state: SchedulerState): Explanation {
  const [first] = state.order;
  if (first === undefined) return because("queue-empty");
  if (first.paused) return because("jobs-paused");
  switch (first.status.kind) {
    case "held":
      return because("jobs-held", { code: first.status.code });
    case "remaking":
      return because("index-growing");
    case "staged":
      return because("jobs-finishing");
    case "open":
    case "failed":
      return because("queue-empty");
  }
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

/** Why nobody is there for a job, of whom it takes these (null: anybody); null when somebody is. */
export function explainAbsence(
  state: SchedulerState,
  allowed: readonly DeviceId[] | null,
): Explanation | null {
  if (presentOf(state, null).length === 0) return because("no-worker");
  return presentOf(state, allowed).length === 0
    ? because("no-worker-chosen")
    : null;
}

function presentOf(
  state: SchedulerState,
  allowed: readonly DeviceId[] | null,
): Worker[] {
  return [...state.workers.values()].filter(
    ({ presence, workerId }) =>
      presence === "present" && (allowed?.includes(workerId) ?? true),
  );
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
  const allowed = job.allowedWorkers === null ? null : [...job.allowedWorkers];
  const absence = explainAbsence(state, allowed);
  if (absence !== null) return absence;
  const chosen = presentOf(state, allowed);
  const able = chosen.filter((worker) => isAble(worker, job, needs));
  if (able.length === 0)
    return because("no-worker-can", {
      capability: missingCapability(chosen[0]!, needs) ?? "",
      waitsMs: clockMs - (job.unableSinceMs ?? clockMs),
      isLasting: Number(
        clockMs - (job.unableSinceMs ?? clockMs) >= state.config.noWorkerCanMs,
      ),
    });
  const key = blockKey(needs);
  const free = able.filter((worker) => !isBlocked(worker, needs, clockMs));
  if (free.length === 0) {
    const ends = able.map(
      (worker) => worker.blocks.get(key)?.untilMs ?? clockMs,
    );
    return because("workers-blocked", {
      untilMs: callerTime(state, Math.min(...ends)),
    });
  }
  const ready = free.filter((worker) => worker.availability.kind === "ready");
  if (ready.length === 0)
    return because(
      free.some((worker) => worker.availability.kind === "draining")
        ? "workers-draining"
        : "workers-busy-owners",
    );
  if (!hasOpenVideo(job) || (job.stage.grows && !job.timelineComplete))
    return because("index-growing");
  if (ready.every((worker) => worker.restUntilMs > clockMs))
    return because("workers-resting");
  const ahead = jobAhead(state, job, ready);
  return ahead === null
    ? because("index-growing")
    : because("job-behind", { jobId: ahead.jobId });
}

/** The job that those who could do this one work for. */
function jobAhead(
  state: SchedulerState,
  job: Job,
  workers: readonly Worker[],
): Job | null {
  for (const worker of workers)
    for (const attempt of worker.attempts)
      if (attempt.job !== job) return attempt.job;
  const at = state.order.indexOf(job);
  return state.order.slice(0, at).find(isRunnable) ?? null;
}
