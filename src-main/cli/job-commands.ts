/** Commands that add jobs to the running node's queue and change them. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import { nameTemplateProblem } from "../core/output-name.ts";
import type { Recipe } from "../core/recipe.ts";
import { parsePresetFile } from "../protocol/recipe-schema.ts";
import type { UiRequest } from "../protocol/ui-contract.ts";
import type { AddJobRequest } from "../protocol/ui-queue.ts";
import type { CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import { awaitJobs, reportOutcome, reportRefused } from "./job-outcome.ts";
import { withNode, type NodeOptionsTyped } from "./queue-commands.ts";
import { workerIdsOf } from "./share-commands.ts";
import type { UiConnection } from "./ui-connection.ts";

export interface AddOptions extends NodeOptionsTyped {
  readonly preset: string;
  readonly recipe?: string;
  readonly output?: string;
  readonly name?: string;
  readonly worker?: readonly string[];
  readonly priority?: number;
  readonly overwrite?: boolean;
  readonly segmentSeconds?: number;
  readonly wait?: boolean;
}

/** `add`: the node looks into folders itself. */
export async function add(
  context: CommandContext,
  named: readonly string[],
  options: AddOptions,
): Promise<number> {
  const { terminal } = context;
  return withNode(context, options, async (node) => {
    const answer = await node.ask(await addRequest(node, named, options));
    if (options.wait) {
      const jobs = await awaitJobs(context, node, answer.jobIds);
      return reportOutcome(context, { jobs, refused: answer.refused }, options);
    }
    if (options.json) terminal.printJson(answer);
    else for (const jobId of answer.jobIds) terminal.print(jobId);
    if (!options.json) reportRefused(context, answer.refused);
    if (!options.json && answer.skipped.length > 0)
      terminal.note(
        `Left out ${String(answer.skipped.length)} files that are no media files.`,
      );
    return answer.refused.length > 0 ? exitCodes.failed : exitCodes.ok;
  });
}

async function addRequest(
  node: UiConnection,
  named: readonly string[],
  options: AddOptions,
): Promise<AddJobRequest> {
  const { name, output, worker } = options;
  const problem = name === undefined ? null : nameTemplateProblem(name);
  if (problem !== null)
    throw new Failure("usage", `--name cannot be that: ${problem}.`);
  const edited =
    options.recipe === undefined ? null : await readRecipe(options.recipe);
  return {
    type: "add-job",
    sources: named.map((source) => path.resolve(source)),
    presetName: edited?.name ?? options.preset,
    ...(edited === null ? {} : { recipe: edited.recipe }),
    output: output === undefined ? null : absolute(output),
    ...(name === undefined ? {} : { nameTemplate: name }),
    ...(worker === undefined
      ? {}
      : { allowedWorkers: await workerIdsOf(node, worker) }),
    overwrite: options.overwrite ?? false,
    segmentS: options.segmentSeconds ?? null,
    priority: options.priority ?? 0,
  };
}

async function readRecipe(
  file: string,
): Promise<{ readonly name: string; readonly recipe: Recipe }> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("source-unreadable", file, { cause });
  });
  return parsePresetFile(text, path.basename(file));
}

/** An ending separator says that a folder is meant; resolve() drops it. */
function absolute(output: string): string {
  return path.resolve(output) + (/[/\\]$/.test(output) ? path.sep : "");
}

export interface ActionOptions extends NodeOptionsTyped {
  readonly all?: boolean;
  readonly failed?: boolean;
  readonly ended?: boolean;
}

const forAll = {
  cancel: "cancel-queue",
  retry: "retry-failed",
  remove: "remove-ended",
} as const;

/** `cancel`, `retry` and `remove`: one job, or every job it can be done to. */
export async function actOnAll(
  context: CommandContext,
  action: keyof typeof forAll,
  jobId: string | undefined,
  options: ActionOptions,
): Promise<number> {
  const isAll = options.all ?? options.failed ?? options.ended ?? false;
  if (isAll === (jobId !== undefined))
    throw new Failure(
      "usage",
      `${action} takes a job's id, or the word for all.`,
    );
  if (jobId !== undefined)
    return act(context, { type: `${action}-job`, jobId }, options);
  const { jobIds } = await withNode(context, options, (node) =>
    node.ask({ type: forAll[action] }),
  );
  if (options.json) context.terminal.printJson(jobIds);
  else for (const id of jobIds) context.terminal.print(id);
  return exitCodes.ok;
}

export interface MoveOptions extends NodeOptionsTyped {
  readonly before?: string;
  readonly first?: boolean;
  readonly last?: boolean;
}

/** `move`: before a job, before all, or behind all. */
export async function move(
  context: CommandContext,
  jobId: string,
  options: MoveOptions,
): Promise<number> {
  const { before, first, last } = options;
  if ([before, first, last].filter((one) => one !== undefined).length !== 1)
    throw new Failure(
      "usage",
      "move takes one of --before ID, --first, --last.",
    );
  await withNode(context, options, async (node) => {
    const top = first ? (await node.ask({ type: "snapshot" })).jobs[0] : null;
    const beforeJobId = before ?? top?.jobId ?? null;
    return node.ask({ type: "move-job", jobId, beforeJobId });
  });
  return exitCodes.ok;
}

/** `priority`: higher goes first. */
export function prioritise(
  context: CommandContext,
  jobId: string,
  priority: number,
  options: NodeOptionsTyped,
): Promise<number> {
  return act(context, { type: "prioritise-job", jobId, priority }, options);
}

/** A request that is answered by nothing but its having been done. */
export async function act(
  context: CommandContext,
  request: UiRequest,
  options: NodeOptionsTyped,
): Promise<number> {
  await withNode(context, options, (node) => node.ask(request));
  return exitCodes.ok;
}
