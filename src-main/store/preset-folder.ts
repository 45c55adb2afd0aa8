/** People's own presets: one file each, in the folder `presets` of the data folder. */
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import { builtInPresets, presetSlug } from "../core/preset.ts";
import type { Preset } from "../core/recipe.ts";
import { parsePresetFile, presetFileText } from "../protocol/recipe-schema.ts";

/** More than anybody keeps; a wrong folder is not read to its end. */
const maxPresetFiles = 500;

/**
 * Built-in presets first, then people's own by name. An own preset with a
 * built-in name is left out, so that a name always means the same.
 *
 * @param onUnreadable is told of each file that cannot be used; the others count.
 */
export async function loadPresets(
  dataFolder: string,
  onUnreadable: (fileName: string, failure: Failure) => void = () => undefined,
): Promise<readonly Preset[]> {
  const folder = path.join(dataFolder, "presets");
  const names = await readdir(folder).catch((): string[] => []);
  const taken = new Set(builtInPresets.map(({ name }) => presetSlug(name)));
  const own: Preset[] = [];
  for (const fileName of names.sort().slice(0, maxPresetFiles)) {
    if (!fileName.endsWith(".json")) continue;
    try {
      const text = await readFile(path.join(folder, fileName), "utf8");
      const preset = parsePresetFile(text, fileName);
      const slug = presetSlug(preset.name);
      if (taken.has(slug)) continue;
      taken.add(slug);
      own.push(preset);
    } catch (error) {
      if (error instanceof Failure) onUnreadable(fileName, error);
      else onUnreadable(fileName, new Failure("preset-invalid", fileName));
    }
  }
  own.sort((a, b) => a.name.localeCompare(b.name));
  return [...builtInPresets, ...own];
}

/**
 * Keeps a preset; one of the same name is replaced.
 *
 * @throws Failure `preset-invalid` for a built-in name, `output-not-writable`.
 */
export async function savePreset(
  dataFolder: string,
  preset: Preset,
): Promise<string> {
  const slug = presetSlug(preset.name);
  if (slug === "") throw new Failure("preset-invalid", "it has no name");
  if (builtInPresets.some(({ name }) => presetSlug(name) === slug))
    throw new Failure(
      "preset-invalid",
      `“${preset.name}” is the name of a built-in preset`,
    );
  const file = path.join(dataFolder, "presets", `${slug}.json`);
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const fresh = `${file}.${String(process.pid)}.new`;
    await writeFile(fresh, presetFileText(preset));
    await rename(fresh, file);
  } catch (cause) {
    throw new Failure("output-not-writable", file, { cause });
  }
  return file;
}
