/** Gives workers what they can take: free slots first, then prefetches, then help at the tail. */
import { assign } from "./attempts.ts";
import { takesWork } from "./eligibility.ts";
import { hasOpenVideo, isRunnable, takeOpen } from "./open-work.ts";
import { queuesTooLong } from "./relief.ts";
import { isMeasured } from "./speeds.ts";
import type { Job, SchedulerState, Worker } from "./state.ts";
import { help } from "./tail.ts";
import type { Turn } from "./turn.ts";

/** Gives work to every worker that takes some, the longest idle first, until nobody finds anything. */
export function dispatch(turn: Turn): void {
  const { state, nowMs } = turn;
  if (state.queuePaused) return;
  const willing: Worker[] = [];
  for (const worker of state.workers.values())
    if (
      takesWork(worker, nowMs) &&
      worker.attempts.length < capacity(state, worker)
    )
      willing.push(worker);
  if (willing.length === 0) return;
  // The quickest first: at the end it should not be the slow ones that hold the last pieces.
  if (willing.length > 1)
    willing.sort((a, b) => (b.power ?? 1) - (a.power ?? 1));
  for (const worker of willing) fillSlots(turn, worker);
  for (const worker of willing) prefetch(turn, worker);
  for (const worker of willing) helpOut(turn, worker);
}

function capacity(state: SchedulerState, worker: Worker): number {
  return worker.slots * (1 + state.config.prefetchPerSlot);
}

/** Whether a worker waits for the piece it asked another for. */
function awaitsPiece(turn: Turn, worker: Worker): boolean {
  const asked = worker.stealing?.shorten;
  if (asked == null) return false;
  return turn.nowMs - asked.askedAtMs < turn.state.config.shortenAnswerMs;
}

function fillSlots(turn: Turn, worker: Worker): void {
  while (worker.attempts.length < worker.slots && !awaitsPiece(turn, worker))
    if (!giveSlot(turn, worker)) return;
}

/** Open work or an urgent part of each job in turn: one job is finished before the next gets its workers. */
function giveSlot(turn: Turn, worker: Worker): boolean {
  const mayBeOpen = worker.foundNothingAt !== turn.state.workVersion;
  for (const job of jobsFor(turn, worker)) {
    const task = mayBeOpen ? takeOpen(turn, job, worker, "slot") : null;
    if (task !== null) {
      assign(turn, job, task, worker);
      return true;
    }
    if (job.attempts.size > 0 && help(turn, job, worker, "urgent")) return true;
  }
  worker.foundNothingAt = turn.state.workVersion;
  return false;
}

function prefetch(turn: Turn, worker: Worker): void {
  if (worker.attempts.length < worker.slots) return;
  while (worker.attempts.length < capacity(turn.state, worker)) {
    // How much it should get is not known before something of it was measured.
    const job = worker.attempts[0]!.job;
    if (!isMeasured(worker, job)) return;
    if (hasOpenVideo(job) && queuesTooLong(turn, job, worker)) return;
    if (!givePrefetch(turn, worker)) return;
  }
}

function givePrefetch(turn: Turn, worker: Worker): boolean {
  const { state } = turn;
  if (worker.foundNothingAt === state.workVersion) return false;
  for (const job of jobsFor(turn, worker)) {
    const task = takeOpen(turn, job, worker, "prefetch");
    if (task === null) continue;
    assign(turn, job, task, worker);
    return true;
  }
  worker.foundNothingAt = state.workVersion;
  return false;
}

/** Runnable jobs in the order this worker should look at them. */
function* jobsFor(turn: Turn, worker: Worker): Generator<Job> {
  const small = smallJob(turn, worker);
  if (small !== null) yield small;
  for (const job of turn.state.order)
    if (isRunnable(job) && job !== small) yield job;
}

/** The small job behind a huge one that still has a claim on slots, when a share is configured. */
function smallJob(turn: Turn, worker: Worker): Job | null {
  const { config, order, workers } = turn.state;
  if (config.smallJobShare <= 0) return null;
  const huge = order.find((job) => isRunnable(job) && hasOpenVideo(job));
  if (huge === undefined) return null;
  let slots = 0;
  for (const { presence, slots: count } of workers.values())
    if (presence === "present") slots += count;
  const claim = Math.max(1, Math.floor(slots * config.smallJobShare));
  let used = 0;
  for (const job of order) {
    if (job === huge || !isRunnable(job) || job.priority !== huge.priority)
      continue;
    if (left(job) > left(huge) * config.smallJobRatio) continue;
    used += job.attempts.size;
    if (used >= claim) return null;
    if (
      hasOpenVideo(job) &&
      !worker.attempts.some((attempt) => attempt.job === job)
    )
      return job;
  }
  return null;
}

function left(job: Job): number {
  return (
    (job.stage.totalFrames - job.stage.verified.frames) / job.framesPerSecond
  );
}

/** What is left to do for a worker for whom nothing is open: anything that wins time. */
function helpOut(turn: Turn, worker: Worker): void {
  while (worker.attempts.length < worker.slots && !awaitsPiece(turn, worker))
    if (!helpSomeJob(turn, worker)) return;
}

function helpSomeJob(turn: Turn, worker: Worker): boolean {
  for (const job of turn.state.order)
    if (
      job.attempts.size > 0 &&
      isRunnable(job) &&
      help(turn, job, worker, "any")
    )
      return true;
  return false;
}
