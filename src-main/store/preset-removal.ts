import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import { presetSlug } from "../core/preset.ts";
import { parsePresetFile } from "../protocol/recipe-schema.ts";
import { diskFileSystem, removeIfThere, writeFailure } from "./file-system.ts";

/**
 * Removes a person's own preset, in whatever file it is. Once this resolves it
 * stays away.
 *
 * @throws Failure `preset-unknown` (built-in ones, too, stay), `store-unwritable`.
 */
export async function removePreset(
  dataFolder: string,
  name: string,
): Promise<void> {
  const folder = path.join(dataFolder, "presets");
  const files = await filesWith(folder, presetSlug(name));
  if (files.length === 0) throw new Failure("preset-unknown", `“${name}”`);
  try {
    for (const file of files) await removeIfThere(diskFileSystem, file);
    await diskFileSystem.syncFolder(folder);
  } catch (error) {
    throw writeFailure(error);
  }
}

async function filesWith(folder: string, slug: string): Promise<string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const found: string[] = [];
  for (const name of names) {
    if (!name.endsWith(".json")) continue;
    const file = path.join(folder, name);
    try {
      const preset = parsePresetFile(await readFile(file, "utf8"), name);
      if (presetSlug(preset.name) === slug) found.push(file);
    } catch {
      // Not a preset anybody can name.
    }
  }
  return found;
}
