import { rm } from "node:fs/promises";
import type { DeviceId } from "../core/identifiers.ts";
import type { SchedulerEvent } from "../core/scheduler/events.ts";
import type { NodeStore } from "../store/node-store.ts";
import { presentStage } from "./job-preparation.ts";
import type { FinishedSegment, Job } from "./job.ts";

/** A source whose parts come out damaged again and again is not mended by trying on. */
const maxRepairs = 2;

export interface RepairPorts {
  /** Whether a part decodes to its end. */
  readonly isClean: (file: string, signal: AbortSignal) => Promise<boolean>;
  readonly store: Pick<NodeStore, "dropSegments">;
  readonly dispatch: (event: SchedulerEvent) => void;
  readonly connected: () => readonly DeviceId[];
  readonly log: (text: string) => void;
  readonly nameOf: (worker: DeviceId) => string;
}

/**
 * After an output that did not verify: decodes every finished part to its end,
 * forgets the damaged ones (bad memory or disk at a worker, or malice) and has
 * them made again. Gives back how many; none: the fault is elsewhere.
 */
export async function repairJob(job: Job, ports: RepairPorts): Promise<number> {
  if (job.repairs >= maxRepairs) return 0;
  const damaged = [];
  for (const part of job.finished.values()) {
    if (!(await ports.isClean(part.file, job.stop.signal))) damaged.push(part);
  }
  if (damaged.length === 0) return 0;
  job.repairs += 1;
  const taskIds = damaged.map((part) => part.recordId);
  await ports.store.dropSegments(job.id, { taskIds });
  keepAway(job, damaged, ports);
  for (const part of damaged) {
    job.finished.delete(part.taskId);
    await rm(part.file, { force: true });
  }
  job.phase = { kind: "encoding" };
  ports.dispatch({
    type: "stage-begun",
    jobId: job.id,
    stage: presentStage(job),
  });
  return damaged.length;
}

/** Whoever handed in damage gets no more of this job, as long as there is anybody else. */
function keepAway(
  job: Job,
  damaged: readonly FinishedSegment[],
  ports: RepairPorts,
): void {
  for (const { taskId, workerId } of damaged) {
    const name = workerId === null ? "a worker" : ports.nameOf(workerId);
    ports.log(
      `${taskId} on ${name} failed: result-invalid its pictures do not decode`,
    );
    if (workerId !== null) job.keptAway.add(workerId);
  }
  chooseOthers(job, ports);
}

/**
 * Says anew who works for a job some are kept away from; also when a worker
 * joins, who is somebody else.
 */
export function chooseOthers(
  job: Job,
  ports: Pick<RepairPorts, "connected" | "dispatch">,
): void {
  if (job.keptAway.size === 0 || !job.isActive) return;
  const allowed = job.request.allowedWorkers ?? ports.connected();
  const others = allowed.filter((id) => !job.keptAway.has(id));
  if (others.length === 0) return;
  ports.dispatch({
    type: "job-workers-chosen",
    jobId: job.id,
    allowedWorkers: others,
  });
}
