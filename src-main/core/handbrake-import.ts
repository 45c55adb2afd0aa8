/**
 * Presets of HandBrake (its JSON export: a PresetList with nested folders) as
 * presets of ours. What has no counterpart is told in words, never dropped
 * silently. Field names: HandBrake's preset/preset_template.json and libhb's
 * encoder tables.
 */
import { containerLimits } from "./container-limits.ts";
import { Failure } from "./errors.ts";
import { audioOf } from "./handbrake-audio.ts";
import { entryNamed, fieldsOf } from "./handbrake-fields.ts";
import type { HandbrakeFields } from "./handbrake-fields.ts";
import { videoOf } from "./handbrake-video.ts";
import { recipeProblem } from "./recipe-check.ts";
import type { Container, Preset, Recipe } from "./recipe.ts";

export interface HandbrakeImport {
  readonly presets: readonly Preset[];
  /** A sentence for each setting that did not map, beginning with the preset's name. */
  readonly unmapped: readonly string[];
}

/** Folders deeper than this are no HandBrake export. */
const maxDepth = 16;
const maxPresets = 2000;
const maxNameCharacters = 80;
const maxDescriptionCharacters = 400;

const containersByFormat: Readonly<Record<string, Container>> = {
  av_mp4: "mp4",
  mp4: "mp4",
  av_mkv: "mkv",
  mkv: "mkv",
  av_webm: "webm",
  webm: "webm",
};

/**
 * @param value the parsed JSON
 * @throws Failure preset-invalid when it is no export of HandBrake
 */
export function importHandbrake(value: unknown): HandbrakeImport {
  const list = Array.isArray(value)
    ? value
    : fieldsOf(value).list("PresetList");
  const presets: Preset[] = [];
  const unmapped: string[] = [];
  collect(list, 0, (fields) => {
    if (presets.length >= maxPresets)
      throw new Failure("preset-invalid", "it holds too many presets");
    presets.push(presetOf(fields, unmapped));
  });
  if (presets.length === 0)
    throw new Failure("preset-invalid", "it holds no HandBrake presets");
  return { presets, unmapped };
}

function collect(
  list: readonly unknown[],
  depth: number,
  add: (fields: HandbrakeFields) => void,
): void {
  if (depth > maxDepth)
    throw new Failure("preset-invalid", "its folders are too deep");
  for (const item of list) {
    const fields = fieldsOf(item);
    const children = fields.list("ChildrenArray");
    if (fields.flag("Folder") || children.length > 0)
      collect(children, depth + 1, add);
    else if (fields.text("PresetName") !== "") add(fields);
  }
}

function presetOf(fields: HandbrakeFields, unmapped: string[]): Preset {
  const name =
    plainLine(fields.text("PresetName"), maxNameCharacters) || "Unnamed";
  const note = (text: string): void => {
    unmapped.push(`${name}: ${text}`);
  };
  const recipe = consistent(recipeOf(fields, note), note);
  return {
    name,
    description: plainLine(
      fields.text("PresetDescription"),
      maxDescriptionCharacters,
    ),
    origin: "handbrake",
    recipe,
  };
}

function recipeOf(
  fields: HandbrakeFields,
  note: (text: string) => void,
): Recipe {
  const format = fields.text("FileFormat").toLowerCase();
  const known = entryNamed(containersByFormat, format);
  const container = known ?? "mkv";
  if (known === undefined)
    note(`the file format “${format}” is not known; MKV is used.`);
  const subtitles = fields.text("SubtitleTrackSelectionBehavior");
  const burn = fields.text("SubtitleBurnBehavior");
  if (burn !== "" && burn !== "none")
    note("burning subtitles in is set per job here, not in a preset.");
  if (subtitles === "first")
    note("all subtitles are kept, not only the first.");
  const keeps = subtitles !== "" && subtitles !== "none";
  return {
    container,
    video: videoOf(fields, note),
    audio: audioOf(fields, note),
    audioTracks:
      fields.text("AudioTrackSelectionBehavior") === "all" ? "all" : "first",
    subtitles: keeps ? "keep" : "none",
    chapters: fields.flag("ChapterMarkers") ? "keep" : "none",
    attachments: containerLimits[container].attachments ? "keep" : "none",
    metadata: fields.flag("MetadataPassthru", true) ? "keep" : "none",
    fastStart:
      container === "mp4" &&
      (fields.flag("Optimize") || fields.flag("Mp4HttpOptimize")),
  };
}

/** HandBrake lets containers hold more than ours do; there MKV takes over. */
function consistent(recipe: Recipe, note: (text: string) => void): Recipe {
  const problem = recipeProblem(recipe);
  if (problem === null) return recipe;
  const inMkv: Recipe = { ...recipe, container: "mkv", fastStart: false };
  if (recipeProblem(inMkv) !== null)
    throw new Failure("preset-invalid", `${problem.field}: ${problem.reason}`);
  note(
    `MKV is used, because ${recipe.container} does not hold ${problem.reason}.`,
  );
  return inMkv;
}

function plainLine(text: string, limit: number): string {
  return text
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, limit);
}
