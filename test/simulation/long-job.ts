/** A job of very many segments on a large farm, for the cost of a step (S90). */
import type { AttemptId, TaskId } from "../../src-main/core/identifiers.ts";
import type { SchedulerEffect } from "../../src-main/core/scheduler/effects.ts";
import type {
  JobSpec,
  SchedulerEvent,
} from "../../src-main/core/scheduler/events.ts";
import type { SchedulerState } from "../../src-main/core/scheduler/state.ts";
import type { Core } from "./core.ts";
import { deviceId, jobIdOf } from "./names.ts";

/** Frames per segment: ten seconds at 25 frames per second. */
const segmentFrames = 250;

interface LongJob {
  readonly segments: number;
  /** Of these, so many were done before. */
  readonly restored: number;
}

/**
 * Runs a job of `segments` equal segments on `workers` workers from its first
 * to its last step. `watch` does each step and may measure it.
 */
export function runLongJob(
  core: Core,
  workers: number,
  { segments, restored }: LongJob,
  watch: (
    step: () => void,
    event: SchedulerEvent,
    state: SchedulerState,
  ) => void,
): void {
  const state = core.createScheduler();
  const pending: AttemptId[] = [];
  let nowMs = 0;
  const tell = (event: SchedulerEvent): void => {
    let effects: SchedulerEffect[] = [];
    watch(
      () => {
        ({ effects } = core.step(state, event, nowMs));
      },
      event,
      state,
    );
    for (const effect of effects)
      if (effect.type === "assign") pending.push(effect.assignment.attemptId);
  };
  const workerIds = Array.from({ length: workers }, (_, index) =>
    deviceId(`w${index}`),
  );
  for (const workerId of workerIds)
    tell({
      type: "worker-joined",
      worker: {
        workerId,
        capabilities: ["e"],
        slots: 1,
        isLocal: false,
        running: [],
      },
    });
  tell({ type: "job-added", job: longJob(segments, restored) });
  for (let count = 0; pending.length > 0; count++) {
    nowMs += 10;
    const attemptId = pending.shift()!;
    tell({ type: "worker-heard", workerId: workerIds[count % workers]! });
    tell({ type: "attempt-started", attemptId });
    tell({
      type: "attempt-progressed",
      attemptId,
      framesDone: 100,
      framesFed: 200,
    });
    tell({ type: "attempt-verified", attemptId, sizeBytes: 1 });
  }
}

function longJob(segments: number, restored: number): JobSpec {
  const frames = segments * segmentFrames;
  return {
    jobId: jobIdOf("j"),
    priority: 0,
    needs: ["e"],
    framesPerSecond: 25,
    splittable: true,
    fixedSegmentS: segmentFrames / 25,
    allowedWorkers: null,
    knownFrames: frames,
    timelineComplete: true,
    cutPoints: Array.from({ length: frames / 50 }, (_, index) => index * 50),
    firstStage: {
      stage: 0,
      ranges: [{ startFrame: 0, endFrame: frames }],
      restored: Array.from({ length: restored }, (_, index) => ({
        startFrame: index * segmentFrames,
        endFrame: (index + 1) * segmentFrames,
        taskId: `r${index}` as TaskId,
      })),
      restoredWholeTasks: [],
      wholeTasks: [],
    },
    paused: false,
  };
}
