/** What must hold of every order. */
import type { Assignment } from "../../src-main/core/scheduler/effects.ts";
import type { LedgerAttempt, LedgerJob } from "./ledger-entries.ts";
import type { Ledger } from "./ledger.ts";

export function checkAssign(
  ledger: Ledger,
  assignment: Assignment,
  masterMs: number,
): void {
  const { attemptId, jobId, workerId } = assignment;
  const job = ledger.jobs.get(jobId);
  const worker = ledger.workers.get(workerId);
  const name = `assign ${attemptId} of ${jobId} to ${workerId}`;
  ledger.expect(
    !ledger.attempts.has(attemptId),
    () => `${name}: the id was used before`,
  );
  if (job === undefined || worker === undefined)
    return ledger.complain(`${name}: unknown job or worker`);
  ledger.expect(
    !job.ended && !job.paused && !ledger.queuePaused,
    () => `${name}: the job or queue does not run`,
  );
  ledger.expect(
    worker.session && worker.availability === "ready",
    () => `${name}: the worker takes no work`,
  );
  ledger.expect(
    job.allowed === null || job.allowed.has(workerId),
    () => `${name}: not chosen`,
  );
  ledger.expect(!job.remaking, () => `${name}: the job is being made whole`);
  const need = assignment.kind === "audio" ? "audio:x" : job.encoder;
  ledger.expect(
    worker.capabilities.includes(need),
    () => `${name}: the worker lacks ${need}`,
  );
  const held = [...ledger.live].filter(
    (other) => other.assignment.workerId === workerId,
  ).length;
  ledger.expect(
    held < worker.slots * 2,
    () => `${name}: it holds ${held} already`,
  );
  ledger.expect(
    assignment.stage === job.stage,
    () => `${name}: stage ${assignment.stage} is not current`,
  );
  const range =
    assignment.kind === "video"
      ? assignment.range
      : { startFrame: 0, endFrame: 0 };
  if (assignment.kind === "video") checkRange(ledger, name, job, assignment);
  checkOthers(ledger, name, assignment, range);
  checkSecondTry(ledger, name, job, assignment, need, masterMs);
  const entry: LedgerAttempt = {
    assignment,
    ...range,
    fedReported: 0,
    state: "live",
    good: false,
    assignedAtMs: masterMs,
  };
  ledger.attempts.set(attemptId, entry);
  ledger.live.add(entry);
}

function checkRange(
  ledger: Ledger,
  name: string,
  job: LedgerJob,
  { range, isLast }: Assignment & { kind: "video" },
): void {
  const { startFrame, endFrame } = range;
  ledger.expect(
    startFrame >= 0 && startFrame < endFrame && endFrame <= job.knownFrames,
    () => `${name}: bad range ${startFrame}-${endFrame} of ${job.knownFrames}`,
  );
  ledger.expect(
    isLast === (endFrame === job.frames && job.complete),
    () => `${name}: isLast is ${isLast} at ${endFrame} of ${job.frames}`,
  );
  ledger.expect(
    job.complete || endFrame < job.knownFrames,
    () => `${name}: the end is not known to be one`,
  );
  ledger.expect(
    !job.whole || (startFrame === 0 && endFrame === job.frames),
    () => `${name}: a whole job was cut`,
  );
}

/** A worker that failed a task has it again only when no other could. */
function checkSecondTry(
  ledger: Ledger,
  name: string,
  job: LedgerJob,
  { taskId, workerId }: Assignment,
  need: string,
  masterMs: number,
): void {
  const failed = new Set(
    (ledger.failedTasks.get(taskId) ?? [])
      .filter((f) => f.counts)
      .map((f) => f.worker),
  );
  if (ledger.clockJumps || !failed.has(workerId)) return;
  for (const other of ledger.workers.values())
    ledger.expect(
      failed.has(other.name) ||
        !other.session ||
        other.availability === "suspended" ||
        !other.capabilities.includes(need) ||
        !(job.allowed?.has(other.name) ?? true) ||
        (other.blocks.get(need) ?? 0) > masterMs,
      () => `${name}: it failed this task, ${other.name} did not`,
    );
}

function checkOthers(
  ledger: Ledger,
  name: string,
  assignment: Assignment,
  range: { startFrame: number; endFrame: number },
): void {
  const { jobId, taskId, workerId, kind } = assignment;
  const rivals = [...ledger.live].filter(
    (other) =>
      other.assignment.jobId === jobId &&
      other.assignment.kind === kind &&
      (kind === "audio"
        ? other.assignment.taskId === taskId
        : other.startFrame < range.endFrame &&
          range.startFrame < other.endFrame),
  );
  ledger.expect(
    rivals.length <= 1,
    () => `${name}: ${rivals.length} others work on these frames`,
  );
  ledger.expect(
    assignment.isDuplicate === rivals.length > 0,
    () => `${name}: isDuplicate is wrong`,
  );
  for (const rival of rivals) {
    ledger.expect(
      rival.assignment.taskId === taskId,
      () => `${name}: overlaps another task`,
    );
    ledger.expect(
      rival.assignment.workerId !== workerId,
      () => `${name}: duplicate on the same worker`,
    );
  }
}
