import { expect, test } from "vitest";
import type {
  AttemptId,
  DeviceId,
  JobId,
  TaskId,
} from "../../../src-main/core/identifiers.ts";
import { Inheritance } from "../../../src-main/master/inheritance.ts";
import type { StoredAttempt } from "../../../src-main/protocol/stored-job.ts";
import type { NodeStore } from "../../../src-main/store/node-store.ts";

const [alice, bob] = ["a".repeat(64), "b".repeat(64)] as [DeviceId, DeviceId];
const film = "film" as JobId;

function attempt(id: string, changes: Partial<StoredAttempt>): StoredAttempt {
  return {
    attemptId: id as AttemptId,
    jobId: film,
    stage: 1,
    taskId: `t-${id}` as TaskId,
    workerId: alice,
    kind: "video",
    range: { startFrame: 0, endFrame: 100 },
    isLast: false,
    startedAtMs: 1,
    ...changes,
  };
}

function inheritanceOf(attempts: readonly StoredAttempt[]) {
  const settled: AttemptId[] = [];
  const store: Pick<NodeStore, "attempts" | "endAttempt"> = {
    attempts: () => attempts,
    endAttempt: (id) => {
      settled.push(id);
      return Promise.resolve();
    },
  };
  return { inheritance: new Inheritance(store as NodeStore), settled };
}

test("what a worker holds is taken up as it was given; what nobody holds is settled", () => {
  const { inheritance, settled } = inheritanceOf([
    attempt("1", { quality: 22.5 }),
    attempt("2", { workerId: bob }),
    attempt("3", { kind: "audio", range: null }),
    attempt("4", { jobId: "other" as JobId }),
  ]);
  expect(inheritance.offer(alice, ["1", "3"] as AttemptId[])).toEqual([]);
  expect(inheritance.take(film)).toMatchObject([
    {
      quality: 22.5,
      assignment: { attemptId: "1", kind: "video", range: { endFrame: 100 } },
    },
    { quality: null, assignment: { attemptId: "3", kind: "audio" } },
  ]);
  expect(settled).toEqual(["2"]);
  expect(inheritance.concerns(film)).toBe(false);
  expect(inheritance.concerns("other" as JobId)).toBe(true);
});

test("a worker is not believed about attempts of others or of nobody", () => {
  const { inheritance } = inheritanceOf([attempt("1", { workerId: bob })]);
  const held = ["1", "9"] as AttemptId[];
  expect(inheritance.offer(alice, held)).toEqual(held);
  expect(inheritance.take(film)).toEqual([]);
});

test("what has ended before it was taken up is not waited for, and only its own worker says so", () => {
  const held = ["1", "2"] as AttemptId[];
  const { inheritance, settled } = inheritanceOf([
    attempt("1", {}),
    attempt("2", {}),
  ]);
  expect(inheritance.offer(alice, held)).toEqual([]);
  inheritance.forget("1" as AttemptId, alice);
  inheritance.forget("2" as AttemptId, bob);
  expect(settled).toEqual(["1"]);
  expect(inheritance.take(film)).toMatchObject([
    { assignment: { attemptId: "2" } },
  ]);
});
