import { expect, test } from "vitest";
import { FrameIndex } from "../../../src-main/core/frame-index.ts";
import type {
  AttemptId,
  DeviceId,
  TaskId,
} from "../../../src-main/core/identifiers.ts";
import type { Assignment } from "../../../src-main/core/scheduler/effects.ts";
import type { Binaries } from "../../../src-main/media/binaries.ts";
import type { VideoFilters } from "../../../src-main/core/recipe.ts";
import { videoWork } from "../../../src-main/master/attempt-work.ts";
import type { AttemptWork } from "../../../src-main/master/master-attempt.ts";
import type { Job } from "../../../src-main/master/job.ts";
import { exampleJob } from "./example-job.ts";

const seconds = 60;
const segmentFrames = 300;
const mebi = 2 ** 20;
const liar = "a".repeat(64) as DeviceId;
const honest = "b".repeat(64) as DeviceId;

function indexedJob(): Job {
  const job = exampleJob("film");
  const index = new FrameIndex({ numerator: 1, denominator: 30_000 });
  for (let n = 0; n < seconds * 30; n += 1)
    index.addPacket({
      pts: n * 1001,
      dts: n * 1001,
      isKey: n % 30 === 0,
      isDiscard: false,
      isCorrupt: false,
    });
  index.finish();
  job.index = index;
  job.choice = { kind: "ranges" };
  return job;
}

/** The second ten seconds, at the liar's. */
function work(job: Job, filters: Partial<VideoFilters> = {}): AttemptWork {
  const encode = job.media.plan.encode!;
  const assignment = {
    kind: "video",
    attemptId: "a1" as AttemptId,
    jobId: job.id,
    taskId: "t2" as TaskId,
    workerId: liar,
    stage: 0,
    range: { startFrame: segmentFrames, endFrame: 2 * segmentFrames },
    isLast: false,
  } as Extract<Assignment, { kind: "video" }>;
  return videoWork({} as Binaries, job, assignment, {
    ...encode,
    filters: { ...encode.filters, ...filters },
  });
}

/** What the liar may hand in for them. */
function allowedBytes(job: Job): number {
  return work(job).order.maxOutputBytes;
}

/** Four parts of one worker's, of so many bytes each. */
function finish(job: Job, workerId: DeviceId, sizeBytes: number): void {
  for (let n = 2; n < 6; n += 1)
    job.finished.set(`t${String(n)}` as TaskId, {
      taskId: `t${String(n)}` as TaskId,
      recordId: `t${String(n)}` as TaskId,
      workerId,
      startFrame: n * segmentFrames,
      endFrame: (n + 1) * segmentFrames,
      file: "",
      sizeBytes,
      frames: segmentFrames,
    });
}

test("a worker may hand in so much as the source and others' parts give reason for, and never by its own word", () => {
  const job = indexedJob();
  const { facts, plan } = job.media;
  const picture = plan.output!.width * plan.output!.height * 1.5;
  const bySource = allowedBytes(job);
  expect(bySource).toBeLessThan((picture * segmentFrames) / 2);
  expect(bySource).toBeGreaterThan((8 * facts.sizeBytes * 10) / seconds);

  finish(job, liar, 1000);
  expect(allowedBytes(job)).toBe(bySource);
  finish(job, honest, mebi);
  expect(allowedBytes(job)).toBe(64 * mebi);
  job.oversizedResults = 1;
  expect(allowedBytes(job)).toBe(512 * mebi);
});

test("a wrong count puts the beginning with the own keyframe in doubt, once for a job, before it counts against anybody", () => {
  const job = indexedJob();
  const early = work(job, { deinterlace: "off", denoise: "off" });
  expect(early.meaningOf?.("encoder-failed")).toBe("encoder-failed");
  expect(job.keyframes.allows(10)).toBe(true);
  expect(early.meaningOf?.("frame-count-wrong")).toBe("start-not-clean");
  expect(job.keyframes.allows(10)).toBe(false);
  const again = work(job, { deinterlace: "off", denoise: "off" });
  expect(again.meaningOf?.("timestamps-wrong")).toBe("timestamps-wrong");
});

test("a part whose filters look back never began with its own keyframe", () => {
  const job = indexedJob();
  const filtered = work(job, { denoise: "light" });
  expect(filtered.meaningOf?.("frame-count-wrong")).toBe("frame-count-wrong");
  expect(job.keyframes.allows(10)).toBe(true);
});
