/* eslint @typescript-eslint/switch-exhaustiveness-check: ["error", { "considerDefaultExhaustiveForUnions": true }] -- kinds of faults are handled in groups */
/** The world a seed draws: farm, jobs, faults. Plain data, so that a failing world can be looked at. */
import { Random } from "./random.ts";

export interface WorkerPlan {
  readonly name: string;
  readonly slots: number;
  /** Frames per second of one slot for a job of cost 1. */
  readonly speed: number;
  readonly latencyMs: number;
  /** Frames of input the link carries per second. */
  readonly linkFps: number;
  readonly joinsAtMs: number;
  readonly capabilities: readonly string[];
}

export interface JobPlan {
  readonly name: string;
  readonly addedAtMs: number;
  readonly frames: number;
  readonly framesPerSecond: number;
  /** Relative cost of a frame. */
  readonly cost: number;
  readonly audioFrames: number;
  readonly gopFrames: number;
  /** Frames the index reads per second; Infinity: known at once. */
  readonly indexFps: number;
  readonly splittable: boolean;
  readonly fixedSegmentS: number | null;
  readonly priority: number;
  readonly stages: number;
  readonly encoder: string;
  /** Fails everywhere, always, at this frame; null: a good source. */
  readonly poisonFrame: number | null;
  /** Results of cut segments that hold this frame have the wrong count; whole they are right. */
  readonly uncuttableFrame: number | null;
}

export type FaultPlan = {
  readonly atMs: number;
  readonly forMs: number;
  readonly worker: number;
} & (
  | { readonly kind: "crash" }
  | { readonly kind: "freeze" }
  | { readonly kind: "cut"; readonly noticed: boolean }
  | { readonly kind: "slow"; readonly factor: number }
  | { readonly kind: "corrupt"; readonly share: number }
  | { readonly kind: "lying" }
  | { readonly kind: "black-hole" }
  | { readonly kind: "disk-full" }
  | { readonly kind: "stuck" }
  | { readonly kind: "suspend" }
  | { readonly kind: "drain" }
  | { readonly kind: "master-disk-full" }
  | { readonly kind: "master-restart" }
  | { readonly kind: "clock-jump"; readonly byMs: number }
  | { readonly kind: "pause-job" }
  | { readonly kind: "pause-queue" }
  | { readonly kind: "cancel-job" }
  | { readonly kind: "shuffle-queue" }
  | { readonly kind: "choose-workers" }
);
export type FaultKind = FaultPlan["kind"];

export interface WorldPlan {
  readonly seed: number;
  readonly workers: readonly WorkerPlan[];
  readonly jobs: readonly JobPlan[];
  readonly faults: readonly FaultPlan[];
  /** All faults end here: from now on everything must come to a good end. */
  readonly healsAtMs: number;
  /** Share of messages that come twice, or long after. */
  readonly replayShare: number;
  /** Share of running attempts that a restarted master takes over; zero: it takes none, and adds its jobs at once. */
  readonly inheritShare: number;
  /** The scheduler's setting of this name. */
  readonly smallJobShare: number;
  readonly tickMs: number;
  /** From the order to the first encoded frame. */
  readonly startMs: number;
  readonly verifyMs: number;
  /** Frames of input that may lie between master and encoder. */
  readonly windowFrames: number;
}

const faultKinds: readonly FaultKind[] = [
  "crash",
  "freeze",
  "cut",
  "slow",
  "corrupt",
  "lying",
  "black-hole",
  "disk-full",
  "stuck",
  "suspend",
  "drain",
  "master-disk-full",
  "master-restart",
  "clock-jump",
  "pause-job",
  "pause-queue",
  "cancel-job",
  "shuffle-queue",
  "choose-workers",
];

