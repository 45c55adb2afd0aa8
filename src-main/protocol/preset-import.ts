import { importHandbrake } from "../core/handbrake-import.ts";
import type { Preset } from "../core/recipe.ts";
import { parsePresetFile } from "./recipe-schema.ts";

/** The presets of a file. */
export interface ImportedPresets {
  readonly imported: readonly Preset[];
  /** What was left out or changed on the way. */
  readonly notes: readonly string[];
}

/**
 * Reads a preset file of Reelfarm, or an export of HandBrake with any number of
 * presets. `fileName` is only for the message.
 *
 * @throws Failure `preset-invalid`.
 */
export function readPresetText(
  text: string,
  fileName: string,
): ImportedPresets {
  const value = jsonOf(text);
  const isExport =
    typeof value === "object" && value !== null && "PresetList" in value;
  if (!isExport)
    return { imported: [parsePresetFile(text, fileName)], notes: [] };
  const { presets, unmapped } = importHandbrake(value);
  return { imported: presets, notes: unmapped };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
