/**
 * The contract between a node and its faces: window, browser, tray, command
 * line. A client gets one snapshot with a revision, then changes; where a
 * revision is missing it asks for the snapshot again. Screens hold no truth.
 */
import { z } from "zod";
import type { MediaFacts } from "../core/media-facts.ts";
import type { Preset, Recipe } from "../core/recipe.ts";
import type { ExplanationKey } from "../core/scheduler/explain.ts";
import { historyRequestSchemas, type UiHistoryAnswers } from "./ui-history.ts";
import {
  lanRequestSchemas,
  type UiLanAnswers,
  type UiLanWindow,
} from "./ui-lan.ts";
import { mediaRequestSchemas, type UiMediaAnswers } from "./ui-media.ts";
import {
  networkRequestSchemas,
  type NetworkAnswers,
  type UiSeenPeer,
} from "./ui-network.ts";
import {
  pairingRequestSchemas,
  type UiPairing,
  type UiPairingAnswers,
} from "./ui-pairing.ts";
import { presetRequestSchemas, type UiPresetAnswers } from "./ui-presets.ts";
import { queueRequestSchemas, type UiQueueAnswers } from "./ui-queue.ts";
import {
  setupRequestSchemas,
  type UiKnownMaster,
  type UiOwnWorker,
  type UiSettings,
} from "./ui-setup.ts";

export const uiContractVersion = 1;

const path = z.string().min(1).max(4096);

/** What a face may ask. Each request gets exactly one answer with the same `id`. */
export const uiRequestSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("snapshot") }),
  ...queueRequestSchemas,
  z.strictObject({ type: z.literal("probe"), path }),
  z.strictObject({ type: z.literal("capabilities") }),
  z.strictObject({ type: z.literal("presets") }),
  ...presetRequestSchemas,
  ...setupRequestSchemas,
  ...pairingRequestSchemas,
  ...networkRequestSchemas,
  ...mediaRequestSchemas,
  ...historyRequestSchemas,
  ...lanRequestSchemas,
]);
export type UiRequest = z.infer<typeof uiRequestSchema>;

export type { UiQueueSettings, UiRefused, UiSkipped } from "./ui-queue.ts";

export const uiRequestFrameSchema = z.strictObject({
  id: z.number().int().min(0),
  request: uiRequestSchema,
});

export type JobState =
  | "waiting"
  | "preparing"
  | "encoding"
  | "stitching"
  | "paused"
  | "done"
  | "failed"
  | "cancelled";

export interface UiFailure {
  readonly code: string;
  /** What the text has for `{detail}`: for faces that say it in another language. */
  readonly detail?: string;
  readonly text: string;
  readonly nextStep: string;
}

