import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { attemptId, jobId, taskId } from "../../src-main/core/identifiers.ts";
import { openNodeStore } from "../../src-main/store/node-store.ts";
import type { NodeStore } from "../../src-main/store/node-store.ts";
import { fakeNodeStore } from "./store-fake.ts";
import {
  sampleAttempt,
  sampleDevice,
  sampleEvent,
  sampleJob,
  sampleSegment,
} from "./store-samples.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function realStore(): Promise<NodeStore> {
  const folder = await mkdtemp(join(tmpdir(), "reelfarm-store-"));
  const store = await openNodeStore(folder, { journalLimitBytes: 2000 });
  cleanups.push(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  return store;
}

const a = jobId("a");
const b = jobId("b");
const c = jobId("c");
const order = (store: NodeStore): string[] => store.jobs().map((job) => job.id);

async function withThree(open: () => Promise<NodeStore>): Promise<NodeStore> {
  const store = await open();
  for (const id of [a, b, c]) await store.putJob(sampleJob(id));
  return store;
}

describe.each([
  ["memory", () => Promise.resolve(fakeNodeStore())],
  ["disk", realStore],
])("a node store (%s)", (_name, open) => {
  it("keeps settings, and refuses ones out of bounds whole", async () => {
    const store = await open();
    await store.updateSettings({ name: "attic", role: "both" });
    const wrong = { name: "x", listenPort: 70_000 };
    await expect(store.updateSettings(wrong)).rejects.toMatchObject({
      code: "usage",
    });
    expect(store.settings).toMatchObject({ name: "attic", role: "both" });
  });

  it("lists jobs in queue order and lets them move", async () => {
    const store = await withThree(open);
    expect(order(store)).toEqual(["a", "b", "c"]);
    await store.moveJob(c, a);
    expect(order(store)).toEqual(["c", "a", "b"]);
    await store.moveJob(c, null);
    expect(order(store)).toEqual(["a", "b", "c"]);
    await store.moveJob(b, b);
    expect(order(store)).toEqual(["a", "b", "c"]);
  });

  it("changes a job in its place", async () => {
    const store = await withThree(open);
    const failure = { code: "disk-full", detail: "/out" } as const;
    await store.putJob(sampleJob("b", { state: "failed", failure }));
    expect(order(store)).toEqual(["a", "b", "c"]);
    expect(store.job(b)).toMatchObject({ state: "failed", failure });
  });

  it("takes a listed job back without mistaking its sums for facts", async () => {
    const store = await withThree(open);
    const listed = store.job(a);
    if (!listed) throw new Error("no job");
    await store.recordSegment(a, sampleSegment(1));
    await store.putJob({ ...listed, state: "active" });
    expect(store.job(a)?.segmentSummary.count).toBe(1);
  });

  it("sums up segments, one per task and stage", async () => {
    const store = await withThree(open);
    await store.recordSegment(a, sampleSegment(1, { stage: 1 }));
    await store.recordSegment(a, sampleSegment(1));
    await store.recordSegment(a, sampleSegment(2, { range: null }));
    await store.recordSegment(a, sampleSegment(1, { sizeBytes: 5 }));
    const { segments } = await store.jobDetails(a);
    expect(segments.map((one) => [one.stage, one.taskId])).toEqual([
      [0, "task-1"],
      [0, "task-2"],
      [1, "task-1"],
    ]);
    const summary = { count: 3, frames: 200, sizeBytes: 1001 + 1002 + 5 };
    expect(store.job(a)?.segmentSummary).toEqual(summary);
  });

  it("forgets segments by stage, by task, or all", async () => {
    const store = await withThree(open);
    for (const stage of [0, 1])
      for (const n of [1, 2, 3])
        await store.recordSegment(a, sampleSegment(n, { stage }));
    await store.dropSegments(a, { stage: 0, taskIds: [taskId("task-2")] });
    expect(store.job(a)?.segmentSummary.count).toBe(5);
    await store.dropSegments(a, { stage: 1 });
    const { segments } = await store.jobDetails(a);
    expect(segments.map((one) => one.taskId)).toEqual(["task-1", "task-3"]);
    await store.dropSegments(a);
    expect(store.job(a)?.segmentSummary.count).toBe(0);
  });

  it("keeps the latest events", async () => {
    const store = await withThree(open);
    for (let n = 0; n < 205; n++)
      await store.recordEvent(a, sampleEvent(String(n)));
    const { events } = await store.jobDetails(a);
    expect(events.length).toBe(200);
    expect(events[0]?.text).toBe("5");
    expect(events.at(-1)?.text).toBe("204");
  });

  it("remembers running attempts until they end or their job goes", async () => {
    const store = await withThree(open);
    await store.recordAttempt(sampleAttempt(a, 1));
    await store.recordAttempt(sampleAttempt(b, 2));
    await store.recordAttempt(sampleAttempt(b, 3));
    await store.endAttempt(attemptId("attempt-2"));
    await store.endAttempt(attemptId("attempt-2"));
    await store.removeJob(a);
    expect(store.attempts().map((one) => one.attemptId)).toEqual(["attempt-3"]);
    expect(store.attempts()[0]?.workerId).toBe(sampleDevice);
  });

  it("removes a job with everything it had, and starts afresh under the same id", async () => {
    const store = await withThree(open);
    await store.recordSegment(a, sampleSegment(1));
    await store.removeJob(a);
    expect(store.job(a)).toBeNull();
    await store.putJob(sampleJob("a"));
    expect((await store.jobDetails(a)).segments).toEqual([]);
    expect(order(store)).toEqual(["b", "c", "a"]);
  });

  it("says which job it does not know", async () => {
    const store = await open();
    const unknown = { code: "job-unknown", detail: "a" };
    await expect(store.removeJob(a)).rejects.toMatchObject(unknown);
    await expect(store.moveJob(a, null)).rejects.toMatchObject(unknown);
    await expect(store.jobDetails(a)).rejects.toMatchObject(unknown);
    const segment = store.recordSegment(a, sampleSegment(1));
    await expect(segment).rejects.toMatchObject(unknown);
    const attempt = store.recordAttempt(sampleAttempt(a, 1));
    await expect(attempt).rejects.toMatchObject(unknown);
  });

  it("takes many changes at once in the order they were made", async () => {
    const store = await withThree(open);
    const notes = Array.from({ length: 50 }, (_, n) => String(n));
    await Promise.all(
      notes.map((note) => store.putJob(sampleJob("a", { notes: [note] }))),
    );
    expect(store.job(a)?.notes).toEqual(["49"]);
    await store.flush();
  });
});
