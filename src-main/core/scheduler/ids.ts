/** Ids of tasks and attempts: counted behind the prefix of this start of the master. */
import type { AttemptId, TaskId } from "../identifiers.ts";
import type { SchedulerState } from "./state.ts";

/** An id no task had before. */
export function nextTaskId(state: SchedulerState): TaskId {
  state.taskCounter++;
  return `${state.config.idPrefix}t${state.taskCounter}` as TaskId;
}

/** An id no attempt had before. */
export function nextAttemptId(state: SchedulerState): AttemptId {
  state.attemptCounter++;
  return `${state.config.idPrefix}a${state.attemptCounter}` as AttemptId;
}

/**
 * Never gives out an id again that outlived the master. Prefixes differ at
 * every start, but a random one may come twice.
 */
export function keepClear(state: SchedulerState, ids: Iterable<string>): void {
  const { idPrefix } = state.config;
  for (const id of ids) {
    if (!id.startsWith(idPrefix)) continue;
    const count = Number(
      /^[at](\d{1,15})$/.exec(id.slice(idPrefix.length))?.[1],
    );
    if (!(count > 0)) continue;
    // A finished piece may be kept under its attempt's id.
    state.taskCounter = Math.max(state.taskCounter, count);
    state.attemptCounter = Math.max(state.attemptCounter, count);
  }
}
