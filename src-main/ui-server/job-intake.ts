import { randomBytes } from "node:crypto";
import { mkdir, readdir, stat } from "node:fs/promises";
import {
  basename,
  dirname,
  extname,
  join,
  relative,
  resolve,
  sep,
} from "node:path";
import { Failure } from "../core/errors.ts";
import { jobId, type DeviceId } from "../core/identifiers.ts";
import { recipeForFileName } from "../core/output-container.ts";
import {
  defaultNameTemplate,
  outputName,
  unusedName,
} from "../core/output-name.ts";
import { defaultOutputName } from "../core/plan.ts";
import { findPreset } from "../core/preset.ts";
import type { Preset } from "../core/recipe.ts";
import type { JobRequest } from "../master/job.ts";
import type { Master } from "../master/master.ts";
import { failureView } from "../master/queue-view.ts";
import type {
  AddJobRequest,
  UiQueueAnswers,
  UiRefused,
} from "../protocol/ui-queue.ts";
import { searchSources } from "./source-folders.ts";

export interface IntakePorts {
  readonly master: Master;
  readonly presets: () => Promise<readonly Preset[]>;
  readonly nowMs: () => number;
  /** Where outputs of a source go that must not lie beside it; null: beside it is fine. */
  readonly folderInstead: (sourcePath: string) => Promise<string | null>;
}

/** Of what was skipped in folders, this many are told. */
const maxSkippedTold = 200;

/**
 * One job per source; those that cannot be done are refused with the reason,
 * the others go on. Folders bring the media files in them.
 *
 * @throws Failure `preset-unknown`, `usage` for too many files.
 */
export async function addJobs(
  request: AddJobRequest,
  ports: IntakePorts,
): Promise<UiQueueAnswers["add-job"]> {
  const preset = await presetFor(request, ports);
  const found = await searchSources(request.sources);
  const refused: UiRefused[] = found.refused.map(({ path, failure }) => ({
    source: path,
    failure: failureView(failure),
  }));
  const jobIds: string[] = [];
  for (const source of found.sources) {
    try {
      const asked = await jobFor(source, found.sources.length, request, {
        ...ports,
        preset,
      });
      jobIds.push((await ports.master.addJob(asked)).id);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      refused.push({ source, failure: failureView(error) });
    }
  }
  return { jobIds, refused, skipped: found.skipped.slice(0, maxSkippedTold) };
}

type Wanted = Pick<Preset, "name" | "recipe">;

async function presetFor(
  { presetName, recipe }: AddJobRequest,
  { presets }: IntakePorts,
): Promise<Wanted> {
  if (recipe !== undefined) return { name: presetName, recipe };
  const preset = findPreset(presetName, await presets());
  if (preset === undefined) throw new Failure("preset-unknown", presetName);
  return preset;
}

async function jobFor(
  sourcePath: string,
  sourceCount: number,
  request: AddJobRequest,
  ports: IntakePorts & { readonly preset: Wanted },
): Promise<JobRequest> {
  const { preset, nowMs } = ports;
  const instead =
    request.output === null ? await ports.folderInstead(sourcePath) : null;
  const place =
    instead === null
      ? await placeFor(sourcePath, sourceCount, request)
      : { folder: instead, file: null };
  // Where others' files lie, a name may be taken.
  const named =
    instead === null || request.nameTemplate !== undefined
      ? request
      : { ...request, nameTemplate: defaultNameTemplate };
  const outputPath =
    place.file ??
    join(place.folder, await nameIn(place.folder, sourcePath, named, ports));
  if ((await ports.folderInstead(outputPath)) !== null)
    throw new Failure("output-not-writable", outputPath);
  if (isNamedAsFolder(request.output) || place.isBelow === true)
    await makeFolder(place.folder);
  return {
    jobId: jobId(randomBytes(5).toString("hex")),
    sourcePath,
    outputPath,
    presetName: preset.name,
    recipe: recipeForFileName(preset.recipe, outputPath),
    overwrite: request.overwrite,
    segmentS: request.segmentS,
    priority: request.priority,
    allowedWorkers: (request.allowedWorkers ?? null) as
      readonly DeviceId[] | null,
    createdAtMs: nowMs(),
  };
}

interface Place {
  readonly folder: string;
  readonly file: string | null;
  /** A subfolder that may not be there yet. */
  readonly isBelow?: boolean;
}

/** Where a source lies below the added folder it was found in; empty: right in it, or named itself. */
function subfolder(sourcePath: string, added: readonly string[]): string {
  const source = resolve(sourcePath);
  const root = added
    .map((one) => resolve(one))
    .find((one) => source.startsWith(one.endsWith(sep) ? one : one + sep));
  return root === undefined ? "" : relative(root, dirname(source));
}

/** Beside the source, in a named folder, or under a named file. */
async function placeFor(
  sourcePath: string,
  sourceCount: number,
  { output: named, sources, keepsSubfolders }: AddJobRequest,
): Promise<Place> {
  if (named === null) return { folder: dirname(sourcePath), file: null };
  const output = resolve(named);
  const isFolder = await stat(output).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder || isNamedAsFolder(named)) {
    const below =
      keepsSubfolders === true ? subfolder(sourcePath, sources) : "";
    const folder = join(output, below);
    return { folder, file: null, isBelow: below !== "" };
  }
  if (sourceCount > 1 || extname(output) === "")
    throw new Failure("output-not-writable", `${output} (it is not a folder)`);
  return { folder: dirname(output), file: output };
}

/** An ending separator says that a folder is meant, also one that is not there yet. */
function isNamedAsFolder(output: string | null): boolean {
  return output !== null && /[/\\]$/.test(output);
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new Failure("output-not-writable", folder, { cause });
  });
}

/** By the template, with a number where the name is taken; without one as the source is called. */
async function nameIn(
  folder: string,
  sourcePath: string,
  { nameTemplate, overwrite }: AddJobRequest,
  { master, preset, nowMs }: IntakePorts & { readonly preset: Wanted },
): Promise<string> {
  const sourceName = basename(sourcePath);
  if (nameTemplate === undefined)
    return defaultOutputName(sourceName, preset.recipe);
  const name = outputName(nameTemplate, {
    sourceName,
    presetName: preset.name,
    folderName: basename(dirname(sourcePath)),
    at: localTime(nowMs()),
    ending: preset.recipe.container,
  });
  // Also where names differ only in case, as Windows and macOS see them.
  const there = new Set(
    overwrite ? [] : (await listed(folder)).map((one) => one.toLowerCase()),
  );
  return unusedName(name, (candidate) => {
    const path = join(folder, candidate);
    return (
      there.has(candidate.toLowerCase()) ||
      path === sourcePath ||
      master.queue.writesTo(path)
    );
  });
}

/** A folder that is not there yet has nothing in it. */
function listed(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function localTime(atMs: number) {
  const at = new Date(atMs);
  return {
    year: at.getFullYear(),
    month: at.getMonth() + 1,
    day: at.getDate(),
    hour: at.getHours(),
    minute: at.getMinutes(),
  };
}
