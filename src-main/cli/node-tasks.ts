/** What can be done without a running node: the same modules a node uses, directly. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import type { DeviceId } from "../core/identifiers.ts";
import type { MediaFacts } from "../core/media-facts.ts";
import { findBinaries } from "../media/binaries.ts";
import { detectCapabilities } from "../media/capabilities.ts";
import { probeSource } from "../media/probe.ts";
import { loadIdentity } from "../net/identity.ts";
import {
  readPresetText,
  type ImportedPresets,
} from "../protocol/preset-import.ts";
import type { UiCapabilities } from "../protocol/ui-contract.ts";
import { savePreset } from "../store/preset-folder.ts";

/** Made at first use, as a node would. */
export async function readDeviceId(dataFolder: string): Promise<DeviceId> {
  const { deviceId } = await loadIdentity(path.join(dataFolder, "identity"));
  return deviceId;
}

export async function probeFile(
  file: string,
  signal: AbortSignal,
): Promise<MediaFacts> {
  const binaries = await findBinaries();
  return probeSource(binaries, path.resolve(file), signal);
}

/** What ffmpeg can do here, remembered in the data folder as a node does. */
export async function readCapabilities(
  dataFolder: string,
  signal: AbortSignal,
): Promise<UiCapabilities> {
  const binaries = await findBinaries();
  const file = path.join(dataFolder, "capabilities.json");
  const { ffmpegVersion, keys, warnings } = await detectCapabilities(binaries, {
    signal,
    cache: {
      load: () => readFile(file, "utf8").catch(() => null),
      save: (text) =>
        mkdir(dataFolder, { recursive: true, mode: 0o700 })
          .then(() => writeFile(file, text, { mode: 0o600 }))
          // Nothing is lost but time.
          .catch(() => undefined),
    },
  });
  return { ffmpegVersion, ffmpegPath: binaries.ffmpeg, keys, warnings };
}

/**
 * Takes a preset file into the data folder.
 *
 * @throws Failure `preset-invalid`, `source-unreadable`.
 */
export async function importPresets(
  dataFolder: string,
  file: string,
): Promise<ImportedPresets> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("source-unreadable", file, { cause });
  });
  const read = readPresetText(text, path.basename(file));
  for (const preset of read.imported) await savePreset(dataFolder, preset);
  return read;
}
