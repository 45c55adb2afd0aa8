/** The frames of one stage: fresh, in tasks, verified. Every frame is in exactly one of the three. */
import type { TaskId } from "../identifiers.ts";
import type { FrameRange, StageSpec } from "./events.ts";
import { nextTaskId } from "./ids.ts";
import { addInterval, emptySet, overlaps } from "./intervals.ts";
import type {
  AudioTask,
  Job,
  SchedulerState,
  Segment,
  Stage,
  VideoTask,
} from "./state.ts";

/** A stage from its description; restored pieces that overlap others or lie outside are done again. */
export function createStage(
  spec: StageSpec,
  knownFrames: number,
  timelineComplete: boolean,
): Stage {
  const ranges = [...spec.ranges]
    .filter((range) => range.endFrame > range.startFrame)
    .sort((a, b) => a.startFrame - b.startFrame);
  const end = ranges.at(-1)?.endFrame ?? 0;
  const restoredWhole = new Set(spec.restoredWholeTasks);
  const stage: Stage = {
    stage: spec.stage,
    fixedSegmentS: spec.fixedSegmentS ?? null,
    fresh: [],
    freshHead: 0,
    freshFrames: 0,
    returned: new Set(),
    running: new Set(),
    audio: spec.wholeTasks.map((whole): AudioTask => ({
      kind: "audio",
      taskId: whole.taskId,
      costFrames: whole.costFrames,
      needs: whole.needs,
      attempts: [],
      failures: [],
      reserved: null,
      done: restoredWhole.has(whole.taskId) ? { attemptId: null } : null,
    })),
    verified: emptySet(),
    segments: [],
    totalFrames: 0,
    grows: !timelineComplete && end >= knownFrames,
  };
  restore(stage, ranges, spec.restored);
  return stage;
}

function restore(
  stage: Stage,
  ranges: readonly FrameRange[],
  restored: readonly (FrameRange & { readonly taskId: TaskId })[],
): void {
  const pieces = [...restored].sort((a, b) => a.startFrame - b.startFrame);
  let next = 0;
  for (const range of ranges) {
    let from = range.startFrame;
    for (; next < pieces.length; next++) {
      const piece = pieces[next]!;
      if (piece.endFrame > range.endFrame) break;
      if (piece.startFrame < from || piece.endFrame <= piece.startFrame)
        continue;
      addFresh(stage, from, piece.startFrame);
      addSegment(stage, {
        startFrame: piece.startFrame,
        endFrame: piece.endFrame,
        taskId: piece.taskId,
        attemptId: null,
        workerId: null,
        stolen: false,
      });
      from = piece.endFrame;
    }
    addFresh(stage, from, range.endFrame);
    stage.totalFrames += range.endFrame - range.startFrame;
  }
}

function addFresh(stage: Stage, startFrame: number, endFrame: number): void {
  if (endFrame <= startFrame) return;
  const last = stage.fresh.at(-1);
  if (
    last !== undefined &&
    last.endFrame === startFrame &&
    stage.fresh.length > stage.freshHead
  )
    last.endFrame = endFrame;
  else stage.fresh.push({ startFrame, endFrame });
  stage.freshFrames += endFrame - startFrame;
}

/** The index got further: `[from, to)` is new work. */
export function extendStage(stage: Stage, from: number, to: number): void {
  if (!stage.grows || to <= from) return;
  addFresh(stage, from, to);
  stage.totalFrames += to - from;
}

/** The first fresh range, or undefined when all are handed out. */
export function firstFresh(stage: Stage): FrameRange | undefined {
  return stage.fresh[stage.freshHead];
}

/** Cuts a task off the front of the fresh frames. */
export function takeFresh(
  state: SchedulerState,
  stage: Stage,
  endFrame: number,
): VideoTask {
  const first = stage.fresh[stage.freshHead]!;
  const task = createVideoTask(state, first.startFrame, endFrame, false);
  stage.freshFrames -= endFrame - first.startFrame;
  first.startFrame = endFrame;
  if (first.startFrame >= first.endFrame) {
    stage.freshHead++;
    // Give the consumed front back now and then; each range is moved at most once on average.
    if (stage.freshHead > 64 && stage.freshHead * 2 > stage.fresh.length) {
      stage.fresh.splice(0, stage.freshHead);
      stage.freshHead = 0;
    }
  }
  return task;
}

/**
 * Cuts exactly `range` out of the open frames as a task with an id of an
 * earlier life. Null, and nothing changed, when a frame of it is verified, at
 * work, or none of the stage's. O(log n) searches; moves what is behind it.
 */
