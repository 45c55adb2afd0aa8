import { expect, test } from "vitest";
import type { DeviceId, TaskId } from "../../../src-main/core/identifiers.ts";
import type { Job } from "../../../src-main/master/job.ts";
import { partsMade } from "../../../src-main/master/parts-made.ts";
import { exampleJob } from "./example-job.ts";

const attic = "a".repeat(64) as DeviceId;

function finish(
  job: Job,
  name: string,
  startFrame: number,
  endFrame: number,
  workerId: DeviceId | null,
): void {
  const id = name as TaskId;
  job.finished.set(id, {
    taskId: id,
    recordId: id,
    workerId,
    startFrame,
    endFrame,
    file: `/nowhere/${name}`,
    sizeBytes: 1,
    frames: endFrame - startFrame,
  });
}

test("parts come in the film's order, what was not made lies between them", () => {
  const job = exampleJob("film", { durationS: 100 });
  const frames = 100 * job.framesPerSecond;
  finish(job, "later", frames / 2, 0.75 * frames, null);
  finish(job, "first", 0, frames / 4, attic);
  job.audioFile = "/nowhere/sound";
  expect(
    partsMade(job).map(({ kind, state, startRatio, endRatio, workerIds }) => [
      kind,
      state,
      Math.round(startRatio * 100) / 100,
      Math.round(endRatio * 100) / 100,
      workerIds,
    ]),
  ).toEqual([
    ["video", "verified", 0, 0.25, [attic]],
    ["video", "waiting", 0.25, 0.5, []],
    ["video", "verified", 0.5, 0.75, []],
    ["video", "waiting", 0.75, 1, []],
    ["audio", "verified", 0, 1, []],
  ]);
});

test("a job of which nothing is finished has no parts to show", () => {
  expect(partsMade(exampleJob("film"))).toEqual([]);
});
