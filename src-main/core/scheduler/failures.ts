/**
 * What a failure means. The catalogue says who is to blame and whether another
 * try can help; text is never looked at.
 */
import { catalogue, type ErrorCode } from "../errors.ts";
import { blockKey, countEligible, isEligible, needsOf } from "./eligibility.ts";
import { failJob, holdJob, makeWhole } from "./jobs.ts";
import type { Attempt, Job, Task, Worker } from "./state.ts";
import { wakeWorkers, type Turn } from "./turn.ts";
import { callerTime } from "./clock.ts";

type Verdict =
  /** Nobody's fault: the task is simply open again. */
  | "innocent"
  /** The same everywhere: the job fails now. */
  | "fatal"
  /** Only as one piece can it be done right. */
  | "whole"
  /** The master's side is in trouble; everybody waits. */
  | "hold"
  /** The cut failed: once more, then as one piece. */
  | "cut"
  /** The worker's connection: counts against the worker, not the task. */
  | "network"
  /** The worker cannot do this at all. */
  | "unfit"
  /** The worker, perhaps the task. */
  | "worker";

const exceptions: Partial<Record<ErrorCode, Verdict>> = {
  "worker-stopped": "innocent",
  "worker-lost": "innocent",
  cancelled: "innocent",
  "start-not-clean": "innocent",
  "cut-not-exact": "whole",
  "cut-failed": "cut",
  "worker-disk-full": "unfit",
  "result-too-large": "unfit",
  "ffmpeg-missing": "unfit",
  "ffmpeg-too-old": "unfit",
};

/** What to make of a failure code: by blame and retry of the catalogue, but for a few with a meaning of their own. */
export function judge(code: ErrorCode): Verdict {
  return exceptions[code] ?? judgeByBlame(code);
}

function judgeByBlame(code: ErrorCode): Verdict {
  const { blame, retry } = catalogue[code];
  switch (blame) {
    case "input":
    case "settings":
      return retry === "never" ? "fatal" : "worker";
    case "disk":
      return retry === "never" ? "fatal" : "hold";
    case "network":
      return "network";
    case "worker":
    case "install":
    case "peer":
    case "bug":
      return "worker";
  }
}

/** Books the failure of an attempt that has ended already and draws the consequences. */
export function recordFailure(
  turn: Turn,
  attempt: Attempt,
  code: ErrorCode,
): void {
  const { job, task } = attempt;
  const verdict = judge(code);
  if (verdict === "innocent") return;
  const record = {
    taskId: task.taskId,
    workerId: attempt.workerId,
    code,
    atMs: turn.state.callerMs ?? turn.nowMs,
  };
  // The master's own trouble says nothing of the task or the worker.
  if (verdict !== "hold") task.failures.push(record);
  remember(job.failures, record);
  if (verdict === "fatal") return failJob(turn, job, code, [record]);
  if (verdict === "hold") return holdJob(turn, job, code);
  if (verdict === "whole") return makeWhole(turn, job, code);
  const worker = turn.state.workers.get(attempt.workerId);
  if (worker !== undefined && verdict !== "cut")
    blameWorker(turn, worker, attempt, code, verdict);
  judgeTask(turn, job, task, code);
}

const rememberedFailures = 50;

function remember<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > rememberedFailures) list.shift();
}

/** Whether the failures of a task say that the job cannot be done (this way). */
function judgeTask(turn: Turn, job: Job, task: Task, code: ErrorCode): void {
  const { config } = turn.state;
  const counted = task.failures.filter((f) => judge(f.code) === "worker");
  const cuts = task.failures.filter((f) => judge(f.code) === "cut").length;
  const workers = new Set(counted.map((f) => f.workerId)).size;
  const miscounted = new Set(
    counted
      .filter(
        (f) => f.code === "frame-count-wrong" || f.code === "timestamps-wrong",
      )
      .map((f) => f.workerId),
  ).size;
  // Two honest workers that count other frames than the index promised: the cut is wrong, not they.
  const lone =
    countEligible(turn.state, job, needsOf(job, task), turn.nowMs) < 2;
  if (
    cuts >= 2 ||
    miscounted >= 2 ||
    (lone && miscounted > 0 && counted.length >= 2)
  )
    if (job.splittable && task.kind === "video")
      return makeWhole(turn, job, code);
  const needed = Math.min(
    config.workersPerTask,
    Math.max(1, countEligible(turn.state, job, needsOf(job, task), turn.nowMs)),
  );
  const everywhere =
    workers >= needed && counted.length >= config.workersPerTask;
  if (
    everywhere ||
    cuts >= config.workersPerTask ||
    task.failures.length >= config.taskFailureBudget
  )
    failJob(turn, job, "failed-everywhere", [...task.failures]);
}

function blameWorker(
  turn: Turn,
  worker: Worker,
  attempt: Attempt,
  code: ErrorCode,
  verdict: Verdict,
): void {
  const { config } = turn.state;
  const { job, task } = attempt;
  const needs = needsOf(job, task);
  const key = blockKey(needs);
  const strikes = worker.strikes.get(key) ?? { inRow: 0, timesBlocked: 0 };
  worker.strikes.set(key, strikes);
  strikes.inRow++;
  worker.restUntilMs =
    turn.nowMs +
    Math.min(config.restMs * 2 ** (strikes.inRow - 1), config.restMaxMs);
  const sameTask = task.failures.filter(
    (f) => f.workerId === worker.workerId,
  ).length;
  const deserved =
    verdict === "unfit" ||
    strikes.inRow >= config.failuresInRow ||
    sameTask >= config.sameTaskFailures;
  // Setting the only able worker aside would help nobody: its tasks run into their own budget.
  if (deserved && someoneElse(turn, worker, job, needs))
    block(turn, worker, key, code);
}

function someoneElse(
  turn: Turn,
  worker: Worker,
  job: Job,
  needs: readonly string[],
): boolean {
  for (const other of turn.state.workers.values())
    if (other !== worker && isEligible(other, job, needs, turn.nowMs))
      return true;
  return false;
}

/** Sets a worker aside for one encoder: twice as long each time, with one try after it. */
function block(turn: Turn, worker: Worker, key: string, code: ErrorCode): void {
  const { config } = turn.state;
  const strikes = worker.strikes.get(key)!;
  const lastsMs = Math.min(
    config.blockMs * 2 ** strikes.timesBlocked,
    config.blockMaxMs,
  );
  strikes.timesBlocked++;
  strikes.inRow = config.failuresInRow - 1;
  const untilMs = turn.nowMs + lastsMs;
  worker.blocks.set(key, { capability: key, code, untilMs });
  turn.effects.push({
    type: "block-worker",
    workerId: worker.workerId,
    capability: key,
    code,
    untilMs: callerTime(turn.state, untilMs),
  });
  wakeWorkers(turn);
}

/** A person trusts the worker again. */
export function forgive(turn: Turn, worker: Worker): void {
  worker.blocks.clear();
  worker.strikes.clear();
  worker.restUntilMs = 0;
  wakeWorkers(turn);
}
