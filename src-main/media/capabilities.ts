/**
 * What the ffmpeg of this machine can really do. A name in a list proves
 * nothing (every NVENC build lists its encoders on machines without the chip),
 * so each encoder makes a few tiny pictures with the very arguments of an order.
 */
import { stat } from "node:fs/promises";
import os from "node:os";

import { Failure } from "../core/errors.ts";
import { parseVersionText } from "../core/ffmpeg-version.ts";
import {
  audioTrialArguments,
  videoTrialArguments,
} from "../core/ffmpeg-arguments/trial.ts";
import {
  hardwareFamily,
  isHardwareEncoder,
} from "../core/ffmpeg-arguments/hardware-encoder.ts";
import { ffmpegEncoder } from "../core/ffmpeg-arguments/encoder.ts";
import { versionWarnings } from "../core/ffmpeg-warnings.ts";
import { audioEncoders, videoEncoders } from "../core/recipe.ts";
import type { VideoEncoder } from "../core/recipe.ts";
import type { Binaries } from "./binaries.ts";
import { readTool } from "./process.ts";
import { renderNode } from "./render-node.ts";

export interface Capabilities {
  readonly ffmpegVersion: string;
  /** `encoder:x264`, `audio:opus`, `filter:zscale`, sorted. */
  readonly keys: readonly string[];
  /** Sentences for people: old or vulnerable versions. */
  readonly warnings: readonly string[];
}

export interface CapabilityOptions {
  readonly signal?: AbortSignal;
  /** Where the last result is kept; it counts as long as ffmpeg and the chips are the same. */
  readonly cache?: {
    load(): Promise<string | null>;
    save(text: string): Promise<void>;
  };
}

/** Filters that some builds lack, and that recipes can ask for. */
const optionalFilters = [
  "bwdif",
  "hqdn3d",
  "nlmeans",
  "subtitles",
  "tonemap",
  "yadif",
  "zscale",
] as const;

/** A chip that has not answered by then would not be of use. */
const trialTimeoutMs = 10_000;
/** Raised when what is tried changes, so that old caches are not believed. */
const trialGeneration = 1;

/**
 * Tries all encoders of recipes. Takes one to three seconds, or nothing with a
 * cache. @throws Failure `ffmpeg-missing`; the signal's reason on abort.
 */
export async function detectCapabilities(
  binaries: Binaries,
  options: CapabilityOptions = {},
): Promise<Capabilities> {
  const fingerprint = await fingerprintOf(binaries);
  const known = await cached(options, fingerprint);
  if (known) return known;
  const found = await tryAll(binaries, options.signal);
  await options.cache?.save(JSON.stringify({ fingerprint, ...found }));
  return found;
}

async function tryAll(
  { ffmpeg }: Binaries,
  signal: AbortSignal | undefined,
): Promise<Capabilities> {
  const read = async (args: readonly string[]): Promise<string> =>
    (await readTool(ffmpeg, args, { signal })).stdout;
  const [versionText, encoderList, filterList] = await Promise.all([
    read(["-version"]),
    read(["-v", "error", "-encoders"]),
    read(["-v", "error", "-filters"]),
  ]);
  const version = parseVersionText("ffmpeg", versionText);
  if (version === null)
    throw new Failure("ffmpeg-missing", "it does not tell its version");
  const filters = names(filterList);
  const keys = await triedKeys(ffmpeg, names(encoderList), signal);
  return {
    ffmpegVersion: version.text,
    keys: [
      ...keys,
      ...optionalFilters
        .filter((name) => filters.has(name))
        .map((name) => `filter:${name}`),
    ].sort(),
    warnings: versionWarnings(version),
  };
}

/** The second word of each line of `-encoders` and `-filters`. */
function names(list: string): Set<string> {
  return new Set(
    list.split("\n").flatMap((line) => {
      const name = line.trim().split(/\s+/)[1];
      return name === undefined ? [] : [name];
    }),
  );
}

interface Trial {
  readonly key: string;
  readonly args: readonly string[];
}

async function triedKeys(
  ffmpeg: string,
  listed: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const trials: Trial[] = [
    ...videoEncoders
      .filter((name) => listed.has(ffmpegEncoder(name)) && mayBeHere(name))
      .map((name) => ({
        key: `encoder:${name}`,
        args: videoTrialArguments(name, renderNode()),
      })),
    ...audioEncoders.map((name) => ({
      key: `audio:${name}`,
      args: audioTrialArguments(name),
    })),
  ];
  const works: string[] = [];
  const next = trials[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const { key, args } of next)
      if (await succeeds(ffmpeg, args, signal)) works.push(key);
  };
  const lanes = Math.max(2, Math.min(4, os.availableParallelism()));
  await Promise.all(Array.from({ length: lanes }, lane));
  return works;
}

/** Saves the start of a process where the system rules the chip out. */
function mayBeHere(encoder: VideoEncoder): boolean {
  if (!isHardwareEncoder(encoder)) return true;
  switch (hardwareFamily(encoder)) {
    case "videotoolbox":
      return process.platform === "darwin";
    case "vaapi":
      return renderNode() !== null;
    case "qsv":
      return process.platform === "win32" || renderNode() !== null;
    case "amf":
      return process.platform !== "darwin";
    case "nvenc":
      return process.platform !== "darwin";
  }
}

async function succeeds(
  ffmpeg: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const { stdout, exit } = await readTool(ffmpeg, args, {
      signal,
      timeoutMs: trialTimeoutMs,
    });
    // The list of packets must have one line at least that is no comment.
    return exit.code === 0 && /^\d/m.test(stdout);
  } catch (cause) {
    if (cause instanceof Failure && cause.code === "limit-exceeded")
      return false;
    throw cause;
  }
}

async function fingerprintOf(binaries: Binaries): Promise<string> {
  const { ffmpeg, version } = binaries;
  const facts = await stat(ffmpeg).catch(() => null);
  return JSON.stringify([
    trialGeneration,
    ffmpeg,
    version,
    facts?.size ?? null,
    facts?.mtimeMs ?? null,
    renderNode(),
  ]);
}

async function cached(
  { cache }: CapabilityOptions,
  fingerprint: string,
): Promise<Capabilities | null> {
  const text = await cache?.load();
  if (typeof text !== "string") return null;
  try {
    const stored: unknown = JSON.parse(text);
    if (!isStored(stored) || stored.fingerprint !== fingerprint) return null;
    const { ffmpegVersion, keys, warnings } = stored;
    return { ffmpegVersion, keys, warnings };
  } catch {
    return null;
  }
}

function isStored(
  value: unknown,
): value is Capabilities & { readonly fingerprint: string } {
  if (typeof value !== "object" || value === null) return false;
  const { fingerprint, ffmpegVersion, keys, warnings } = value as Record<
    string,
    unknown
  >;
  const areTexts = (list: unknown): boolean =>
    Array.isArray(list) && list.every((item) => typeof item === "string");
  return (
    typeof fingerprint === "string" &&
    typeof ffmpegVersion === "string" &&
    areTexts(keys) &&
    areTexts(warnings)
  );
}