/** Draws a world. Small ones are the most frequent, so that thousands run in a minute. */
export function drawWorld(seed: number): WorldPlan {
  const random = new Random(seed);
  const workerCount = Math.round(
    random.logBetween(1, random.chance(0.03) ? 64 : 10),
  );
  const workers = Array.from({ length: workerCount }, (_, index) =>
    drawWorker(random, index),
  );
  // Somebody can do everything, or the healed farm could not end.
  workers[0] = {
    ...workers[0]!,
    capabilities: ["encoder:a", "encoder:b", "audio:x"],
  };
  const power = workers.reduce(
    (sum, worker) => sum + worker.speed * worker.slots,
    0,
  );
  const jobCount = Math.round(random.logBetween(1, 5));
  const jobs = Array.from({ length: jobCount }, (_, index) =>
    drawJob(random, index, power),
  );
  const span = jobs.reduce(
    (sum, job) => sum + (job.frames * job.cost * 1000) / power,
    0,
  );
  const kinds = faultKinds.filter(() => random.chance(0.25));
  const faultCount =
    random.chance(0.15) || kinds.length === 0
      ? 0
      : Math.round(random.logBetween(1, 12));
  const faults = Array.from({ length: faultCount }, () =>
    drawFault(random, random.pick(kinds), workerCount, span),
  );
  return {
    seed,
    workers,
    jobs,
    faults,
    healsAtMs:
      faults.reduce(
        (end, fault) => Math.max(end, fault.atMs + fault.forMs),
        0,
      ) + 1,
    replayShare: random.chance(0.5) ? 0 : random.between(0, 0.2),
    ...drawSettings(seed),
    tickMs: random.pick([500, 1000, 2000]),
    startMs: random.between(50, 1500),
    verifyMs: random.between(5, 300),
    windowFrames: random.pick([30, 100, 400]),
  };
}

/** Of a generator of their own: what was drawn before they came stays as it was. */
function drawSettings(
  seed: number,
): Pick<WorldPlan, "inheritShare" | "smallJobShare"> {
  const random = new Random(seed ^ settingsSalt);
  return {
    inheritShare: random.pick([0, 0.8, 1]),
    smallJobShare: random.chance(0.2) ? random.between(0.1, 0.6) : 0,
  };
}

/** Such that the worlds of `failing-seeds.ts` are what they were. */
const settingsSalt = 109;

function drawWorker(random: Random, index: number): WorkerPlan {
  const able = random.chance(0.8);
  return {
    name: `w${index}`,
    slots: random.chance(0.8) ? 1 : random.whole(2, 3),
    speed: random.logBetween(25, 200),
    latencyMs: random.logBetween(1, 200),
    linkFps: random.logBetween(100, 5000),
    joinsAtMs: random.chance(0.7) ? 0 : random.between(0, 60_000),
    capabilities: able
      ? ["encoder:a", "encoder:b", "audio:x"]
      : [random.pick(["encoder:a", "encoder:b"])],
  };
}

function drawJob(random: Random, index: number, power: number): JobPlan {
  const framesPerSecond = random.pick([24, 25, 30, 60]);
  const cost = random.logBetween(0.3, 3);
  // As long as the farm needs for 5 s to 4 min, within reason.
  const frames = Math.max(
    1,
    Math.round((power / cost) * random.logBetween(5, 240)),
  );
  const isGood = random.chance(0.9);
  return {
    name: `j${index}`,
    addedAtMs: index === 0 ? 0 : random.between(0, 60_000),
    frames,
    framesPerSecond,
    cost,
    audioFrames: random.chance(0.5)
      ? 0
      : Math.round(frames * random.between(0.01, 0.15)) + 1,
    gopFrames: random.pick([1, 48, 250, 10_000_000]),
    indexFps: random.chance(0.5) ? Infinity : power * random.logBetween(2, 50),
    splittable: random.chance(0.92),
    fixedSegmentS: random.chance(0.1) ? random.pick([5, 10, 30]) : null,
    priority: random.chance(0.7) ? 0 : random.whole(-1, 1),
    stages: random.chance(0.85) ? 1 : 2,
    encoder: random.pick(["encoder:a", "encoder:b"]),
    poisonFrame:
      isGood || random.chance(0.5) ? null : random.whole(0, frames - 1),
    uncuttableFrame:
      isGood || random.chance(0.6) ? null : random.whole(0, frames - 1),
  };
}

function drawFault(
  random: Random,
  kind: FaultKind,
  workers: number,
  spanMs: number,
): FaultPlan {
  const base = {
    atMs: random.between(0, spanMs),
    forMs: random.logBetween(500, 100_000),
    worker: random.whole(0, workers - 1),
  };
  switch (kind) {
    case "cut":
      return { ...base, kind, noticed: random.chance(0.5) };
    case "slow":
      return { ...base, kind, factor: random.logBetween(0.01, 0.6) };
    case "corrupt":
      return { ...base, kind, share: random.between(0.2, 1) };
    case "clock-jump":
      return {
        ...base,
        kind,
        byMs: random.chance(0.5)
          ? random.logBetween(1000, 1e8)
          : -random.logBetween(1000, 1e8),
      };
    default:
      return { ...base, kind } as FaultPlan;
  }
}
