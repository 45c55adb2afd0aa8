import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { UiChange } from "../../../src-main/protocol/ui-contract.ts";
import { ChangeFeed } from "../../../src-main/ui-server/change-feed.ts";
import { fakeUiJob, fakeUiNode } from "../../fixtures/fake-ui-host.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function startFeed() {
  const jobs = new Map([["a", fakeUiJob("a")]]);
  const told: UiChange[] = [];
  const feed = new ChangeFeed({
    node: () => fakeUiNode,
    jobs: (ids) =>
      [...jobs.values()].filter((job) => ids === "all" || ids.has(job.jobId)),
    jobOrder: () => [...jobs.keys()],
    workers: () => [],
    activeJobIds: () => [],
  });
  feed.subscribe((change) => told.push(change));
  const change = (name: string): void => {
    jobs.set("a", { ...fakeUiJob("a"), name });
    feed.touch("a");
  };
  return { feed, told, change };
}

describe("what faces hear of changes", () => {
  it("is gathered for a fifth of a second, and numbered", () => {
    const { told, change } = startFeed();
    change("one");
    change("two");
    expect(told).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(told).toMatchObject([{ revision: 2, jobs: [{ name: "two" }] }]);
    vi.advanceTimersByTime(1_000);
    expect(told).toHaveLength(1);
  });

  it("comes at once when it is flushed, and not a second time", () => {
    const { feed, told, change } = startFeed();
    change("one");
    feed.flush();
    expect(told).toMatchObject([{ jobs: [{ name: "one" }] }]);
    vi.advanceTimersByTime(1_000);
    feed.flush();
    expect(told).toHaveLength(1);
  });
});
