import { expect, test } from "vitest";
import type { DeviceId, TaskId } from "../../../src-main/core/identifiers.ts";
import type { SchedulerEvent } from "../../../src-main/core/scheduler/events.ts";
import {
  chooseOthers,
  repairJob,
} from "../../../src-main/master/job-repair.ts";
import type { Job } from "../../../src-main/master/job.ts";
import { exampleJob } from "./example-job.ts";

const [alice, bob] = ["a".repeat(64), "b".repeat(64)] as [DeviceId, DeviceId];

/** A job whose three parts are made; the second by Bob. */
function stitching(): Job {
  const job = exampleJob("film", { phase: "stitching" });
  for (const [at, workerId] of [alice, bob, alice].entries()) {
    const task = `t${String(at)}` as TaskId;
    job.finished.set(task, {
      taskId: task,
      recordId: `a${String(at)}` as TaskId,
      workerId,
      startFrame: at * 100,
      endFrame: at * 100 + 100,
      file: `/nowhere/${task}`,
      sizeBytes: 1,
      frames: 100,
    });
  }
  return job;
}

async function repair(
  job: Job,
  damaged: readonly string[],
  connected: readonly DeviceId[] = [alice, bob],
) {
  const events: SchedulerEvent[] = [];
  const dropped: unknown[] = [];
  const lines: string[] = [];
  const parts = await repairJob(job, {
    isClean: (file) =>
      Promise.resolve(!damaged.some((name) => file.endsWith(name))),
    store: {
      dropSegments: (id, which) => {
        dropped.push([id, which]);
        return Promise.resolve();
      },
    },
    dispatch: (event) => events.push(event),
    connected: () => connected,
    nameOf: (id) => (id === bob ? "Bob" : "Alice"),
    log: (line) => lines.push(line),
  });
  return { parts, events, dropped, lines };
}

test("a damaged part is forgotten and made again by somebody else; the others stay", async () => {
  const job = stitching();
  const { parts, events, dropped, lines } = await repair(job, ["t1"]);
  expect(parts).toBe(1);
  expect([...job.finished.keys()]).toEqual(["t0", "t2"]);
  expect(dropped).toEqual([["film", { taskIds: ["a1"] }]]);
  expect(job.phase.kind).toBe("encoding");
  expect(events).toMatchObject([
    { type: "job-workers-chosen", allowedWorkers: [alice] },
    {
      type: "stage-begun",
      stage: {
        restored: [
          { taskId: "t0", startFrame: 0, endFrame: 100 },
          { taskId: "t2", startFrame: 200, endFrame: 300 },
        ],
      },
    },
  ]);
  expect(lines).toEqual([
    "t1 on Bob failed: result-invalid its pictures do not decode",
  ]);
});

test("the only worker there is makes it again itself", async () => {
  const { events } = await repair(stitching(), ["t1"], [bob]);
  expect(events.map(({ type }) => type)).toEqual(["stage-begun"]);
});

test("only who was chosen for the job comes in for who made the damage", async () => {
  const job = stitching();
  const carol = "c".repeat(64) as DeviceId;
  job.request = { ...job.request, allowedWorkers: [bob, carol] };
  const { events } = await repair(job, ["t1"], [alice, bob, carol]);
  expect(events).toMatchObject([
    { type: "job-workers-chosen", allowedWorkers: [carol] },
    { type: "stage-begun" },
  ]);
});

test("when every part decodes the fault is elsewhere", async () => {
  const job = stitching();
  const { parts, events, dropped } = await repair(job, []);
  expect({ parts, events, dropped }).toEqual({
    parts: 0,
    events: [],
    dropped: [],
  });
  expect(job.finished.size).toBe(3);
  expect(job.phase.kind).toBe("stitching");
});

test("what comes out damaged again and again is given up", async () => {
  const job = stitching();
  for (const name of ["t0", "t1"])
    expect((await repair(job, [name])).parts).toBe(1);
  expect((await repair(job, ["t2"])).parts).toBe(0);
  expect([...job.finished.keys()]).toEqual(["t2"]);
});

test("who joins later works for it too, and relieves who made the damage alone", async () => {
  const carol = "c".repeat(64) as DeviceId;
  const chosen = (job: Job, connected: readonly DeviceId[]) => {
    const events: SchedulerEvent[] = [];
    chooseOthers(job, {
      connected: () => connected,
      dispatch: (event) => events.push(event),
    });
    return events;
  };
  const job = stitching();
  await repair(job, ["t1"], [bob]);
  expect(chosen(job, [bob])).toEqual([]);
  expect(chosen(job, [bob, carol])).toMatchObject([
    { type: "job-workers-chosen", allowedWorkers: [carol] },
  ]);
  expect(chosen(job, [bob, carol, alice])).toMatchObject([
    { allowedWorkers: [carol, alice] },
  ]);
  expect(chosen(stitching(), [bob, carol])).toEqual([]);
});
