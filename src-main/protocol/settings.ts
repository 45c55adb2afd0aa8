/**
 * What a node is told once and remembers. A change of the shape raises
 * `storeVersion` (stored-documents.ts) and adds a migration.
 */
import { z } from "zod";
import type { DeviceId } from "../core/identifiers.ts";
import {
  allHoursOfDay,
  daysPerWeek,
  noLimits,
  type WorkerLimits,
} from "../core/worker-limits.ts";
import { knownBrowsersSchema, type KnownBrowser } from "./known-browser.ts";
import { deviceIdSchema } from "./identifier-schemas.ts";
import { maxPeers, peersSchema, type Peer } from "./peer.ts";

/** Where outputs go when nobody says. */
export interface OutputRule {
  /** Null: beside the source. */
  readonly folder: string | null;
  /** Sources from below one folder go into the same folders below `folder`. */
  readonly keepsSubfolders: boolean;
  /** How outputs are called (core/output-name.ts). Null: like their source. */
  readonly nameTemplate: string | null;
}

/** How a master shares out its workers. */
export interface QueueSettings {
  /** Share of the farm's slots that small jobs behind a huge one may take, 0 to 1; 0: one job after the other. */
  readonly smallJobShare: number;
  /** Workers without work take over later parts of what others have at work. */
  readonly stealing: boolean;
  /** What ends last is tried on a second worker. */
  readonly duplicates: boolean;
}

/** A folder whose new files become jobs. */
export interface WatchFolder {
  /** Also what tells it from others. */
  readonly path: string;
  readonly isEnabled: boolean;
  readonly includesSubfolders: boolean;
  readonly presetName: string;
  readonly output: OutputRule;
}

export const nodeRoles = ["undecided", "master", "worker", "both"] as const;
export const whenDoneActions = [
  "nothing",
  "quit",
  "sleep",
  "shut-down",
] as const;
export const themes = ["system", "light", "dark"] as const;

export interface Settings {
  /** Empty: the computer's own name. */
  readonly name: string;
  /** Undecided until the first-run question is answered. */
  readonly role: (typeof nodeRoles)[number];
  /** Where a master's workers dial in; 0 takes any free port. */
  readonly listenPort: number;
  /** Names or addresses of the network interfaces to listen on. Null: all. */
  readonly interfaces: readonly string[] | null;
  /** Finds and is found by others on the local network. */
  readonly discovery: boolean;
  /** The window's page may be opened from other devices of the home, by who is let in. */
  readonly uiLanAccess: boolean;
  /** Where it is served then, over TLS; 0 takes any free port. */
  readonly uiLanPort: number;
  /** Folders that browsers elsewhere may look into besides those of outputs and watch folders. */
  readonly uiLanFolders: readonly string[];
  /** Every browser that was let in. */
  readonly browsers: readonly KnownBrowser[];
  /** Every computer this one was paired with. */
  readonly peers: readonly Peer[];
  readonly limits: WorkerLimits;
  readonly queuePaused: boolean;
  /** Workers that take nothing new until a person takes that back; the one told last is last. */
  readonly drainedWorkers: readonly DeviceId[];
  readonly queue: QueueSettings;
  readonly watchFolders: readonly WatchFolder[];
  /** What this computer does when the queue has come to its end. */
  readonly whenDone: (typeof whenDoneActions)[number];
  readonly output: OutputRule;
  readonly defaultPreset: string | null;
  readonly ffmpegPath: string | null;
  readonly ffprobePath: string | null;
  /** BCP 47. Null: the system's. */
  readonly locale: string | null;
  readonly theme: (typeof themes)[number];
}

/** One fixed port, so that firewalls can be told. */
const defaultListenPort = 47_600;
const defaultUiLanPort = 47_601;

