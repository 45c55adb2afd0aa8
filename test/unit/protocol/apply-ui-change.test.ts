import { expect, test } from "vitest";
import { applyUiChange } from "../../../src-main/protocol/apply-ui-change.ts";
import type { UiSnapshot } from "../../../src-main/protocol/ui-contract.ts";
import { fakeUiJob, fakeUiNode } from "../../fixtures/fake-ui-host.ts";

const known: UiSnapshot = {
  revision: 4,
  node: fakeUiNode,
  jobs: [fakeUiJob("a"), fakeUiJob("b")],
  workers: [],
};
const ids = (snapshot: UiSnapshot | null): unknown =>
  snapshot?.jobs.map((job) => job.jobId);

test("a change replaces what it names and leaves the rest", () => {
  const jobs = [fakeUiJob("b", { state: "done" })];
  const next = applyUiChange(known, { revision: 5, jobs });
  expect(ids(next)).toEqual(["a", "b"]);
  expect(next?.jobs[1]?.state).toBe("done");
  expect(next?.jobs[0]).toBe(known.jobs[0]);
  expect(next?.workers).toBe(known.workers);
});

test("jobs are removed, added and put in the order given", () => {
  const next = applyUiChange(known, {
    revision: 5,
    jobs: [fakeUiJob("c")],
    removedJobIds: ["a"],
    jobOrder: ["c", "b"],
  });
  expect(ids(next)).toEqual(["c", "b"]);
});

test("a job the order forgets stays visible", () => {
  const next = applyUiChange(known, { revision: 5, jobOrder: ["b"] });
  expect(ids(next)).toEqual(["b", "a"]);
});

test("a missing revision is told, an old one does nothing", () => {
  expect(applyUiChange(known, { revision: 6 })).toBeNull();
  expect(applyUiChange(known, { revision: 4, jobs: [] })).toBe(known);
});
