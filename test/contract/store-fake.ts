/**
 * A store that forgets everything at its end: plain maps, written apart from
 * the real one, so that the two check each other.
 */
import { Failure } from "../../src-main/core/errors.ts";
import type { AttemptId, JobId } from "../../src-main/core/identifiers.ts";
import {
  defaultSettings,
  settingsSchema,
} from "../../src-main/protocol/settings.ts";
import type { Settings } from "../../src-main/protocol/settings.ts";
import type {
  JobEvent,
  JobRecord,
  StoredAttempt,
  StoredJob,
  StoredSegment,
} from "../../src-main/protocol/stored-job.ts";
import type { NodeStore } from "../../src-main/store/node-store.ts";

interface FakeJob {
  record: JobRecord;
  segments: StoredSegment[];
  events: JobEvent[];
}

const keptEvents = 200;

/** Everything is done before a method returns, so there are no turns to wait for. */
export function fakeNodeStore(initial: Partial<Settings> = {}): NodeStore {
  let settings: Settings = { ...defaultSettings, ...initial };
  let queue: FakeJob[] = [];
  let attempts: StoredAttempt[] = [];
  const find = (id: JobId): FakeJob => {
    const job = queue.find((one) => one.record.id === id);
    if (!job) throw new Failure("job-unknown", id);
    return job;
  };
  return {
    folder: "",
    get settings() {
      return settings;
    },
    async updateSettings(change) {
      if (!settingsSchema.safeParse({ ...settings, ...change }).success)
        throw new Failure("usage", "settings");
      settings = { ...settings, ...change };
    },
    jobs: () => queue.map(view),
    job(id) {
      const job = queue.find((one) => one.record.id === id);
      return job ? view(job) : null;
    },
    async jobDetails(id) {
      const { segments, events } = find(id);
      return { segments: [...segments], events: [...events] };
    },
    async putJob(job) {
      const record = Object.fromEntries(
        Object.entries(job).filter(([name]) => name !== "segmentSummary"),
      ) as unknown as JobRecord;
      const known = queue.find((one) => one.record.id === job.id);
      if (known) known.record = record;
      else queue.push({ record, segments: [], events: [] });
    },
    async moveJob(id, beforeId) {
      const job = find(id);
      if (beforeId !== null) find(beforeId);
      if (id === beforeId) return;
      const rest = queue.filter((one) => one !== job);
      const before =
        beforeId === null ? rest.length : rest.indexOf(find(beforeId));
      queue = [...rest.slice(0, before), job, ...rest.slice(before)];
    },
    async removeJob(id) {
      const job = find(id);
      queue = queue.filter((one) => one !== job);
      attempts = attempts.filter((one) => one.jobId !== id);
    },
    async recordSegment(jobId, segment) {
      const job = find(jobId);
      const at = job.segments.findIndex(
        ({ taskId, stage }) =>
          taskId === segment.taskId && stage === segment.stage,
      );
      if (at >= 0) job.segments[at] = segment;
      else job.segments.push(segment);
      job.segments.sort((a, b) => a.stage - b.stage);
    },
    async dropSegments(jobId, which = {}) {
      const job = find(jobId);
      const isMeant = (one: StoredSegment): boolean =>
        (which.stage === undefined || one.stage === which.stage) &&
        (which.taskIds === undefined || which.taskIds.includes(one.taskId));
      job.segments = job.segments.filter((one) => !isMeant(one));
    },
    async recordEvent(jobId, event) {
      const job = find(jobId);
      job.events = [...job.events, event].slice(-keptEvents);
    },
    attempts: () => [...attempts],
    async recordAttempt(attempt) {
      find(attempt.jobId);
      const at = attempts.findIndex(
        (one) => one.attemptId === attempt.attemptId,
      );
      if (at >= 0) attempts[at] = attempt;
      else attempts.push(attempt);
    },
    async endAttempt(attemptId: AttemptId) {
      attempts = attempts.filter((one) => one.attemptId !== attemptId);
    },
    async flush() {
      await Promise.resolve();
    },
    async close() {
      await Promise.resolve();
    },
  };
}

function view({ record, segments }: FakeJob): StoredJob {
  const frames = segments.map(({ range }) =>
    range ? range.endFrame - range.startFrame : 0,
  );
  return {
    ...record,
    segmentSummary: {
      count: segments.length,
      frames: frames.reduce((a, b) => a + b, 0),
      sizeBytes: segments.reduce((sum, one) => sum + one.sizeBytes, 0),
    },
  };
}
