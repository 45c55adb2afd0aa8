import { overlaps } from "./intervals.ts";
import type { Attempt, Job, SchedulerState, VideoTask } from "./state.ts";
import { stageDone } from "./timeline.ts";

/**
 * What must hold after every step, as sentences about what does not; empty when
 * all is well. O(everything): for tests, and now and then in production.
 */
export function checkInvariants(state: SchedulerState): string[] {
  const broken: string[] = [];
  const expect = (holds: boolean, what: string): void => {
    if (!holds) broken.push(what);
  };
  expect(
    state.order.length === state.jobs.size,
    "the queue has every job once",
  );
  for (const [at, job] of state.order.entries()) {
    const before = state.order[at - 1];
    expect(
      before === undefined || before.priority >= job.priority,
      "the queue is in order of priority",
    );
    checkJob(state, job, expect);
  }
  checkAttempts(state, expect);
  return broken;
}

type Expect = (holds: boolean, what: string) => void;

function checkJob(state: SchedulerState, job: Job, expect: Expect): void {
  const { stage } = job;
  const name = `job ${job.jobId}`;
  const pieces: { startFrame: number; endFrame: number }[] = [
    ...stage.fresh.slice(stage.freshHead),
    ...stage.returned,
    ...stage.running,
  ];
  pieces.sort((a, b) => a.startFrame - b.startFrame);
  let frames = stage.verified.frames;
  let end = -1;
  for (const piece of pieces) {
    expect(
      piece.endFrame > piece.startFrame,
      `${name}: every piece has frames`,
    );
    expect(
      piece.startFrame >= end,
      `${name}: pieces do not overlap at ${piece.startFrame}`,
    );
    expect(
      !overlaps(stage.verified, piece.startFrame, piece.endFrame),
      `${name}: verified frames at ${piece.startFrame} are not done again`,
    );
    frames += piece.endFrame - piece.startFrame;
    end = piece.endFrame;
  }
  expect(
    frames === stage.totalFrames,
    `${name}: every frame is in one place (${frames} of ${stage.totalFrames})`,
  );
  expect(
    end <= job.knownFrames || pieces.length === 0,
    `${name}: no work beyond the known frames`,
  );
  for (const task of stage.returned)
    expect(task.attempts.length === 0, `${name}: open tasks have no attempt`);
  for (const task of stage.running) checkRunning(name, task, expect);
  const running = [...job.attempts.values()];
  const mayRun =
    job.status.kind === "open" &&
    (!job.paused || running.every((attempt) => attempt.outlivesPause));
  expect(
    mayRun || running.length === 0,
    `${name}: nothing runs while it does not go on`,
  );
  expect(
    job.status.kind !== "open" || !stageDone(job),
    `${name}: a finished stage is reported`,
  );
  for (const attempt of running) {
    expect(
      state.attempts.get(attempt.attemptId) === attempt,
      `${name}: its attempts are known`,
    );
    expect(
      attempt.stage === stage.stage,
      `${name}: its attempts are of the present stage`,
    );
  }
}

function checkRunning(name: string, task: VideoTask, expect: Expect): void {
  expect(task.attempts.length > 0, `${name}: running tasks have an attempt`);
  expect(task.attempts.length <= 2, `${name}: at most one duplicate`);
  expect(
    new Set(task.attempts.map((attempt) => attempt.workerId)).size ===
      task.attempts.length,
    `${name}: a duplicate runs on another worker`,
  );
  for (const attempt of task.attempts)
    expect(
      attempt.startFrame === task.startFrame &&
        attempt.endFrame <= task.endFrame,
      `${name}: attempts lie in their task`,
    );
}

function checkAttempts(state: SchedulerState, expect: Expect): void {
  let held = 0;
  for (const worker of state.workers.values()) {
    held += worker.attempts.length;
    expect(
      worker.presence === "present" || worker.attempts.length === 0,
      `worker ${worker.workerId}: absent workers hold nothing`,
    );
    for (const attempt of worker.attempts)
      checkAttempt(state, attempt, worker.workerId, expect);
  }
  expect(held === state.attempts.size, "every attempt is held by a worker");
  for (const id of state.lost.keys())
    expect(!state.attempts.has(id), `attempt ${id} is live or lost`);
}

function checkAttempt(
  state: SchedulerState,
  attempt: Attempt,
  workerId: string,
  expect: Expect,
): void {
  const name = `attempt ${attempt.attemptId}`;
  expect(attempt.workerId === workerId, `${name} is held by its worker`);
  expect(
    attempt.task.attempts.includes(attempt),
    `${name} is known to its task`,
  );
  expect(
    state.jobs.get(attempt.job.jobId) === attempt.job,
    `${name} is of a job in the queue`,
  );
}