export const defaultSettings: Settings = {
  name: "",
  role: "undecided",
  listenPort: defaultListenPort,
  interfaces: null,
  discovery: true,
  uiLanAccess: false,
  uiLanPort: defaultUiLanPort,
  uiLanFolders: [],
  browsers: [],
  peers: [],
  limits: noLimits,
  queuePaused: false,
  drainedWorkers: [],
  queue: { smallJobShare: 0, stealing: true, duplicates: true },
  watchFolders: [],
  whenDone: "nothing",
  output: { folder: null, keepsSubfolders: true, nameTemplate: null },
  defaultPreset: null,
  ffmpegPath: null,
  ffprobePath: null,
  locale: null,
  theme: "system",
};

/** Linux's longest path; Windows' and macOS' are shorter in practice. */
const maxPathCharacters = 4096;
const maxNameCharacters = 200;
const maxPresetNameCharacters = 200;
const maxTemplateCharacters = 200;
const maxInterfaces = 64;
const maxWatchFolders = 64;
const maxLanFolders = 64;
const maxIdleMinutes = 24 * 60;
/** As many as there can be peers, and this computer itself. */
export const maxDrainedWorkers = maxPeers + 1;
const maxSlots = 64;
const maxThreads = 1024;

const path = z.string().min(1).max(maxPathCharacters);
const presetName = z.string().min(1).max(maxPresetNameCharacters);

const output = z.strictObject({
  folder: path.nullable(),
  keepsSubfolders: z.boolean(),
  nameTemplate: z.string().min(1).max(maxTemplateCharacters).nullable(),
}) satisfies z.ZodType<OutputRule>;

const queue = z.strictObject({
  smallJobShare: z.number().min(0).max(1),
  stealing: z.boolean(),
  duplicates: z.boolean(),
}) satisfies z.ZodType<QueueSettings>;

const limits = z.strictObject({
  isEnabled: z.boolean(),
  idleMinutes: z.number().positive().max(maxIdleMinutes).nullable(),
  onlyOnMains: z.boolean(),
  hours: z
    .array(z.int().min(0).max(allHoursOfDay))
    .length(daysPerWeek)
    .readonly()
    .nullable(),
  cpuPercent: z.int().min(1).max(100),
  slots: z.int().min(1).max(maxSlots).nullable(),
  threads: z.int().min(1).max(maxThreads).nullable(),
  isLowPriority: z.boolean(),
  pausedUntilMs: z.number().nonnegative().nullable(),
}) satisfies z.ZodType<WorkerLimits>;

const watchFolders = z
  .array(
    z.strictObject({
      path,
      isEnabled: z.boolean(),
      includesSubfolders: z.boolean(),
      presetName,
      output,
    }),
  )
  .max(maxWatchFolders)
  .refine(
    (folders) =>
      new Set(folders.map((one) => one.path)).size === folders.length,
    "has a folder twice",
  )
  .readonly() satisfies z.ZodType<readonly WatchFolder[]>;

/** Each setting by itself. */
export const settingsShape = z.strictObject({
  name: z.string().max(maxNameCharacters),
  role: z.enum(nodeRoles),
  listenPort: z.int().min(0).max(65_535),
  interfaces: z
    .array(z.string().min(1).max(maxNameCharacters))
    .min(1)
    .max(maxInterfaces)
    .readonly()
    .nullable(),
  discovery: z.boolean(),
  uiLanAccess: z.boolean(),
  uiLanPort: z.int().min(0).max(65_535),
  uiLanFolders: z.array(path).max(maxLanFolders).readonly(),
  browsers: knownBrowsersSchema,
  peers: peersSchema,
  limits,
  queuePaused: z.boolean(),
  drainedWorkers: z.array(deviceIdSchema).max(maxDrainedWorkers).readonly(),
  queue,
  watchFolders,
  whenDone: z.enum(whenDoneActions),
  output,
  defaultPreset: presetName.nullable(),
  ffmpegPath: path.nullable(),
  ffprobePath: path.nullable(),
  locale: z
    .string()
    .max(35)
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/)
    .nullable(),
  theme: z.enum(themes),
});

export const settingsSchema: z.ZodType<Settings> = settingsShape;
/** Some of the settings, as a change brings them. */
export const settingsChangeSchema = settingsShape.partial();