export function carveTask(
  state: SchedulerState,
  stage: Stage,
  taskId: TaskId,
  range: FrameRange,
): VideoTask | null {
  const { startFrame, endFrame } = range;
  if (!(startFrame < endFrame)) return null;
  const fresh = freshWithin(stage, range);
  let open = fresh.frames;
  for (const task of stage.returned) open += shared(task, range);
  if (open !== endFrame - startFrame) return null;
  clearForResult(state, stage, range);
  const rests: { startFrame: number; endFrame: number }[] = [];
  for (const piece of stage.fresh.slice(fresh.from, fresh.to)) {
    if (piece.startFrame < startFrame)
      rests.push({ startFrame: piece.startFrame, endFrame: startFrame });
    if (piece.endFrame > endFrame)
      rests.push({ startFrame: endFrame, endFrame: piece.endFrame });
  }
  stage.fresh.splice(fresh.from, fresh.to - fresh.from, ...rests);
  stage.freshFrames -= fresh.frames;
  return videoTask(taskId, startFrame, endFrame, false);
}

/** The fresh pieces `[from, to)` of the list that have frames of the range, and how many. */
function freshWithin(
  stage: Stage,
  range: FrameRange,
): { from: number; to: number; frames: number } {
  let from = stage.freshHead;
  for (let high = stage.fresh.length; from < high;) {
    const middle = (from + high) >> 1;
    if (stage.fresh[middle]!.endFrame > range.startFrame) high = middle;
    else from = middle + 1;
  }
  let to = from;
  let frames = 0;
  for (; to < stage.fresh.length; to++) {
    const piece = stage.fresh[to]!;
    if (piece.startFrame >= range.endFrame) break;
    frames += shared(piece, range);
  }
  return { from, to, frames };
}

const shared = (a: FrameRange, b: FrameRange): number =>
  Math.max(
    0,
    Math.min(a.endFrame, b.endFrame) - Math.max(a.startFrame, b.startFrame),
  );

/** A new open segment with an id nobody had before. */
export function createVideoTask(
  state: SchedulerState,
  startFrame: number,
  endFrame: number,
  stolen: boolean,
): VideoTask {
  return videoTask(nextTaskId(state), startFrame, endFrame, stolen);
}

function videoTask(
  taskId: TaskId,
  startFrame: number,
  endFrame: number,
  stolen: boolean,
): VideoTask {
  return {
    kind: "video",
    taskId,
    startFrame,
    endFrame,
    stolen,
    attempts: [],
    failures: [],
    reserved: null,
  };
}

/** Splits an open or running task at `frame`; the later part is a new open task. */
export function splitTask(
  state: SchedulerState,
  stage: Stage,
  task: VideoTask,
  frame: number,
  stolen: boolean,
): VideoTask {
  const later = createVideoTask(state, frame, task.endFrame, stolen);
  task.endFrame = frame;
  stage.returned.add(later);
  return later;
}

/** Counts a verified range as done. */
export function addSegment(stage: Stage, segment: Segment): void {
  addInterval(stage.verified, segment.startFrame, segment.endFrame);
  stage.segments.push(segment);
}

/** Frames that no live attempt works on. */
export function openFrames(stage: Stage): number {
  let frames = stage.freshFrames;
  for (const task of stage.returned) frames += task.endFrame - task.startFrame;
  return frames;
}

/** Frames of running tasks that no attempt has encoded yet. */
export function runningFrames(stage: Stage): number {
  let frames = 0;
  for (const { attempts, startFrame, endFrame } of stage.running)
    frames +=
      endFrame -
      startFrame -
      Math.max(...attempts.map(({ framesDone }) => framesDone));
  return frames;
}

/** Whether nothing of the stage is left to do. */
export function stageDone(job: Job): boolean {
  const { stage } = job;
  if (stage.grows && !job.timelineComplete) return false;
  return (
    stage.verified.frames === stage.totalFrames &&
    stage.audio.every((task) => task.done !== null)
  );
}

/**
 * Makes room for a late result: takes its frames out of open tasks. Returns the
 * running tasks it makes superfluous, or null when it cannot count because its
 * frames are verified or partly in work elsewhere.
 */
export function clearForResult(
  state: SchedulerState,
  stage: Stage,
  range: FrameRange,
): VideoTask[] | null {
  const { startFrame, endFrame } = range;
  if (overlaps(stage.verified, startFrame, endFrame)) return null;
  const superseded: VideoTask[] = [];
  for (const task of stage.running) {
    if (task.startFrame >= endFrame || task.endFrame <= startFrame) continue;
    if (task.startFrame < startFrame || task.endFrame > endFrame) return null;
    superseded.push(task);
  }
  for (const task of [...stage.returned]) {
    if (task.startFrame >= endFrame || task.endFrame <= startFrame) continue;
    if (task.endFrame > endFrame)
      splitTask(state, stage, task, endFrame, task.stolen);
    if (task.startFrame < startFrame) task.endFrame = startFrame;
    else stage.returned.delete(task);
  }
  return superseded;
}
