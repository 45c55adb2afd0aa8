/**
 * The tail of a stage: nothing is open, some workers are idle, others still run.
 * An idle worker helps whatever is expected to end last: by taking over an
 * attempt that has not started, by stealing the later part of a running range,
 * or by a duplicate. Stealing wastes nothing and so comes first.
 */
import { assign, cancelAttempt } from "./attempts.ts";
import { framesOf, snapToCut } from "./choose.ts";
import { isEligible, needsOf } from "./eligibility.ts";
import { lowestEnd, slackFrames } from "./relief.ts";
import {
  attemptFps,
  expectedEndMs,
  expectedEndOnMs,
  overheadMs,
  slotFps,
} from "./speeds.ts";
import type { Attempt, Job, Worker } from "./state.ts";
import type { Turn } from "./turn.ts";

/** How much a duplicate must win before it may come ahead of another job's fresh work. */
export type Eagerness = "urgent" | "any";

/** Attempts looked at per idle worker: those that end last decide the makespan. */
const candidateCount = 6;

/** Lets an idle worker help with a job's running attempts. True when it got something, or waits for an answer. */
export function help(
  turn: Turn,
  job: Job,
  worker: Worker,
  eagerness: Eagerness,
): boolean {
  for (const { attempt, endMs } of lastToEnd(turn, job, worker)) {
    if (takeOver(turn, job, attempt, endMs, worker)) return true;
    if (steal(turn, job, attempt, endMs, worker)) return true;
    if (duplicate(turn, job, attempt, endMs, worker, eagerness)) return true;
  }
  return false;
}

interface Candidate {
  readonly attempt: Attempt;
  readonly endMs: number;
}

function lastToEnd(turn: Turn, job: Job, worker: Worker): Candidate[] {
  const candidates: Candidate[] = [];
  for (const attempt of job.attempts.values()) {
    if (
      attempt.workerId === worker.workerId ||
      attempt.task.attempts.length > 1
    )
      continue;
    if (!isEligible(worker, job, needsOf(job, attempt.task), turn.nowMs))
      continue;
    if (attempt.task.failures.some((f) => f.workerId === worker.workerId))
      continue;
    const asked = attempt.shorten;
    if (
      asked !== null &&
      turn.nowMs - asked.askedAtMs < turn.state.config.shortenAnswerMs
    )
      continue;
    candidates.push({
      attempt,
      endMs: expectedEndMs(turn.state, attempt, turn.nowMs),
    });
  }
  return candidates
    .sort((a, b) => (a.endMs === b.endMs ? 0 : b.endMs - a.endMs))
    .slice(0, candidateCount);
}

/** Not started yet: whoever is done sooner may have it whole. */
function takeOver(
  turn: Turn,
  job: Job,
  attempt: Attempt,
  endMs: number,
  worker: Worker,
): boolean {
  if (attempt.startedAtMs !== null) return false;
  const frames = attempt.endFrame - attempt.startFrame;
  const mineMs = expectedEndOnMs(turn.state, worker, job, frames, turn.nowMs);
  if (endMs - mineMs < turn.state.config.minGainMs) return false;
  const { task } = attempt;
  cancelAttempt(turn, attempt, "superseded");
  assign(turn, job, task, worker);
  return true;
}

/** Asks for the later part of a range, so that both would end at the same time. */
function steal(
  turn: Turn,
  job: Job,
  attempt: Attempt,
  endMs: number,
  worker: Worker,
): boolean {
  const { state, nowMs } = turn;
  const { config } = state;
  if (!config.stealing || !job.splittable || attempt.task.kind !== "video")
    return false;
  if (attempt.unstealable || attempt.shorten !== null) return false;
  if (job.stage.grows && !job.timelineComplete) return false;
  const bound = stealBound(turn, job, attempt, endMs, worker);
  if (bound === null) return false;
  attempt.shorten = {
    endFrame: bound,
    thief: worker.workerId,
    askedAtMs: nowMs,
  };
  worker.stealing = attempt;
  turn.effects.push({
    type: "shorten",
    attemptId: attempt.attemptId,
    endFrame: bound,
  });
  return true;
}

/**
 * Where to split: with x frames stolen the victim ends x / its speed sooner, the
 * thief at overhead + x / its own; equal at x = (left time - overhead) * v * t / (v + t).
 */
function stealBound(
  turn: Turn,
  job: Job,
  attempt: Attempt,
  endMs: number,
  worker: Worker,
): number | null {
  const { state, nowMs } = turn;
  const { config } = state;
  const victimFps = attemptFps(state, attempt, nowMs);
  const thiefFps = slotFps(state, worker, job);
  const leftMs = endMs - nowMs - overheadMs(state, worker, job);
  const even =
    ((leftMs / 1000) * victimFps * thiefFps) / (victimFps + thiefFps);
  const lowest = lowestEnd(attempt, victimFps);
  const highest = attempt.endFrame - framesOf(job, config.minSegmentS);
  if (highest < lowest) return null;
  const wanted = Math.min(
    Math.max(attempt.endFrame - Math.round(Math.min(even, 1e12)), lowest),
    highest,
  );
  const stolen = attempt.endFrame - wanted;
  if (leftMs !== Infinity) {
    const victimEndsMs = endMs - (stolen * 1000) / victimFps;
    const thiefEndsMs = expectedEndOnMs(state, worker, job, stolen, nowMs);
    if (endMs - Math.max(victimEndsMs, thiefEndsMs) < config.minGainMs)
      return null;
  }
  const reach = Math.min(
    Math.round(stolen * config.snapRatio),
    slackFrames(state, victimFps),
  );
  return snapToCut(
    job.cutPoints,
    wanted,
    Math.max(wanted - reach, lowest),
    // As late as it is, each frame more would make the victim end later.
    wanted === lowest ? lowest : Math.min(wanted + reach, highest),
  );
}

/** A second attempt, when it would be done clearly sooner and the cap on waste allows it. */
function duplicate(
  turn: Turn,
  job: Job,
  attempt: Attempt,
  endMs: number,
  worker: Worker,
  eagerness: Eagerness,
): boolean {
  const { state, nowMs } = turn;
  const { config } = state;
  if (!config.duplicates) return false;
  const frames = attempt.endFrame - attempt.startFrame;
  const mineMs = expectedEndOnMs(state, worker, job, frames, nowMs) - nowMs;
  const leftMs = endMs - nowMs;
  const ratio =
    eagerness === "urgent"
      ? config.duplicateGainRatio / 2
      : config.duplicateGainRatio;
  if (mineMs > leftMs * ratio || leftMs - mineMs < config.minGainMs)
    return false;
  if (!affordable(turn, job, attempt, mineMs)) return false;
  assign(turn, job, attempt.task, worker);
  return true;
}

/** Frames the loser is expected to have encoded in vain, against the cap; one duplicate at a time is free of it until the cap is used up. */
function affordable(
  turn: Turn,
  job: Job,
  attempt: Attempt,
  mineMs: number,
): boolean {
  const { state, nowMs } = turn;
  const cap = job.stage.totalFrames * state.config.wasteCapRatio;
  let pending = 0;
  let duplicates = 0;
  for (const task of job.stage.running)
    if (task.attempts.length > 1) {
      duplicates++;
      pending += Math.max(...task.attempts.map((other) => other.framesDone));
    }
  const frames = attempt.endFrame - attempt.startFrame;
  const waste = Math.min(
    frames,
    attempt.framesDone + (attemptFps(state, attempt, nowMs) * mineMs) / 1000,
  );
  if (job.wastedFrames + pending + waste <= cap) return true;
  return duplicates === 0 && job.wastedFrames <= cap;
}
