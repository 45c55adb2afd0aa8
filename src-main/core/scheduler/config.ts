/** Every number the scheduler decides by, with its reason. Times in ms unless the name says otherwise. */
export interface SchedulerConfig {
  /** Put before every task and attempt id. Must differ at every start of the master: it fences messages of an earlier life. */
  readonly idPrefix: string;
  readonly leaseMs: number;
  readonly minSegmentS: number;
  readonly goodSegmentS: number;
  readonly worthwhileMs: number;
  readonly maxSegmentS: number;
  readonly growingSegmentS: number;
  readonly guidedDivisor: number;
  readonly snapRatio: number;
  readonly prefetchPerSlot: number;
  readonly stealing: boolean;
  readonly duplicates: boolean;
  readonly assumedOverheadMs: number;
  readonly minGainMs: number;
  readonly duplicateGainRatio: number;
  readonly wasteCapRatio: number;
  readonly tailTickMs: number;
  readonly shortenAnswerMs: number;
  readonly speedWindowMs: number;
  readonly speedMemoryMs: number;
  readonly stallMs: number;
  readonly sameTaskFailures: number;
  readonly failuresInRow: number;
  readonly workersPerTask: number;
  readonly taskFailureBudget: number;
  readonly blockMs: number;
  readonly blockMaxMs: number;
  readonly restMs: number;
  readonly restMaxMs: number;
  readonly holdMs: number;
  readonly suspendedGraceMs: number;
  readonly tooFastMs: number;
  readonly tooFastFactor: number;
  readonly noWorkerCanMs: number;
  readonly smallJobShare: number;
  readonly smallJobRatio: number;
  readonly sleepGapMs: number;
  readonly lagMs: number;
  readonly lagGraceMs: number;
  readonly rememberedAttempts: number;
  readonly rememberedWorkers: number;
}

export const defaultConfig: SchedulerConfig = {
  idPrefix: "",
  // Three missed heartbeats of 5 s; the target is "elsewhere within 15 s".
  leaseMs: 15_000,
  // Below 2 s the pre-roll costs more than 17 % of the transfer and x265 8 % of the size.
  minSegmentS: 2,
  // From here on size and quality are those of a whole-file encode; shorter ones only set errors right at the end.
  goodSegmentS: 8,
  // A quick worker's segments are longer: each costs it some 0.3 s to start.
  worthwhileMs: 4_000,
  // Longer ones win nothing and lose more when a worker dies.
  maxSegmentS: 60,
  // While the index is still read nobody knows how much there is; long enough to be cheap, short enough to be fair.
  growingSegmentS: 20,
  // Half of what is left is kept for the next round, so that errors of the speeds even out.
  guidedDivisor: 2,
  // How far a bound may move to meet a cut point, relative to the segment.
  snapRatio: 0.2,
  // One: its input is on the worker when the slot falls free; more would only have to be taken back at the end.
  prefetchPerSlot: 1,
  stealing: true,
  duplicates: true,
  // Start of the feed, of ffmpeg, and the way back, until it is measured.
  assumedOverheadMs: 1_000,
  // Less is not worth a process start.
  minGainMs: 1_500,
  // A duplicate must take at most this share of the time the original still needs: speeds are estimates.
  duplicateGainRatio: 0.8,
  // Of a stage's frames, thrown away by duplicates that lost.
  wasteCapRatio: 0.05,
  // How often idle workers look again for something to steal.
  tailTickMs: 1_000,
  // A range that is asked for and not given within this time is left alone.
  shortenAnswerMs: 5_000,
  // Progress is turned into a speed over at least this long: encoders deliver in bursts (lookahead, GOPs).
  speedWindowMs: 3_000,
  // An old speed's weight falls to 1/e in this time.
  speedMemoryMs: 10_000,
  // Without progress for this long an attempt is no longer believed to move at its old speed.
  stallMs: 6_000,
  sameTaskFailures: 2,
  failuresInRow: 3,
  workersPerTask: 3,
  // Failures of one task of any kind (broken transfers too) before a person must look.
  taskFailureBudget: 12,
  blockMs: 10 * 60_000,
  blockMaxMs: 2 * 3_600_000,
  // A worker rests after a failure, doubling: one that fails at once must not spin.
  restMs: 500,
  restMaxMs: 30_000,
  // After a failure that only time cures (full disk of the master).
  holdMs: 30_000,
  // A suspended worker keeps its work this long; at the tail it is duplicated sooner.
  suspendedGraceMs: 120_000,
  // No process starts, decodes and encodes a second of video in less.
  tooFastMs: 5,
  // Times the speed of the quickest other worker of the job.
  tooFastFactor: 50,
  noWorkerCanMs: 30_000,
  // Share of the farm's slots for small jobs behind a huge one. Zero: finish one before starting the next.
  smallJobShare: 0,
  smallJobRatio: 0.1,
  // A gap longer than this between two steps means that the master itself slept: nobody was silent.
  sleepGapMs: 40_000,
  // After a shorter one, signs of life may be waiting behind this very step: nobody is given up before they were heard.
  lagMs: 4_000,
  lagGraceMs: 1_000,
  rememberedAttempts: 1_000,
  rememberedWorkers: 256,
};
