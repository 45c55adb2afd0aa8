/** Finding open work of one job for one worker: audio first, then what was given back, then fresh frames. */
import { framesOf, guidedFrames, segmentEnd } from "./choose.ts";
import { isEligible } from "./eligibility.ts";
import type {
  AudioTask,
  Job,
  SchedulerState,
  Task,
  VideoTask,
  Worker,
} from "./state.ts";
import { firstFresh, splitTask, takeFresh } from "./timeline.ts";
import type { Turn } from "./turn.ts";

/** Whether anything of the job may be handed out at all. */
export function isRunnable(job: Job): boolean {
  return job.status.kind === "open" && !job.paused;
}

/** Whether the job has frames that no attempt works on. */
export function hasOpenVideo(job: Job): boolean {
  return job.stage.returned.size > 0 || job.stage.freshFrames > 0;
}

/**
 * Takes open work for a worker, cutting it to size; null when there is none for
 * it. A prefetch takes no audio while there is video: audio would wait there.
 */
export function takeOpen(
  turn: Turn,
  job: Job,
  worker: Worker,
  purpose: "slot" | "prefetch",
): Task | null {
  const audio = openAudio(turn, job, worker);
  const video = isEligible(worker, job, job.needs, turn.nowMs);
  const audioNow = purpose === "slot" && !tooMuchAudio(turn.state, job);
  if (audio !== null && (audioNow || !hasOpenVideo(job))) return audio;
  if (!video) return null;
  return takeReturned(turn, job, worker) ?? takeFirstFresh(turn, job, worker);
}

function openAudio(turn: Turn, job: Job, worker: Worker): AudioTask | null {
  for (const task of job.stage.audio)
    if (
      task.done === null &&
      task.attempts.length === 0 &&
      isEligible(worker, job, task.needs, turn.nowMs) &&
      mayTry(turn, job, task, worker)
    )
      return task;
  return null;
}

/** Audio starts early because it cannot be split, but never on more than half of the farm while video waits. */
function tooMuchAudio(state: SchedulerState, job: Job): boolean {
  if (!hasOpenVideo(job) || job.stage.audio.length < 2) return false;
  let slots = 0;
  for (const worker of state.workers.values())
    if (worker.presence === "present") slots += worker.slots;
  const busy = job.stage.audio.filter(
    (task) => task.attempts.length > 0,
  ).length;
  return busy >= Math.max(1, Math.floor(slots / 2));
}

/** A worker that failed a task gets it again only when nobody else could. */
function mayTry(turn: Turn, job: Job, task: Task, worker: Worker): boolean {
  const { reserved, failures } = task;
  if (
    reserved !== null &&
    reserved.untilMs > turn.nowMs &&
    reserved.workerId !== worker.workerId
  )
    return false;
  if (!failures.some((f) => f.workerId === worker.workerId)) return true;
  const needs = task.kind === "audio" ? task.needs : job.needs;
  for (const other of turn.state.workers.values())
    if (
      !failures.some((f) => f.workerId === other.workerId) &&
      other.availability.kind !== "suspended" &&
      isEligible(other, job, needs, turn.nowMs)
    )
      return false;
  return true;
}

function takeReturned(turn: Turn, job: Job, worker: Worker): VideoTask | null {
  let best: VideoTask | null = null;
  for (const task of job.stage.returned) {
    if (best !== null && task.startFrame > best.startFrame) continue;
    if (mayTry(turn, job, task, worker)) best = task;
  }
  if (best === null) return null;
  if (best.reserved === null && best.failures.length === 0)
    fit(turn, job, best, worker);
  return best;
}

/** A range given back may suit the worker that had it, not this one. */
function fit(turn: Turn, job: Job, task: VideoTask, worker: Worker): void {
  if (!job.splittable) return;
  const frames = guidedFrames(turn.state, job, worker, turn.nowMs);
  const length = task.endFrame - task.startFrame;
  if (
    length < frames * 1.5 ||
    length - frames < framesOf(job, turn.state.config.minSegmentS)
  )
    return;
  const end = segmentEnd(
    turn.state,
    job,
    task.startFrame,
    frames,
    task.endFrame,
  );
  if (end !== null && end < task.endFrame)
    splitTask(turn.state, job.stage, task, end, task.stolen);
}

function takeFirstFresh(
  turn: Turn,
  job: Job,
  worker: Worker,
): VideoTask | null {
  const range = firstFresh(job.stage);
  if (range === undefined) return null;
  const frames = guidedFrames(turn.state, job, worker, turn.nowMs);
  const end = segmentEnd(
    turn.state,
    job,
    range.startFrame,
    frames,
    range.endFrame,
  );
  return end === null ? null : takeFresh(turn.state, job.stage, end);
}
