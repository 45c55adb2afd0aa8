/** Which colour a worker has in a job's picture, and what its segments say. Pure. */
import type {
  UiSegment,
  UiSegmentState,
  UiWorker,
} from "../../../src-main/protocol/ui-contract.ts";

/** As many colours as styles/tokens.css has for workers. */
export const workerColours = 8;

export interface SegmentWorker {
  readonly workerId: string;
  /** Null: it has left the farm. */
  readonly name: string | null;
  /** 1 to 8; workers beyond share them. */
  readonly colour: number;
}

/** Workers of the farm keep their place and so their colour; those that left come behind. */
export function workersOf(
  segments: readonly UiSegment[],
  workers: readonly UiWorker[],
): ReadonlyMap<string, SegmentWorker> {
  const found = new Map<string, SegmentWorker>();
  const take = (workerId: string, name: string | null): void => {
    if (found.has(workerId)) return;
    const colour = (found.size % workerColours) + 1;
    found.set(workerId, { workerId, name, colour });
  };
  for (const { workerId, name } of workers) take(workerId, name);
  for (const { workerIds } of segments)
    for (const workerId of workerIds) take(workerId, null);
  return found;
}

export type SegmentCounts = Readonly<Record<UiSegmentState, number>>;

export function segmentCounts(segments: readonly UiSegment[]): SegmentCounts {
  const counts = {
    waiting: 0,
    running: 0,
    duplicate: 0,
    verified: 0,
    failed: 0,
  };
  for (const { state } of segments) counts[state] += 1;
  return counts;
}

/** Those with a segment in this job, for the legend. */
export function workersAtWork(
  segments: readonly UiSegment[],
  all: ReadonlyMap<string, SegmentWorker>,
): readonly SegmentWorker[] {
  const ids = new Set(segments.flatMap(({ workerIds }) => workerIds));
  return [...all.values()].filter(({ workerId }) => ids.has(workerId));
}
