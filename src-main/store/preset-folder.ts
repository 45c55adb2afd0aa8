/** People's own presets: one file each, in the folder `presets` of the data folder. */
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import { builtInPresets, presetSlug } from "../core/preset.ts";
import type { Preset } from "../core/recipe.ts";
import { parsePresetFile, presetFileText } from "../protocol/recipe-schema.ts";
import { temporarySuffix } from "./durable-file.ts";
import { diskFileSystem, errorCodeOf, removeIfThere } from "./file-system.ts";
import type { FileSystem } from "./file-system.ts";

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
 * Keeps a preset; one of the same name is replaced. Once this resolves it
 * survives a power cut, and until then the one before does.
 *
 * @throws Failure `preset-invalid` for a built-in name, `disk-full`,
 * `output-not-writable`.
 */
export async function savePreset(
  dataFolder: string,
  preset: Preset,
  files: FileSystem = diskFileSystem,
): Promise<string> {
  const slug = presetSlug(preset.name);
  if (slug === "") throw new Failure("preset-invalid", "it has no name");
  if (builtInPresets.some(({ name }) => presetSlug(name) === slug))
    throw new Failure(
      "preset-invalid",
      `“${preset.name}” is the name of a built-in preset`,
    );
  const file = path.join(dataFolder, "presets", `${slug}.json`);
  const temporary = `${file}.${randomUUID()}${temporarySuffix}`;
  try {
    await files.makeFolder(path.dirname(file));
    await writeNew(files, temporary, presetFileText(preset));
    await files.rename(temporary, file);
    await files.syncFolder(path.dirname(file));
  } catch (cause) {
    await removeIfThere(files, temporary).catch(() => undefined);
    const isFull = ["ENOSPC", "EDQUOT"].includes(errorCodeOf(cause));
    throw isFull
      ? new Failure("disk-full", path.dirname(file), { cause })
      : new Failure("output-not-writable", file, { cause });
  }
  return file;
}

async function writeNew(
  files: FileSystem,
  path: string,
  text: string,
): Promise<void> {
  const file = await files.open(path, "new");
  try {
    await file.append(Buffer.from(text));
    await file.sync();
  } finally {
    await file.close();
  }
}
