/** The part of the UI contract about people's own presets. */
import { z } from "zod";
import type { Preset } from "../core/recipe.ts";
import { presetSchema } from "./recipe-schema.ts";

/** HandBrake exports all of a person's presets in one file, verbosely. */
const maxImportCharacters = 4_000_000;

const presetName = z.string().max(200);

export const presetRequestSchemas = [
  /** One of the same name is replaced. */
  z.strictObject({ type: z.literal("save-preset"), preset: presetSchema }),
  z.strictObject({ type: z.literal("delete-preset"), name: presetName }),
  /** The text of a preset file of Reelfarm or HandBrake. */
  z.strictObject({
    type: z.literal("import-presets"),
    fileName: z.string().min(1).max(4096),
    text: z.string().max(maxImportCharacters),
  }),
  z.strictObject({ type: z.literal("export-preset"), name: presetName }),
] as const;

export type PresetRequest = z.infer<(typeof presetRequestSchemas)[number]>;

const presetRequestTypes: ReadonlySet<string> = new Set(
  presetRequestSchemas.map((schema) => schema.shape.type.value),
);

/** Whether a request is one of this part. */
export function isPresetRequest<Other extends { readonly type: string }>(
  request: Other | PresetRequest,
): request is PresetRequest {
  return presetRequestTypes.has(request.type);
}

export interface UiPresetAnswers {
  readonly "import-presets": {
    readonly imported: readonly Preset[];
    /** What was left out or changed on the way. */
    readonly notes: readonly string[];
  };
  /** A preset file, as `import-presets` reads it. */
  readonly "export-preset": {
    readonly fileName: string;
    readonly text: string;
  };
}
