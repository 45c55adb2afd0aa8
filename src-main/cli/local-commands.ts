/** Commands that need no running node: `presets`, `probe`, `capabilities`, `id`. */
import { formatDeviceId } from "../core/device-name.ts";
import { Failure } from "../core/errors.ts";
import { findPreset, presetSlug } from "../core/preset.ts";
import { loadPresets } from "../store/preset-folder.ts";
import { presetFileText } from "../protocol/recipe-schema.ts";
import { dataFolderOf, type CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import { renderFacts } from "./media-facts-text.ts";
import {
  importPresets,
  probeFile,
  readCapabilities,
  readDeviceId,
} from "./node-tasks.ts";
import type { NodeOptionsTyped } from "./queue-commands.ts";
import { renderTable } from "./table.ts";

export async function listPresets(
  context: CommandContext,
  options: NodeOptionsTyped,
): Promise<number> {
  const { terminal } = context;
  const folder = dataFolderOf(context, options.data);
  const presets = await loadPresets(folder, (fileName, failure) =>
    terminal.note(`${fileName}: ${failure.message}`),
  );
  if (options.json) terminal.printJson(presets);
  else {
    const columns = [
      { title: "PRESET" },
      { title: "FORMAT" },
      { title: "WHAT IT IS FOR", shrinks: true },
    ];
    const rows = presets.map(({ name, description, recipe }) => [
      presetSlug(name),
      recipe.container,
      description,
    ]);
    for (const line of renderTable(columns, rows, terminal.columns))
      terminal.print(line);
  }
  return exitCodes.ok;
}

/** In the form that `presets import` reads: the start of an own preset. */
export async function showPreset(
  context: CommandContext,
  name: string,
  options: NodeOptionsTyped,
): Promise<number> {
  const presets = await loadPresets(dataFolderOf(context, options.data));
  const preset = findPreset(name, presets);
  if (!preset) throw new Failure("preset-unknown", `“${name}”`);
  context.terminal.print(presetFileText(preset).trimEnd());
  return exitCodes.ok;
}

export async function takePresets(
  context: CommandContext,
  file: string,
  options: NodeOptionsTyped,
): Promise<number> {
  const folder = dataFolderOf(context, options.data);
  const { imported, notes } = await importPresets(folder, file);
  for (const preset of imported)
    context.terminal.print(`${presetSlug(preset.name)}  (${preset.name})`);
  for (const note of notes) context.terminal.note(note);
  return exitCodes.ok;
}

export async function probe(
  context: CommandContext,
  file: string,
  options: NodeOptionsTyped,
): Promise<number> {
  const { terminal, lifetime } = context;
  const facts = await lifetime.race(probeFile(file, lifetime.signal));
  if (options.json) terminal.printJson(facts);
  else for (const line of renderFacts(file, facts)) terminal.print(line);
  return exitCodes.ok;
}

export async function showCapabilities(
  context: CommandContext,
  options: NodeOptionsTyped,
): Promise<number> {
  const { terminal, lifetime } = context;
  const folder = dataFolderOf(context, options.data);
  const found = await readCapabilities(folder, lifetime.signal);
  if (options.json) terminal.printJson(found);
  else {
    terminal.print(`ffmpeg ${found.ffmpegVersion}  (${found.ffmpegPath})`);
    for (const key of found.keys) terminal.print(`  ${key}`);
    for (const warning of found.warnings) terminal.note(warning);
  }
  return exitCodes.ok;
}

export async function showId(
  context: CommandContext,
  options: NodeOptionsTyped,
): Promise<number> {
  const id = await readDeviceId(dataFolderOf(context, options.data));
  if (options.json)
    context.terminal.printJson({ deviceId: id, text: formatDeviceId(id) });
  else context.terminal.print(formatDeviceId(id));
  return exitCodes.ok;
}
