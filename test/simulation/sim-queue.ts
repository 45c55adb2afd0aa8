/** The jobs of the virtual farm: what the master tells of them and does when they end. */
import type {
  JobSpec,
  StageSpec,
} from "../../src-main/core/scheduler/events.ts";
import type { TaskId } from "../../src-main/core/identifiers.ts";
import type { LedgerJob } from "./ledger-entries.ts";
import { deviceId, jobIdOf } from "./names.ts";
import type { JobPlan } from "./plan.ts";
import type { World } from "./world.ts";

export interface SimJob {
  readonly plan: JobPlan;
  readonly ledger: LedgerJob;
  state: "waiting" | "running" | "failed" | "done";
  /** Known to the present scheduler. */
  known: boolean;
  /** Paused by a restarted master that reads its source again. */
  preparing: boolean;
  restored: StageSpec["restored"];
  restoredWhole: TaskId[];
}

export class SimQueue {
  readonly jobs: SimJob[] = [];
  endedAtMs = 0;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  planJob(plan: JobPlan): void {
    const known = plan.indexFps === Infinity ? plan.frames : 0;
    const ledger: LedgerJob = {
      name: plan.name,
      frames: plan.frames,
      poison: plan.poisonFrame !== null,
      knownFrames: known,
      complete: known === plan.frames,
      whole: !plan.splittable,
      paused: false,
      ended: false,
      stage: 0,
      encoder: plan.encoder,
      allowed: null,
      audioTasks: plan.audioFrames > 0 ? [`${plan.name}-audio`] : [],
      restored: new Map(),
      restoredWhole: new Set(),
      completedInLife: false,
      remaking: false,
    };
    const job: SimJob = {
      plan,
      ledger,
      state: "waiting",
      known: false,
      preparing: false,
      restored: [],
      restoredWhole: [],
    };
    this.jobs.push(job);
    this.world.ledger.jobs.set(plan.name, ledger);
    this.world.time.at(plan.addedAtMs, () => {
      job.state = "running";
      this.addJob(job);
      if (!ledger.complete)
        this.world.time.after(300, () => this.readIndex(job));
    });
  }

  readIndex(job: SimJob): void {
    const { plan, ledger } = job;
    const from = ledger.knownFrames;
    ledger.knownFrames = Math.min(
      plan.frames,
      from + Math.max(1, Math.round(plan.indexFps * 0.3)),
    );
    ledger.complete = ledger.knownFrames === plan.frames;
    if (job.known)
      this.world.master.tell({
        type: "timeline-extended",
        jobId: jobIdOf(plan.name),
        knownFrames: ledger.knownFrames,
        newCutPoints: cutPoints(plan, from, ledger.knownFrames),
        complete: ledger.complete,
        framesPerSecond: plan.framesPerSecond,
      });
    if (!ledger.complete) this.world.time.after(300, () => this.readIndex(job));
  }

  stageSpec(job: SimJob): StageSpec {
    const { plan, ledger } = job;
    return {
      stage: ledger.stage,
      ranges:
        ledger.knownFrames === 0
          ? []
          : [{ startFrame: 0, endFrame: ledger.knownFrames }],
      restored: job.restored,
      restoredWholeTasks: job.restoredWhole,
      wholeTasks: ledger.audioTasks.map((id) => ({
        taskId: id as TaskId,
        kind: "audio" as const,
        costFrames: plan.audioFrames,
        needs: ["audio:x"],
      })),
    };
  }

  addJob(job: SimJob): void {
    const { plan, ledger } = job;
    job.known = true;
    ledger.restored = new Map(
      job.restored.map((piece) => [
        piece.taskId,
        [piece.startFrame, piece.endFrame] as const,
      ]),
    );
    ledger.restoredWhole = new Set(job.restoredWhole);
    const spec: JobSpec = {
      jobId: jobIdOf(plan.name),
      priority: plan.priority,
      needs: [plan.encoder],
      framesPerSecond: plan.framesPerSecond,
      splittable: !ledger.whole,
      fixedSegmentS: plan.fixedSegmentS,
      allowedWorkers:
        ledger.allowed === null ? null : [...ledger.allowed].map(deviceId),
      knownFrames: ledger.knownFrames,
      timelineComplete: ledger.complete,
      cutPoints: cutPoints(plan, 0, ledger.knownFrames),
      firstStage: this.stageSpec(job),
      paused: ledger.paused,
    };
    this.world.master.tell({ type: "job-added", job: spec });
  }

  jobNamed(name: string): SimJob {
    return this.jobs.find((job) => job.plan.name === name)!;
  }

  completeStage(name: string, stage: number): void {
    const job = this.jobNamed(name);
    const life = this.world.master.life;
    this.world.time.after(20, () => {
      if (
        life !== this.world.master.life ||
        job.ledger.stage !== stage ||
        job.state === "done"
      )
        return;
      if (stage + 1 < job.plan.stages) {
        job.ledger.stage++;
        job.ledger.completedInLife = false;
        job.ledger.audioTasks = [];
        job.restored = [];
        job.restoredWhole = [];
        this.world.master.tell({
          type: "stage-begun",
          jobId: jobIdOf(name),
          stage: this.stageSpec(job),
        });
      } else this.endJob(job, "job-ended");
    });
  }

  endJob(job: SimJob, type: "job-ended" | "job-cancelled"): void {
    if (job.state === "done") return;
    job.state = "done";
    job.ledger.ended = true;
    this.endedAtMs = Math.max(this.endedAtMs, this.world.time.nowMs);
    if (job.known)
      this.world.master.tell({ type, jobId: jobIdOf(job.plan.name) });
  }

  jobFailed(name: string): void {
    const job = this.jobNamed(name);
    job.state = "failed";
    if (this.world.healed && !job.ledger.poison)
      this.world.ledger.complain(`${name} failed on a healed farm`);
    if (job.ledger.poison)
      this.world.time.after(10, () => this.endJob(job, "job-ended"));
  }

  makeWhole(name: string): void {
    const job = this.jobNamed(name);
    const life = this.world.master.life;
    this.world.time.after(50, () => {
      if (life !== this.world.master.life || job.state === "done") return;
      job.ledger.whole = true;
      job.ledger.remaking = false;
      this.world.ledger.forgetFailures(name);
      job.ledger.completedInLife = false;
      job.restored = [];
      job.restoredWhole = [];
      this.world.master.tell({
        type: "job-made-whole",
        jobId: jobIdOf(name),
        stage: this.stageSpec(job),
      });
    });
  }
}

function cutPoints(plan: JobPlan, from: number, to: number): number[] {
  const points: number[] = [];
  const first = Math.ceil(from / plan.gopFrames) * plan.gopFrames;
  for (let at = first; at < to && points.length < 100_000; at += plan.gopFrames)
    points.push(at);
  return points;
}
