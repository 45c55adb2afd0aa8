import type { UiSegment } from "../protocol/ui-contract.ts";
import type { Job } from "./job.ts";

type PartsOf = Pick<
  Job,
  "finished" | "audioFile" | "index" | "source" | "framesPerSecond"
>;

/**
 * What a job that is not at work has of its parts: the verified ones with who
 * made them, and what lies between them as waiting. In presentation order, the
 * sound last; empty when nothing is known of them.
 */
export function partsMade(job: PartsOf): UiSegment[] {
  const made = [...job.finished.values()].sort(
    (a, b) => a.startFrame - b.startFrame,
  );
  const end = made.at(-1)?.endFrame ?? 0;
  const frames = Math.max(end, framesOf(job));
  if (end === 0 || frames === 0) return sound(job);
  const parts: UiSegment[] = [];
  const place = (
    from: number,
    to: number,
  ): Pick<UiSegment, "kind" | "startRatio" | "endRatio" | "stolen"> => ({
    kind: "video",
    startRatio: from / frames,
    endRatio: to / frames,
    stolen: false,
  });
  const gap = (from: number, to: number): void => {
    if (to <= from) return;
    parts.push({
      ...place(from, to),
      taskId: "",
      state: "waiting",
      workerIds: [],
      progressRatio: 0,
    });
  };
  let coveredTo = 0;
  for (const { taskId, startFrame, endFrame, workerId } of made) {
    gap(coveredTo, startFrame);
    coveredTo = Math.max(coveredTo, endFrame);
    parts.push({
      ...place(startFrame, endFrame),
      taskId,
      state: "verified",
      workerIds: workerId === null ? [] : [workerId],
      progressRatio: 1,
    });
  }
  gap(coveredTo, frames);
  return [...parts, ...sound(job)];
}

/** Known once the index is complete; guessed from the length before. */
function framesOf({ index, source, framesPerSecond }: PartsOf): number {
  if (index?.complete === true) return index.knownFrames;
  return Math.round((source.durationS ?? 0) * framesPerSecond);
}

function sound({ audioFile }: PartsOf): UiSegment[] {
  if (audioFile === null) return [];
  return [
    {
      taskId: "sound",
      kind: "audio",
      startRatio: 0,
      endRatio: 1,
      state: "verified",
      workerIds: [],
      stolen: false,
      progressRatio: 1,
    },
  ];
}
