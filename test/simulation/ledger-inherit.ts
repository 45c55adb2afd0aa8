/** What must hold when a restarted master finds an attempt of an earlier life alive. */
import type { LedgerAttempt, LedgerJob } from "./ledger-entries.ts";
import type { Ledger } from "./ledger.ts";

export interface Verdict {
  /** Why going on with it would be wrong. */
  readonly mustRefuse: string | null;
  /** Whether something besides could speak against it that is not seen from here for certain. */
  readonly mayRefuse: boolean;
}

/** Judges by what was ordered and verified, before the scheduler does. `isStopped`: the job failed, or waits for the master's disk. */
export function judgeInheritance(
  ledger: Ledger,
  attempt: LedgerAttempt,
  isStopped: boolean,
): Verdict {
  const job = ledger.jobs.get(attempt.assignment.jobId);
  const mustRefuse =
    job === undefined ? "its job is unknown" : against(ledger, attempt, job);
  return {
    mustRefuse,
    mayRefuse:
      isStopped || hasTraces(ledger, attempt) || job?.complete !== true,
  };
}

function against(
  ledger: Ledger,
  attempt: LedgerAttempt,
  job: LedgerJob,
): string | null {
  const { assignment, startFrame, endFrame } = attempt;
  const { kind, taskId, workerId, stage } = assignment;
  if (job.ended) return "its job has ended";
  if (stage !== job.stage || job.completedInLife) return "its stage is over";
  if (job.remaking) return "its job is being made whole";
  if (!ledger.workers.get(workerId)!.session) return "its worker is not there";
  if (!(job.allowed?.has(workerId) ?? true)) return "its worker is not chosen";
  for (const rival of ledger.live)
    if (rival !== attempt && competes(attempt, rival))
      return `${rival.assignment.attemptId} works on these frames`;
  if (kind === "audio")
    return job.restoredWhole.has(taskId) ? "it is done" : null;
  if (job.whole && endFrame - startFrame !== job.frames)
    return "the job is whole now";
  if (endFrame > job.knownFrames) return "its frames are not known";
  for (const [start, end] of job.restored.values())
    if (start < endFrame && startFrame < end) return "its frames are done";
  return null;
}

/** Whether some other attempt at these frames, or at its task, was ever ordered. */
function hasTraces(ledger: Ledger, attempt: LedgerAttempt): boolean {
  for (const other of ledger.attempts.values()) {
    if (other === attempt) continue;
    if (other.assignment.taskId === attempt.assignment.taskId) return true;
    if (other.good && competes(attempt, other)) return true;
  }
  return false;
}

function competes(a: LedgerAttempt, b: LedgerAttempt): boolean {
  const { jobId, stage, kind, taskId } = a.assignment;
  const other = b.assignment;
  if (other.jobId !== jobId || other.stage !== stage || other.kind !== kind)
    return false;
  return kind === "audio"
    ? other.taskId === taskId
    : a.startFrame < b.endFrame && b.startFrame < a.endFrame;
}
