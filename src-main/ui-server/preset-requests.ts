import { unreachable } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import { findPreset, presetSlug } from "../core/preset.ts";
import type { Preset } from "../core/recipe.ts";
import { readPresetText } from "../protocol/preset-import.ts";
import { presetFileText } from "../protocol/recipe-schema.ts";
import type { PresetRequest, UiPresetAnswers } from "../protocol/ui-presets.ts";

/** The node's presets, as they are kept now. */
export interface PresetShelf {
  readonly all: () => Promise<readonly Preset[]>;
  /** Rejects with a Failure for the name of a built-in one. */
  readonly save: (preset: Preset) => Promise<unknown>;
  /** Rejects with `preset-unknown`, for built-in ones, too. */
  readonly remove: (name: string) => Promise<void>;
}

/** Carries out what a face asks of people's own presets. @throws Failure with the reason why not. */
export async function answerForPresets(
  request: PresetRequest,
  shelf: PresetShelf,
): Promise<UiPresetAnswers[keyof UiPresetAnswers] | null> {
  switch (request.type) {
    case "save-preset":
      await shelf.save({ ...request.preset, origin: "user" });
      return null;
    case "delete-preset":
      await shelf.remove(request.name);
      return null;
    case "import-presets": {
      const read = readPresetText(request.text, request.fileName);
      for (const preset of read.imported) await shelf.save(preset);
      return read;
    }
    case "export-preset": {
      const preset = findPreset(request.name, await shelf.all());
      if (preset === undefined)
        throw new Failure("preset-unknown", `“${request.name}”`);
      return {
        fileName: `${presetSlug(preset.name)}.json`,
        text: presetFileText(preset),
      };
    }
    default:
      return unreachable(request);
  }
}
