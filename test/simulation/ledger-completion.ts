/** What must hold when a stage is said to be complete, or a job to have failed. */
import type { SchedulerEffect } from "../../src-main/core/scheduler/effects.ts";
import type { LedgerJob } from "./ledger-entries.ts";
import type { Ledger } from "./ledger.ts";

export function checkCompletion(
  ledger: Ledger,
  effect: SchedulerEffect & { type: "complete-stage" },
): void {
  const job = ledger.jobs.get(effect.jobId);
  const name = `complete ${effect.jobId}/${effect.stage}`;
  if (job === undefined || job.ended)
    return ledger.complain(`${name}: unknown or ended`);
  ledger.expect(
    effect.stage === job.stage && !job.completedInLife,
    () => `${name}: not once`,
  );
  job.completedInLife = true;
  ledger.expect(!job.poison, () => `${name}: it cannot be done`);
  ledger.expect(
    job.complete,
    () => `${name}: the source is not read to its end`,
  );
  let end = 0;
  for (const segment of effect.segments) {
    ledger.expect(
      segment.startFrame === end,
      () =>
        `${name}: frame ${Math.min(end, segment.startFrame)} is missing or double`,
    );
    end = segment.endFrame;
    checkSegment(ledger, name, job, effect.stage, segment);
  }
  ledger.expect(
    end === job.frames,
    () => `${name}: ends at ${end} of ${job.frames}`,
  );
  const whole = new Map(
    effect.wholeTasks.map((task) => [task.taskId as string, task.attemptId]),
  );
  ledger.expect(
    whole.size === job.audioTasks.length,
    () => `${name}: whole tasks are wrong`,
  );
  for (const id of job.audioTasks) {
    const attempt = whole.get(id);
    const isRestored = attempt === null && job.restoredWhole.has(id);
    ledger.expect(
      isRestored ||
        (attempt != null && ledger.attempts.get(attempt)?.good === true),
      () => `${name}: whole task ${id} is not verified`,
    );
  }
}

function checkSegment(
  ledger: Ledger,
  name: string,
  job: LedgerJob,
  stage: number,
  segment: {
    startFrame: number;
    endFrame: number;
    taskId: string;
    attemptId: string | null;
  },
): void {
  const where = `${name} ${segment.startFrame}-${segment.endFrame}`;
  if (segment.attemptId === null) {
    const range = job.restored.get(segment.taskId);
    return ledger.expect(
      range?.[0] === segment.startFrame && range[1] === segment.endFrame,
      () => `${where}: was not restored`,
    );
  }
  const attempt = ledger.attempts.get(segment.attemptId);
  ledger.expect(
    attempt?.good === true,
    () => `${where}: ${segment.attemptId} was not verified`,
  );
  ledger.expect(
    attempt?.assignment.jobId === job.name &&
      attempt.assignment.stage === stage,
    () => `${where}: ${segment.attemptId} belongs elsewhere`,
  );
  ledger.expect(
    attempt?.startFrame === segment.startFrame &&
      attempt.endFrame === segment.endFrame,
    () =>
      `${where}: ${segment.attemptId} made ${attempt?.startFrame}-${attempt?.endFrame}`,
  );
}

export function checkFailJob(
  ledger: Ledger,
  effect: SchedulerEffect & { type: "fail-job" },
): void {
  const job = ledger.jobs.get(effect.jobId);
  ledger.expect(job !== undefined, () => `fail of unknown ${effect.jobId}`);
  ledger.expect(
    effect.failures.length > 0,
    () => `${effect.jobId} failed without reasons`,
  );
  if (effect.code !== "failed-everywhere") return;
  const task = effect.failures[0]!.taskId;
  const lies = effect.failures.filter((f) => f.code === "too-fast");
  const seen = [
    ...(ledger.failedTasks.get(task) ?? []).filter(
      (f) => f.code !== "too-fast",
    ),
    ...lies,
  ];
  ledger.expect(
    seen.length >= 3,
    () => `${effect.jobId} failed after ${seen.length} failures of ${task}`,
  );
}
