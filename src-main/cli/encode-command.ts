/** `encode`: one or more files on a farm of this machine alone, put away afterwards. */
import { access, appendFile, copyFile, mkdir, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import { recipeForFileName } from "../core/output-container.ts";
import { findPreset } from "../core/preset.ts";
import { loadPresets } from "../store/preset-folder.ts";
import type { UiRefused } from "../protocol/ui-contract.ts";
import { dataFolderOf, type CommandContext } from "./command-context.ts";
import { viewOfHost, type FarmView } from "./farm-view.ts";
import { awaitJobs, reportOutcome, type Outcome } from "./job-outcome.ts";
import { planOutputs, type OutputPath } from "./output-paths.ts";
import { startPrivateFarm } from "./private-farm.ts";
import { makePrivateFolder } from "./private-folder.ts";
import { shareCores } from "./worker-share.ts";

export interface EncodeOptions {
  readonly output: string;
  readonly preset: string;
  readonly workers?: number;
  readonly segmentSeconds?: number;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly keepLog?: boolean;
  readonly data?: string;
}

/** Gives back the exit code. @throws Failure for what is refused before anything starts. */
export async function encode(
  context: CommandContext,
  inputs: readonly string[],
  options: EncodeOptions,
): Promise<number> {
  const { terminal, lifetime } = context;
  const planned = await planEncode(context, inputs, options);
  const [first] = planned;
  if (!first) throw new Failure("usage", "Name at least one input.");
  const outputFolder = path.dirname(first.output);
  const folder = await makePrivateFolder(
    options.data ?? outputFolder,
    lifetime,
  );
  const log = new FarmLog(path.join(folder, "farm.log"), context);
  const userFolder = dataFolderOf(context, undefined);
  const farm = await startPrivateFarm({
    folder,
    share: shareCores(os.availableParallelism(), options.workers ?? null),
    lifetime,
    onLog: (line) => log.add(line),
    ui: null,
    userFolder,
  });
  const view = viewOfHost(farm.node.host);
  try {
    const work = encodeAll(context, view, planned, options);
    const outcome = await lifetime.race(Promise.race([work, farm.broken]));
    return reportOutcome(context, outcome, options);
  } finally {
    terminal.clearLine();
    await log.written();
    if (options.keepLog)
      await copyFile(log.file, `${first.output}.log`).catch(() => undefined);
  }
}

async function planEncode(
  context: CommandContext,
  inputs: readonly string[],
  options: EncodeOptions,
): Promise<OutputPath[]> {
  const presets = await loadPresets(dataFolderOf(context, undefined));
  const preset = findPreset(options.preset, presets);
  if (!preset) throw new Failure("preset-unknown", `“${options.preset}”`);
  const sources = inputs.map((input) => path.resolve(input));
  for (const source of sources)
    await access(source).catch((cause: unknown) => {
      throw new Failure("source-missing", source, { cause });
    });
  // An ending separator says that a folder is meant; resolve() drops it.
  const separator = /[/\\]$/.test(options.output) ? path.sep : "";
  const output = path.resolve(options.output) + separator;
  const outputIsFolder = await isFolder(output);
  const { container } = preset.recipe;
  const planned = planOutputs({ sources, output, outputIsFolder, container });
  for (const plan of planned) {
    recipeForFileName(preset.recipe, plan.output);
    if (!options.overwrite && (await isThere(plan.output)))
      throw new Failure("output-exists", plan.output);
    await mkdir(path.dirname(plan.output), { recursive: true }).catch(
      (cause: unknown) => {
        throw new Failure("output-not-writable", plan.output, { cause });
      },
    );
  }
  return planned;
}

async function encodeAll(
  context: CommandContext,
  view: FarmView,
  planned: readonly OutputPath[],
  options: EncodeOptions,
): Promise<Outcome> {
  const refused: UiRefused[] = [];
  const jobIds: string[] = [];
  context.lifetime.keep({
    end: async () => {
      for (const jobId of jobIds)
        await view.ask({ type: "cancel-job", jobId }).catch(() => undefined);
    },
  });
  for (const { source, output } of planned) {
    const answer = await view.ask({
      type: "add-job",
      sources: [source],
      presetName: options.preset,
      output,
      overwrite: options.overwrite ?? false,
      segmentS: options.segmentSeconds ?? null,
      priority: 0,
    });
    jobIds.push(...answer.jobIds);
    refused.push(...answer.refused);
  }
  const jobs = await awaitJobs(context, view, jobIds);
  return { jobs, refused };
}

/** The farm's log, one line after another; shown as well where REELFARM_DEBUG asks for it. */
class FarmLog {
  readonly file: string;
  readonly #context: CommandContext;
  #last: Promise<void> = Promise.resolve();

  constructor(file: string, context: CommandContext) {
    this.file = file;
    this.#context = context;
  }

  add(line: string): void {
    const at = new Date(this.#context.nowMs()).toISOString();
    if (this.#context.env["REELFARM_DEBUG"]) this.#context.terminal.note(line);
    this.#last = this.#last
      .then(() => appendFile(this.file, `${at} ${line}\n`))
      // The folder is gone at the very end; the log then is not wanted any more.
      .catch(() => undefined);
  }

  written(): Promise<void> {
    return this.#last;
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
