import { describe, expect, test } from "vitest";
import {
  canBe,
  jobsFor,
} from "../../../../src-renderer/features/queue/job-actions.ts";
import {
  queueView,
  type QueueQuestion,
} from "../../../../src-renderer/features/queue/queue-view.ts";
import {
  savedSpace,
  savedTotals,
} from "../../../../src-renderer/features/queue/saved-space.ts";
import { uiJob } from "./ui-job.ts";

const everything: QueueQuestion = { filter: "all", search: "", order: "queue" };
const jobs = [
  uiJob("1", { name: "Part 10.mkv", state: "encoding", etaS: 60 }),
  uiJob("2", { name: "Part 2.mkv", state: "paused", sourceBytes: 900 }),
  uiJob("3", {
    name: "Élan.mov",
    state: "done",
    sourceBytes: 500,
    outputBytes: 100,
  }),
  uiJob("4", { name: "x.avi", state: "failed", presetName: "Phone", etaS: 5 }),
  uiJob("5", {
    name: "y.avi",
    state: "done",
    sourceBytes: 500,
    outputBytes: 600,
  }),
];
const ids = (question: Partial<QueueQuestion>) =>
  queueView(jobs, { ...everything, ...question }).ids.join("");

describe("what of the queue is shown", () => {
  test("states in groups, counted whatever is searched for", () => {
    expect(ids({ filter: "waiting" })).toBe("2");
    const { counts, isWhole } = queueView(jobs, {
      ...everything,
      filter: "done",
      search: "élan",
    });
    expect(counts).toEqual({
      all: 5,
      running: 1,
      waiting: 1,
      done: 2,
      failed: 1,
      cancelled: 0,
    });
    expect(isWhole).toBe(false);
    expect(queueView(jobs, everything).isWhole).toBe(true);
  });

  test("every word counts, without case and accents, in name, folder and preset", () => {
    expect(ids({ search: "elan" })).toBe("3");
    expect(ids({ search: "phone FILMS" })).toBe("4");
    expect(ids({ search: "phone part" })).toBe("");
  });

  test("names in the order people count", () => {
    expect(ids({ order: "name" })).toBe("32145");
  });

  test("sizes, savings and time left, the unknown last", () => {
    expect(ids({ order: "largest" })[0]).toBe("2");
    expect(ids({ order: "saved" })).toMatch(/^35/);
    expect(ids({ order: "soonest" })).toMatch(/^41/);
  });

  test("the node's list is never put in another order itself", () => {
    ids({ order: "name" });
    expect(jobs.map((job) => job.jobId).join("")).toBe("12345");
  });
});

describe("figures and actions", () => {
  test("saved space, also when it grew or the source is empty", () => {
    expect(savedSpace(uiJob("1", {}))).toBeNull();
    expect(savedSpace({ sourceBytes: 500, outputBytes: 100 })).toEqual({
      savedBytes: 400,
      savedRatio: 0.8,
    });
    expect(
      savedSpace({ sourceBytes: 0, outputBytes: 9 })?.savedRatio,
    ).toBeNull();
    expect(savedTotals(jobs)).toEqual({
      doneCount: 2,
      savedBytes: 300,
      savedRatio: 0.3,
    });
  });

  test("actions only where they mean something", () => {
    expect(jobsFor("pause", jobs).map((job) => job.jobId)).toEqual(["1"]);
    expect(jobsFor("retry", jobs).map((job) => job.jobId)).toEqual(["4"]);
    expect(jobsFor("cancel", jobs).map((job) => job.jobId)).toEqual(["1", "2"]);
    expect(jobs.every((job) => canBe("remove", job))).toBe(true);
  });
});
