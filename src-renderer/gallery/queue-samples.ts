/** Jobs in every state, for looking at. */
import type {
  UiJob,
  UiJobDetail,
  UiSegment,
  UiWorker,
} from "../../src-main/protocol/ui-contract.ts";
import { builtInPresets } from "../../src-main/core/preset.ts";
import type { Farm } from "../state/farm.svelte.ts";

const at = Date.UTC(2026, 0, 12, 18, 30);

export function sampleJob(jobId: string, some: Partial<UiJob>): UiJob {
  const name = some.name ?? `Holiday ${jobId}.mkv`;
  return {
    jobId,
    name,
    sourcePath: `/films/2026/${name}`,
    outputPath: `/films/2026/${name.replace(/\.\w+$/, ".mp4")}`,
    presetName: "Fast 1080p",
    state: "waiting",
    priority: 0,
    progressRatio: 0,
    framesPerSecond: 0,
    speedRatio: 0,
    etaS: null,
    sourceBytes: 4_812_000_000,
    outputBytes: null,
    durationS: 6_130,
    createdAtMs: at,
    startedAtMs: at,
    endedAtMs: null,
    failure: null,
    waitingFor: null,
    notes: [],
    allowedWorkers: null,
    ...some,
  };
}

const atWork: Partial<UiJob> = {
  state: "encoding",
  progressRatio: 0.42,
  framesPerSecond: 187.4,
  speedRatio: 7.8,
  etaS: 463,
};

export const failedJob = sampleJob("6", {
  state: "failed",
  name: "Wedding.mov",
  endedAtMs: at + 90_000,
  failure: {
    code: "failed-everywhere",
    text: "The same part failed on several workers: attic: the encoder crashed; studio: the encoder crashed.",
    nextStep: "See the reasons of each worker below, then retry the job.",
  },
});

export const sampleJobs: readonly UiJob[] = [
  sampleJob("1", atWork),
  sampleJob("2", {
    state: "stitching",
    progressRatio: 0.97,
    name: "A film with quite a long name, as people who archive television give them, S01E04.mkv",
  }),
  sampleJob("3", { state: "preparing" }),
  sampleJob("4", {
    state: "paused",
    progressRatio: 0.3,
    waitingFor: "It is paused.",
  }),
  sampleJob("5", { waitingFor: "It comes after Holiday 1.mkv." }),
  failedJob,
  sampleJob("7", {
    state: "done",
    outputBytes: 1_310_000_000,
    endedAtMs: at + 840_000,
    progressRatio: 1,
  }),
  sampleJob("8", {
    state: "done",
    outputBytes: 5_100_000_000,
    endedAtMs: at + 840_000,
    progressRatio: 1,
    presetName: "Lossless archive",
  }),
  sampleJob("9", { state: "cancelled", endedAtMs: at + 5_000 }),
];

const worker = (workerId: string, name: string): UiWorker => ({
  workerId,
  name,
  state: "connected",
  platform: "linux",
  cpuModel: "",
  cpuCount: 8,
  ffmpegVersion: "7.0",
  capabilities: [],
  slots: 2,
  framesPerSecond: 60,
  cpuRatio: 0.9,
  roundTripMs: 2,
  work: [],
  idleReason: null,
});
export const sampleWorkers = [
  worker("a", "attic"),
  worker("b", "studio"),
  worker("c", "laptop"),
];

const states = [
  "verified",
  "verified",
  "verified",
  "running",
  "verified",
  "duplicate",
  "failed",
  "running",
  "waiting",
  "waiting",
] as const;
const segments: UiSegment[] = states.map((state, index) => ({
  taskId: String(index),
  kind: "video",
  startRatio: index / states.length,
  endRatio: (index + 1) / states.length,
  state,
  workerIds:
    state === "waiting" || state === "failed"
      ? []
      : state === "duplicate"
        ? ["a", "c"]
        : [["a", "b", "c"][index % 3] as string],
  stolen: index === 4,
  progressRatio: state === "verified" ? 1 : state === "running" ? 0.6 : 0.2,
}));
const sound: UiSegment = {
  taskId: "sound",
  kind: "audio",
  startRatio: 0,
  endRatio: 1,
  state: "running",
  workerIds: ["b"],
  stolen: false,
  progressRatio: 0.7,
};

export function sampleDetail(job: UiJob): UiJobDetail {
  const [preset] = builtInPresets;
  if (preset === undefined) throw new Error("there are no presets");
  return {
    job,
    segments: job.state === "done" ? [] : [...segments, sound],
    streams: [
      { stream: "#0", action: "encode", text: "Video, hevc → h264, 3840×2160" },
      { stream: "#1", action: "copy", text: "Audio, aac, stereo, eng" },
      {
        stream: "#2",
        action: "drop",
        text: "MP4 cannot hold picture subtitles.",
      },
    ],
    recipe: preset.recipe,
    log: [
      { atMs: at, text: "added" },
      { atMs: at + 1_000, text: "begun" },
      {
        atMs: at + 61_000,
        text: "part 7 failed on attic: the encoder crashed",
      },
    ],
    figures: null,
  };
}

/** A farm that shows these and carries nothing out. */
export function sampleFarm(jobs: readonly UiJob[]): Farm {
  const none = new Error("This is the gallery.");
  return {
    jobs,
    workers: sampleWorkers,
    node: null,
    link: { kind: "open" },
    isMaster: true,
    isWorker: true,
    uploadPlace: { origin: "", token: "" },
    ask: () => Promise.reject(none),
    // The rest is the line, which the gallery has none of.
  } as unknown as Farm;
}