/** Why somebody waits, for faces that say it in another language. */
export interface UiReason {
  readonly key: ExplanationKey;
  /** `job`: a name; `untilMs`: a moment; `capability`, `reason`, `code`: keys. */
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** A row of the queue. */
export interface UiJob {
  readonly jobId: string;
  readonly name: string;
  readonly sourcePath: string;
  readonly outputPath: string;
  readonly presetName: string;
  readonly state: JobState;
  readonly priority: number;
  /** Of all work, 0 to 1. */
  readonly progressRatio: number;
  readonly framesPerSecond: number;
  /** Multiples of playing speed. */
  readonly speedRatio: number;
  readonly etaS: number | null;
  readonly sourceBytes: number;
  readonly outputBytes: number | null;
  readonly durationS: number | null;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly failure: UiFailure | null;
  /** Why it waits, in words. */
  readonly waitingFor: string | null;
  /** The same as a key; left out when it waits for nothing. */
  readonly waitingBecause?: UiReason;
  readonly notes: readonly string[];
  /** Ids of the workers that may work for it; null: any. */
  readonly allowedWorkers: readonly string[] | null;
}

export type UiSegmentState =
  "waiting" | "running" | "duplicate" | "verified" | "failed";

export interface UiSegment {
  readonly taskId: string;
  readonly kind: "video" | "audio";
  readonly startRatio: number;
  readonly endRatio: number;
  readonly state: UiSegmentState;
  readonly workerIds: readonly string[];
  readonly stolen: boolean;
  readonly progressRatio: number;
}

export interface UiStreamNote {
  readonly stream: string;
  readonly action: "encode" | "copy" | "convert" | "drop";
  readonly text: string;
}

export interface UiLogLine {
  readonly atMs: number;
  /** Left out: a plain step. */
  readonly level?: "warning" | "error";
  readonly text: string;
}

/** The opened job. */
export interface UiJobDetail {
  readonly job: UiJob;
  readonly segments: readonly UiSegment[];
  /** Every stream of the source, once it is known. */
  readonly streams: readonly UiStreamNote[];
  /** Exactly what it is encoded with. */
  readonly recipe: Recipe;
  readonly log: readonly UiLogLine[];
  readonly figures: UiJobFigures | null;
}

/** Measured when a job ended. */
export interface UiJobFigures {
  readonly wallS: number;
  readonly firstSegmentS: number | null;
  readonly frames: number;
  readonly segmentCount: number;
  readonly attemptCount: number;
  readonly wastedFrames: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly workers: readonly {
    readonly name: string;
    readonly frames: number;
  }[];
}

export interface UiWorker {
  readonly workerId: string;
  readonly name: string;
  /** `outdated`: of another protocol version; `idleReason` says what to update. */
  readonly state: "connected" | "draining" | "suspended" | "lost" | "outdated";
  readonly platform: string;
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly ffmpegVersion: string;
  readonly capabilities: readonly string[];
  readonly slots: number;
  readonly framesPerSecond: number;
  readonly cpuRatio: number;
  readonly roundTripMs: number | null;
  /** What it works on, e.g. "film.mkv, part 12". */
  readonly work: readonly string[];
  /** Why it is idle, in words. */
  readonly idleReason: string | null;
  /** The same as a key, where there is one. */
  readonly idleBecause?: UiReason;
}

export interface UiNode {
  readonly deviceId: string;
  readonly name: string;
  readonly version: string;
  readonly role: "undecided" | "master" | "worker" | "both";
  /** host:port the master listens on; null for a worker. */
  readonly listening: string | null;
  readonly masterState: "none" | "connecting" | "connected";
  readonly masterName: string | null;
  /** Why it is not connected, in words. */
  readonly masterTrouble: string | null;
  /** Masters it knows, the one to serve first. */
  readonly masters: readonly UiKnownMaster[];
  /** Null while it is no worker. */
  readonly worker: UiOwnWorker | null;
  readonly settings: UiSettings;
  readonly queuePaused: boolean;
  /** Null while it is no master. */
  readonly pairing: UiPairing | null;
  /** Masters heard on the network; a hint, nothing more. */
  readonly seenPeers: readonly UiSeenPeer[];
  /** Null for a face that is not on this computer itself, and where no window is served. */
  readonly lanWindow: UiLanWindow | null;
}

export interface UiSnapshot {
  readonly revision: number;
  readonly node: UiNode;
  /** In queue order. */
  readonly jobs: readonly UiJob[];
  readonly workers: readonly UiWorker[];
}

/** What changed from revision - 1 to revision. */
export interface UiChange {
  readonly revision: number;
  readonly node?: UiNode;
  readonly jobs?: readonly UiJob[];
  readonly removedJobIds?: readonly string[];
  readonly jobOrder?: readonly string[];
  readonly workers?: readonly UiWorker[];
  readonly removedWorkerIds?: readonly string[];
}

export interface UiCapabilities {
  readonly ffmpegVersion: string;
  readonly ffmpegPath: string;
  readonly keys: readonly string[];
  readonly warnings: readonly string[];
}

/** The answer to each request, by its type. */
export interface UiAnswers
  extends
    UiQueueAnswers,
    UiPresetAnswers,
    UiPairingAnswers,
    NetworkAnswers,
    UiMediaAnswers,
    UiHistoryAnswers,
    UiLanAnswers {
  readonly snapshot: UiSnapshot;
  readonly probe: MediaFacts;
  readonly capabilities: UiCapabilities;
  readonly presets: readonly Preset[];
}
export type UiAnswer<Type extends UiRequest["type"]> =
  Type extends keyof UiAnswers ? UiAnswers[Type] : null;

/** Node to face. */
export type UiServerFrame =
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | {
      readonly kind: "refusal";
      readonly id: number;
      readonly failure: UiFailure;
    }
  | { readonly kind: "change"; readonly change: UiChange }
  /** Unasked, to a face that was too slow for the changes: takes the place of all it knows. */
  | { readonly kind: "snapshot"; readonly snapshot: UiSnapshot };
