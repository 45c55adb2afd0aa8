/** Attempts of the master's earlier life that a worker kept encoding through its restart. */
import { attach, createAttempt } from "./attempts.ts";
import type { InheritedAttempt } from "./events.ts";
import { keepClear } from "./ids.ts";
import type { Job, Task, Worker } from "./state.ts";
import { carveTask } from "./timeline.ts";
import { wakeWorkers, type Turn } from "./turn.ts";

/**
 * Goes on with an attempt as if it had been assigned and started now, or has
 * the worker drop it when its frames are not all open any more. A job that is
 * paused (it is still being read again) does not stand in the way.
 */
export function inheritAttempt(turn: Turn, news: InheritedAttempt): void {
  const { state } = turn;
  const { attemptId, workerId } = news;
  keepClear(state, [attemptId, news.taskId]);
  // Said twice: it goes on already.
  if (state.attempts.get(attemptId)?.workerId === workerId) return;
  const worker = state.workers.get(workerId);
  const job = state.jobs.get(news.jobId);
  const task =
    worker !== undefined &&
    job !== undefined &&
    isWelcome(turn, job, worker, news)
      ? taskOf(turn, job, news)
      : null;
  if (worker === undefined || job === undefined || task === null) {
    turn.effects.push({
      type: "cancel",
      attemptId,
      workerId,
      reason: "unknown",
    });
    return;
  }
  const attempt = createAttempt(turn, job, task, worker, {
    attemptId,
    inherited: true,
  });
  attempt.startedAtMs = turn.nowMs;
  attempt.outlivesPause = job.paused;
  // What it was fed in its earlier life is not known here.
  attempt.unstealable = true;
  attach(turn, attempt, worker);
  wakeWorkers(turn);
}

function isWelcome(
  turn: Turn,
  job: Job,
  worker: Worker,
  { attemptId, stage }: InheritedAttempt,
): boolean {
  const { attempts, lost } = turn.state;
  if (attempts.has(attemptId) || lost.has(attemptId)) return false;
  if (worker.presence !== "present") return false;
  if (job.allowedWorkers?.has(worker.workerId) === false) return false;
  return job.status.kind === "open" && job.stage.stage === stage;
}

/** The open audio task it names, or a task made of its frames; null when they are not to be had. */
function taskOf(turn: Turn, job: Job, news: InheritedAttempt): Task | null {
  const { stage } = job;
  const { taskId, range, isLast } = news;
  const audio = stage.audio.find((task) => task.taskId === taskId);
  if (range === null)
    return audio?.done === null && audio.attempts.length === 0 ? audio : null;
  if (audio !== undefined || isKnown(job, taskId)) return null;
  const frames = range.endFrame - range.startFrame;
  if (!job.splittable && frames !== stage.totalFrames) return null;
  // It was cut off where the source now ends: that source was another one.
  const endsSource = job.timelineComplete && range.endFrame === job.knownFrames;
  if (endsSource && !isLast) return null;
  return carveTask(turn.state, stage, taskId, range);
}

function isKnown(job: Job, taskId: string): boolean {
  const { returned, running, segments } = job.stage;
  for (const tasks of [returned, running, segments])
    for (const task of tasks) if (task.taskId === taskId) return true;
  return false;
}
