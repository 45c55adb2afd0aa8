import type { WorldPlan } from "./plan.ts";

/** By when a healed farm must be done: three times what its able workers need together, or one alone for what cannot be split. */
export function deadlineMsOf(plan: WorldPlan): number {
  let endMs = plan.healsAtMs;
  for (const worker of plan.workers) endMs = Math.max(endMs, worker.joinsAtMs);
  let workMs = 240_000;
  for (const job of plan.jobs) {
    const able = plan.workers.filter((worker) =>
      worker.capabilities.includes(job.encoder),
    );
    const speeds = able.map((worker) =>
      Math.min(worker.speed / job.cost, worker.linkFps),
    );
    const together = able.reduce(
      (sum, worker, index) => sum + worker.slots * speeds[index]!,
      0,
    );
    const slowest = Math.min(...speeds);
    const mayBeWhole =
      !job.splittable ||
      plan.faults.some((fault) => fault.kind === "corrupt") ||
      job.uncuttableFrame !== null;
    const audioSpeed = Math.min(
      ...plan.workers
        .filter((w) => w.capabilities.includes("audio:x"))
        .map((w) => Math.min(w.speed / job.cost, w.linkFps)),
    );
    const videoMs = mayBeWhole
      ? ((job.poisonFrame === null ? 2 : 4) * job.frames * 1000) / slowest
      : (3 * job.frames * 1000) / together;
    workMs +=
      job.stages * (videoMs + 30_000) +
      (2 * job.audioFrames * 1000) / audioSpeed;
    if (job.indexFps !== Infinity)
      endMs = Math.max(
        endMs,
        job.addedAtMs + (job.frames / job.indexFps) * 1000,
      );
    endMs = Math.max(endMs, job.addedAtMs);
  }
  return endMs + workMs;
}
