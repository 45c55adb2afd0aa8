/** The words of the commands about who works for what. */
import { InvalidArgumentError, Option } from "commander";
import { parseWholeNumber } from "./argument-checks.ts";
import type { NodeOptionsTyped } from "./queue-commands.ts";
import type { Registration } from "./registration.ts";
import {
  chooseWorkers,
  shareQueue,
  tellWorker,
  type ShareOptions,
} from "./share-commands.ts";
import { dataOption, jsonOption } from "./shared-options.ts";

/** Adds the commands about workers and how work is shared out. */
export function registerShares({
  program,
  context,
  onDone,
}: Registration): void {
  program
    .command("choose")
    .usage("ID [WORKER…]")
    .description("let only these workers help a job; none named: all")
    .argument("<id>", "job id")
    .argument("[worker...]", "names or ids, see `reelfarm workers`")
    .addOption(dataOption())
    .action(async (id: string, workers: string[], options: NodeOptionsTyped) =>
      onDone(await chooseWorkers(context, id, workers, options)),
    );
  const tells = [
    ["drain", "let a worker finish what it has and take nothing new"],
    ["undrain", "give a drained worker work again"],
    ["forgive", "give a worker work that was set aside after failures"],
  ] as const;
  for (const [name, text] of tells)
    program
      .command(name)
      .usage("WORKER")
      .description(text)
      .argument("<worker>", "its name or id, see `reelfarm workers`")
      .addOption(dataOption())
      .action(async (worker: string, options: NodeOptionsTyped) =>
        onDone(await tellWorker(context, name, worker, options)),
      );
  program
    .command("sharing")
    .usage("[--small-jobs PERCENT]")
    .description("show or change how work is shared out")
    .option(
      "--small-jobs <percent>",
      "of the farm for small jobs behind a huge one; 0: one job after the other",
      (text) =>
        parseWholeNumber(text, { name: "--small-jobs", min: 0, max: 100 }),
    )
    .addOption(switchOption("--stealing", "idle workers take over parts"))
    .addOption(switchOption("--duplicates", "what ends last is tried twice"))
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options: ShareOptions) =>
      onDone(await shareQueue(context, options)),
    );
}

function switchOption(name: string, text: string): Option {
  return new Option(`${name} <on|off>`, text).argParser((typed: string) => {
    if (typed !== "on" && typed !== "off")
      throw new InvalidArgumentError(`${name} takes on or off.`);
    return typed === "on";
  });
}
