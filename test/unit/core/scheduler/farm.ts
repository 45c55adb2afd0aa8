/** A small farm told event by event, for tests of single rules. */
import type {
  AttemptId,
  TaskId,
} from "../../../../src-main/core/identifiers.ts";
import type { SchedulerConfig } from "../../../../src-main/core/scheduler/config.ts";
import type {
  Assignment,
  SchedulerEffect,
} from "../../../../src-main/core/scheduler/effects.ts";
import type {
  InheritedAttempt,
  JobSpec,
  SchedulerEvent,
  StageSpec,
  WorkerSpec,
} from "../../../../src-main/core/scheduler/events.ts";
import { checkInvariants } from "../../../../src-main/core/scheduler/invariants.ts";
import {
  createScheduler,
  type SchedulerState,
} from "../../../../src-main/core/scheduler/state.ts";
import { step } from "../../../../src-main/core/scheduler/step.ts";
import { deviceId, jobIdOf } from "../../../simulation/names.ts";

export const attemptIdOf = (text: string): AttemptId => text as AttemptId;
export const taskIdOf = (text: string): TaskId => text as TaskId;

export class Farm {
  readonly state: SchedulerState;
  nowMs = 0;

  constructor(config: Partial<SchedulerConfig> = {}) {
    this.state = createScheduler(config);
  }

  /** Tells an event and checks the invariants; returns the effects. */
  tell(event: SchedulerEvent): SchedulerEffect[] {
    const { effects } = step(this.state, event, this.nowMs);
    const broken = checkInvariants(this.state);
    if (broken.length > 0) throw new Error(broken.join("; "));
    return effects;
  }

  join(name: string, spec: Partial<WorkerSpec> = {}): SchedulerEffect[] {
    return this.tell({
      type: "worker-joined",
      worker: {
        workerId: deviceId(name),
        capabilities: ["encoder:a", "audio:x"],
        slots: 1,
        isLocal: false,
        running: [],
        ...spec,
      },
    });
  }

  /** A job of so many frames, all known, 25 a second. */
  add(
    name: string,
    frames: number,
    spec: Partial<JobSpec> = {},
    stage: Partial<StageSpec> = {},
  ): SchedulerEffect[] {
    return this.tell({
      type: "job-added",
      job: {
        jobId: jobIdOf(name),
        priority: 0,
        needs: ["encoder:a"],
        framesPerSecond: 25,
        splittable: true,
        fixedSegmentS: null,
        allowedWorkers: null,
        knownFrames: frames,
        timelineComplete: true,
        cutPoints: [],
        firstStage: {
          stage: 0,
          ranges: [{ startFrame: 0, endFrame: frames }],
          restored: [],
          restoredWholeTasks: [],
          wholeTasks: [],
          ...stage,
        },
        paused: false,
        ...spec,
      },
    });
  }

  /** Tells of an attempt of an earlier life at frames of job `j`, on worker `w`. */
  inherit(
    id: string,
    startFrame: number,
    endFrame: number,
    more: Partial<InheritedAttempt> = {},
  ): SchedulerEffect[] {
    return this.tell({
      type: "attempt-inherited",
      attempt: {
        attemptId: attemptIdOf(id),
        jobId: jobIdOf("j"),
        stage: 0,
        taskId: taskIdOf(`task-of-${id}`),
        workerId: deviceId("w"),
        range: { startFrame, endFrame },
        isLast: false,
        ...more,
      },
    });
  }

  verify(id: string): SchedulerEffect[] {
    return this.tell({
      type: "attempt-verified",
      attemptId: attemptIdOf(id),
      sizeBytes: 1,
    });
  }
}

/** The orders among effects. */
export const assignmentsIn = (
  effects: readonly SchedulerEffect[],
): Assignment[] =>
  effects.flatMap((effect) =>
    effect.type === "assign" ? [effect.assignment] : [],
  );

/** Ids of attempts cancelled for a reason. */
export const cancelledIn = (
  effects: readonly SchedulerEffect[],
  reason: string,
): string[] =>
  effects.flatMap((effect) =>
    effect.type === "cancel" && effect.reason === reason
      ? [effect.attemptId]
      : [],
  );
