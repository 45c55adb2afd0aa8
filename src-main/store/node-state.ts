/** What the journal's lines do to a node's data. Pure: no disk, no clock. */
import { unreachable } from "../core/assert.ts";
import type { AttemptId, JobId } from "../core/identifiers.ts";
import type { Settings } from "../protocol/settings.ts";
import type {
  IndexDocument,
  IndexedJob,
  JournalEntry,
} from "../protocol/stored-documents.ts";
import type {
  JobDetails,
  JobEvent,
  SegmentSummary,
  StoredAttempt,
  StoredJob,
  StoredSegment,
} from "../protocol/stored-job.ts";

/** Events kept per job; the oldest go first. A job that needs more is broken in one way. */
export const maxJobEvents = 200;

export const noDetails: JobDetails = { segments: [], events: [] };
const noSegments: SegmentSummary = { count: 0, frames: 0, sizeBytes: 0 };

interface QueuedJob extends IndexedJob {
  readonly view: StoredJob;
}

/** Everything but the jobs' segments and events. */
export interface NodeState {
  settings: Settings;
  /** Queue order. */
  order: JobId[];
  readonly jobs: Map<JobId, QueuedJob>;
  readonly attempts: Map<AttemptId, StoredAttempt>;
}

export function nodeStateOf(index: IndexDocument): NodeState {
  return {
    settings: index.settings,
    order: index.jobs.map(({ job }) => job.id),
    jobs: new Map(
      index.jobs.map(({ job, born, summary }) => [
        job.id,
        queued(born, summary, job),
      ]),
    ),
    attempts: new Map(index.attempts.map((one) => [one.attemptId, one])),
  };
}

/** The index as it stands at `sequence`; later changes do not reach it. */
export function indexOf(state: NodeState, sequence: number): IndexDocument {
  return {
    sequence,
    settings: state.settings,
    attempts: [...state.attempts.values()],
    jobs: state.order.flatMap((id) => state.jobs.get(id) ?? []),
  };
}

/** Applies one change. One for a job that is gone does nothing. */
export function applyEntry(
  state: NodeState,
  entry: JournalEntry,
  sequence: number,
): void {
  switch (entry.op) {
    case "settings":
      state.settings = { ...state.settings, ...entry.change };
      return;
    case "job":
      putJob(state, entry.job, sequence);
      return;
    case "move":
      moveJob(state, entry.id, entry.before);
      return;
    case "remove":
      removeJob(state, entry.id);
      return;
    case "segment":
    case "segments-dropped": {
      const old = state.jobs.get(entry.id);
      if (old)
        state.jobs.set(entry.id, queued(old.born, entry.summary, old.job));
      return;
    }
    case "event":
      return;
    case "attempt":
      if (state.jobs.has(entry.attempt.jobId))
        state.attempts.set(entry.attempt.attemptId, entry.attempt);
      return;
    case "attempt-ended":
      state.attempts.delete(entry.attemptId);
      return;
    default:
      unreachable(entry);
  }
}

/** What a change does to its job's segments and events; the same object when nothing. */
export function applyToDetails(
  details: JobDetails,
  entry: JournalEntry,
): JobDetails {
  switch (entry.op) {
    case "segment":
      return { ...details, segments: withSegment(details, entry.segment) };
    case "segments-dropped": {
      const { stage, taskIds } = entry;
      const segments = details.segments.filter(
        (one) =>
          (stage !== null && one.stage !== stage) ||
          (taskIds !== null && !taskIds.includes(one.taskId)),
      );
      return { ...details, segments };
    }
    case "event":
      return { ...details, events: withEvent(details, entry.event) };
    case "settings":
    case "job":
    case "move":
    case "remove":
    case "attempt":
    case "attempt-ended":
      return details;
    default:
      return unreachable(entry);
  }
}

/** The job whose segments or events a change touches, if it does. */
export function detailsTouched(entry: JournalEntry): JobId | null {
  const touches =
    entry.op === "segment" ||
    entry.op === "segments-dropped" ||
    entry.op === "event";
  return touches ? entry.id : null;
}

export function summaryOf(segments: readonly StoredSegment[]): SegmentSummary {
  let frames = 0;
  let sizeBytes = 0;
  for (const segment of segments) {
    if (segment.range)
      frames += segment.range.endFrame - segment.range.startFrame;
    sizeBytes += segment.sizeBytes;
  }
  return { count: segments.length, frames, sizeBytes };
}

function queued(
  born: number,
  summary: SegmentSummary,
  job: IndexedJob["job"],
): QueuedJob {
  return { born, summary, job, view: { ...job, segmentSummary: summary } };
}

function putJob(
  state: NodeState,
  job: IndexedJob["job"],
  sequence: number,
): void {
  const old = state.jobs.get(job.id);
  if (!old) state.order.push(job.id);
  state.jobs.set(
    job.id,
    queued(old?.born ?? sequence, old?.summary ?? noSegments, job),
  );
}

function moveJob(state: NodeState, id: JobId, before: JobId | null): void {
  if (id === before || !state.jobs.has(id)) return;
  const order = state.order.filter((other) => other !== id);
  const at = before === null ? -1 : order.indexOf(before);
  order.splice(at === -1 ? order.length : at, 0, id);
  state.order = order;
}

function removeJob(state: NodeState, id: JobId): void {
  if (!state.jobs.delete(id)) return;
  state.order = state.order.filter((other) => other !== id);
  for (const attempt of state.attempts.values())
    if (attempt.jobId === id) state.attempts.delete(attempt.attemptId);
}

function withSegment(
  { segments }: JobDetails,
  segment: StoredSegment,
): readonly StoredSegment[] {
  const at = segments.findIndex(
    (one) => one.taskId === segment.taskId && one.stage === segment.stage,
  );
  if (at !== -1) return segments.with(at, segment);
  const next = segments.findIndex((one) => one.stage > segment.stage);
  return next === -1
    ? [...segments, segment]
    : segments.toSpliced(next, 0, segment);
}

function withEvent(
  { events }: JobDetails,
  event: JobEvent,
): readonly JobEvent[] {
  return [...events, event].slice(-maxJobEvents);
}
