/** Fixed things for the gallery to show. */
import { builtInPresets } from "../../src-main/core/preset.ts";
import type { Preset } from "../../src-main/core/recipe.ts";
import type { UiWorker } from "../../src-main/protocol/ui-contract.ts";
import type { UiHistory } from "../../src-main/protocol/ui-history.ts";

const noonMs = Date.UTC(2026, 10, 20, 12);

export function sampleWorker(part: Partial<UiWorker> = {}): UiWorker {
  return {
    workerId: "aa11",
    name: "Studio",
    state: "connected",
    platform: "linux",
    cpuModel: "Ryzen 7 5800X",
    cpuCount: 16,
    ffmpegVersion: "7.0.2",
    capabilities: [
      "audio:aac",
      "audio:flac",
      "audio:opus",
      "encoder:dnxhr",
      "encoder:ffv1",
      "encoder:prores",
      "encoder:svt-av1",
      "encoder:x264",
      "encoder:x265",
      "filter:subtitles",
      "filter:zscale",
    ],
    slots: 2,
    framesPerSecond: 84.3,
    cpuRatio: 0.93,
    roundTripMs: 1.4,
    work: ["Holiday in Norway.mov, part 12"],
    idleReason: null,
    ...part,
  };
}

/** Lacks AV1, ProRes and what HDR needs. */
export const plainWorker: UiWorker = sampleWorker({
  workerId: "bb22",
  name: "Living room",
  cpuCount: 4,
  capabilities: ["audio:aac", "encoder:x264", "encoder:x265"],
});

export const builtIn = (name: string): Preset => {
  const found = builtInPresets.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};

export const ownPreset: Preset = {
  ...builtIn("HEVC small"),
  name: "For the attic",
  description: "Everything from the camcorder, to be kept.",
  origin: "user",
};

export const sampleHistory: UiHistory = {
  jobs: [
    {
      jobId: "h1",
      name: "Holiday in Norway.mov",
      presetName: "Fast 1080p",
      outputPath: "/films/small/Holiday in Norway.mp4",
      finishedAtMs: noonMs,
      sourceBytes: 18_400_000_000,
      outputBytes: 3_100_000_000,
      durationS: 5400,
      wallS: 1310,
      workers: [
        { name: "Studio", frames: 81_000 },
        { name: "Living room", frames: 54_000 },
      ],
    },
    {
      jobId: "h2",
      name: "A very long name of a recording that somebody forgot to cut before it was sent around.mkv",
      presetName: "HEVC small",
      outputPath: "/films/small/recording.mkv",
      finishedAtMs: noonMs - 86_400_000,
      sourceBytes: 700_000_000,
      outputBytes: 812_000_000,
      durationS: 1200,
      wallS: 420,
      workers: [{ name: "Studio", frames: 30_000 }],
    },
  ],
  hasMore: true,
  totals: {
    jobs: 214,
    sourceBytes: 1_900_000_000_000,
    outputBytes: 610_000_000_000,
    savedS: 312_000,
    workers: [
      { name: "Studio", frames: 14_200_000 },
      { name: "Living room", frames: 6_100_000 },
      { name: "Laptop", frames: 900_000 },
    ],
    months: [
      { month: "2026-06", savedBytes: 210_000_000_000, jobs: 40 },
      { month: "2026-07", savedBytes: 402_000_000_000, jobs: 71 },
      { month: "2026-09", savedBytes: -12_000_000_000, jobs: 3 },
      { month: "2026-10", savedBytes: 390_000_000_000, jobs: 60 },
      { month: "2026-11", savedBytes: 300_000_000_000, jobs: 40 },
    ],
  },
};
