/** The words of the commands about jobs. */
import type { Command } from "commander";
import { parseWholeNumber } from "./argument-checks.ts";
import {
  act,
  actOnAll,
  add,
  move,
  prioritise,
  type ActionOptions,
  type AddOptions,
  type MoveOptions,
} from "./job-commands.ts";
import {
  pause,
  showJob,
  showQueue,
  showWorkers,
  type NodeOptionsTyped,
} from "./queue-commands.ts";
import type { Registration } from "./registration.ts";
import {
  dataOption,
  defaultPreset,
  jsonOption,
  segmentOption,
} from "./shared-options.ts";

const priorityBounds = { name: "priority", min: -100, max: 100 };

/** Adds the commands about jobs and their order. */
export function registerQueue(registration: Registration): void {
  const { program } = registration;
  program.commandsGroup(
    "The running node's queue (--data DIR chooses the node):",
  );
  registerAdd(registration);
  registerShows(registration);
  registerActions(registration);
  registerOrder(registration);
}

function registerAdd({ program, context, onDone }: Registration): void {
  program
    .command("add")
    .usage("FILE|FOLDER…")
    .description("put files into the queue, prints their job ids")
    .argument("<source...>", "media files, or folders of them")
    .option("--preset <name>", "see `reelfarm presets`", defaultPreset)
    .option("--recipe <file>", "settings of these jobs alone: a preset file")
    .option(
      "-o, --output <path>",
      "file or folder (default: beside the source)",
    )
    .option(
      "--name <template>",
      "what outputs are called: {name} {preset} {folder} {date} {time}; taken names get a number",
    )
    .option(
      "--worker <name>",
      "who may work for them (may be repeated; default: anybody)",
      (name: string, before: readonly string[] = []) => [...before, name],
    )
    .option("--priority <n>", "higher goes first", (text) =>
      parseWholeNumber(text, { ...priorityBounds, name: "--priority" }),
    )
    .addOption(segmentOption())
    .option("--overwrite", "replace outputs that are there")
    .option("--wait", "show progress and wait for the end")
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (sources: string[], options: AddOptions) =>
      onDone(await add(context, sources, options)),
    );
}

function registerShows({ program, context, onDone }: Registration): void {
  const shows = [
    ["queue", "list the jobs", showQueue],
    ["workers", "list the workers and what they do", showWorkers],
  ] as const;
  for (const [name, text, show] of shows)
    program
      .command(name)
      .usage("")
      .description(text)
      .addOption(dataOption())
      .addOption(jsonOption())
      .action(async (options: NodeOptionsTyped) =>
        onDone(await show(context, options)),
      );
  aboutJob(program, "job")
    .description("all about one job")
    .addOption(jsonOption())
    .action(async (id: string, options: NodeOptionsTyped) =>
      onDone(await showJob(context, id, options)),
    );
}

function registerActions({ program, context, onDone }: Registration): void {
  const actions = [
    ["cancel", "--all", "end a job and remove what it has made so far"],
    ["retry", "--failed", "try a failed or cancelled job again"],
    ["remove", "--ended", "take a job off the list"],
  ] as const;
  for (const [name, all, text] of actions)
    program
      .command(name)
      .usage(`ID | ${all}`)
      .description(text)
      .argument("[id]", "job id")
      .option(all, "every such job of the queue")
      .addOption(dataOption())
      .addOption(jsonOption())
      .action(async (id: string | undefined, options: ActionOptions) =>
        onDone(await actOnAll(context, name, id, options)),
      );
  aboutJob(program, "restore")
    .description("put a removed job back")
    .action(async (jobId: string, options: NodeOptionsTyped) =>
      onDone(await act(context, { type: "restore-job", jobId }, options)),
    );
  for (const name of ["pause", "resume"] as const)
    program
      .command(name)
      .usage("[ID]")
      .description(`${name} a job, or the whole queue`)
      .argument("[id]", "job id")
      .addOption(dataOption())
      .action(async (id: string | undefined, options: NodeOptionsTyped) =>
        onDone(await pause(context, name, id, options)),
      );
}

function registerOrder({ program, context, onDone }: Registration): void {
  aboutJob(program, "move")
    .usage("ID --before ID | --first | --last")
    .description("change a job's place in the queue")
    .option("--before <id>", "before this job")
    .option("--first", "before all others")
    .option("--last", "behind all others")
    .action(async (jobId: string, options: MoveOptions) =>
      onDone(await move(context, jobId, options)),
    );
  aboutJob(program, "priority")
    .usage("ID NUMBER")
    .description("higher goes first, whatever its place (-100 to 100)")
    .argument("<number>", "0 is usual", (text) =>
      parseWholeNumber(text, priorityBounds),
    )
    .action(async (id: string, priority: number, options: NodeOptionsTyped) =>
      onDone(await prioritise(context, id, priority, options)),
    );
}

function aboutJob(program: Command, name: string): Command {
  return program
    .command(name)
    .usage("ID")
    .argument("<id>", "job id")
    .addOption(dataOption());
}
