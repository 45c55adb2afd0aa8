import { expect, test } from "vitest";
import {
  segmentCounts,
  workersAtWork,
  workersOf,
} from "../../../../src-renderer/features/job/segment-colours.ts";
import type {
  UiSegment,
  UiWorker,
} from "../../../../src-main/protocol/ui-contract.ts";

const worker = (workerId: string): UiWorker => ({
  workerId,
  name: workerId.toUpperCase(),
  state: "connected",
  platform: "",
  cpuModel: "",
  cpuCount: 1,
  ffmpegVersion: "",
  capabilities: [],
  slots: 1,
  framesPerSecond: 0,
  cpuRatio: 0,
  roundTripMs: null,
  work: [],
  idleReason: null,
});
const segment = (
  state: UiSegment["state"],
  ...workerIds: string[]
): UiSegment => ({
  taskId: "1",
  kind: "video",
  startRatio: 0,
  endRatio: 1,
  state,
  workerIds,
  stolen: false,
  progressRatio: 0,
});

test("a worker keeps its colour whoever has the parts, and one that left has one too", () => {
  const workers = [worker("a"), worker("b")];
  const before = workersOf([segment("running", "b")], workers);
  const after = workersOf([segment("verified", "gone", "b")], workers);
  expect(before.get("b")?.colour).toBe(after.get("b")?.colour);
  expect(after.get("gone")).toEqual({
    workerId: "gone",
    name: null,
    colour: 3,
  });
  expect(
    workersAtWork([segment("verified", "gone", "b")], after).map(
      (one) => one.workerId,
    ),
  ).toEqual(["b", "gone"]);
});

test("colours begin anew when there are more workers", () => {
  const many = Array.from({ length: 10 }, (_, index) =>
    worker(`w${String(index)}`),
  );
  const known = workersOf([], many);
  expect(known.get("w8")?.colour).toBe(1);
  expect(known.get("w7")?.colour).toBe(8);
});

test("states are counted", () => {
  expect(
    segmentCounts([
      segment("running", "a"),
      segment("running", "b"),
      segment("failed"),
    ]),
  ).toEqual({
    waiting: 0,
    running: 2,
    duplicate: 0,
    verified: 0,
    failed: 1,
  });
});
