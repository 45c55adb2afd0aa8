/** A farm without a node behind it: it answers from the samples. */
import { noLimits } from "../../src-main/core/worker-limits.ts";
import { builtInPresets } from "../../src-main/core/preset.ts";
import type { UiNode, UiRequest } from "../../src-main/protocol/ui-contract.ts";
import type { Farm } from "../state/farm.svelte.ts";
import {
  ownPreset,
  plainWorker,
  sampleHistory,
  sampleWorker,
} from "./samples.ts";

const plainNode: UiNode = {
  deviceId: "cc33",
  name: "Studio",
  version: "0.1.0",
  role: "both",
  listening: "192.168.1.20:47600",
  masterState: "none",
  masterName: null,
  masterTrouble: null,
  masters: [],
  worker: { state: "ready", reason: null, knowsIdle: true, heldAttempts: 2 },
  settings: {
    listenPort: 47_600,
    interfaces: null,
    discovery: true,
    limits: noLimits,
    queue: { smallJobShare: 0, stealing: true, duplicates: true },
    watchFolders: [
      {
        path: "/films/incoming",
        isEnabled: true,
        includesSubfolders: true,
        presetName: "Fast 1080p",
        output: {
          folder: "/films/small",
          keepsSubfolders: true,
          nameTemplate: null,
        },
      },
      {
        path: "/films/camera",
        isEnabled: false,
        includesSubfolders: false,
        presetName: "One that is gone",
        output: { folder: null, keepsSubfolders: true, nameTemplate: null },
      },
    ],
    whenDone: "nothing",
    output: { folder: null, keepsSubfolders: true, nameTemplate: null },
    defaultPreset: null,
  },
  queuePaused: false,
  pairing: null,
  seenPeers: [],
  lanWindow: null,
};

const answers: Readonly<Partial<Record<UiRequest["type"], unknown>>> = {
  presets: [...builtInPresets, ownPreset],
  history: sampleHistory,
  "list-devices": [],
  "list-folder": {
    path: "/films",
    parent: "/",
    entries: [
      {
        name: "incoming",
        path: "/films/incoming",
        isFolder: true,
        sizeBytes: null,
      },
      {
        name: "camera",
        path: "/films/camera",
        isFolder: true,
        sizeBytes: null,
      },
    ],
    isCut: false,
  },
};

/** `some`: where its node differs from a plain one that runs a farm and encodes. */
export function sampleFarm(some: Partial<UiNode> = {}): Farm {
  const node = { ...plainNode, ...some };
  const farm: Pick<
    Farm,
    "jobs" | "workers" | "node" | "isMaster" | "isWorker" | "link" | "ask"
  > = {
    jobs: [],
    workers: [sampleWorker(), plainWorker],
    node,
    isMaster: node.role === "master" || node.role === "both",
    isWorker: node.role === "worker" || node.role === "both",
    link: { kind: "open" },
    ask: ({ type }) => Promise.resolve((answers[type] ?? null) as never),
  };
  // All that screens read; the line itself is not there.
  return farm as unknown as Farm;
}
