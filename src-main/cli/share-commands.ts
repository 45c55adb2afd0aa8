/** Commands about who works for what, on the running node. */
import { Failure } from "../core/errors.ts";
import type {
  UiQueueSettings,
  UiRequest,
  UiWorker,
} from "../protocol/ui-contract.ts";
import type { CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import { withNode, type NodeOptionsTyped } from "./queue-commands.ts";
import type { UiConnection } from "./ui-connection.ts";

export interface ShareOptions extends NodeOptionsTyped {
  /** Percent. */
  readonly smallJobs?: number;
  readonly stealing?: boolean;
  readonly duplicates?: boolean;
}

/** `choose`: only these workers may work for a job; none named: all. */
export async function chooseWorkers(
  context: CommandContext,
  jobId: string,
  named: readonly string[],
  options: NodeOptionsTyped,
): Promise<number> {
  await withNode(context, options, async (node) => {
    const workerIds =
      named.length === 0 ? null : await workerIdsOf(node, named);
    return node.ask({ type: "choose-workers", jobId, workerIds });
  });
  return exitCodes.ok;
}

/** `drain`, `undrain` and `forgive`. */
export async function tellWorker(
  context: CommandContext,
  action: "drain" | "undrain" | "forgive",
  named: string,
  options: NodeOptionsTyped,
): Promise<number> {
  await withNode(context, options, async (node) => {
    const [workerId = ""] = await workerIdsOf(node, [named]);
    const request: UiRequest =
      action === "forgive"
        ? { type: "forgive-worker", workerId }
        : { type: "drain-worker", workerId, drain: action === "drain" };
    return node.ask(request);
  });
  return exitCodes.ok;
}

/** `sharing`: changes what is named, then shows all. */
export async function shareQueue(
  context: CommandContext,
  options: ShareOptions,
): Promise<number> {
  const { smallJobs, stealing, duplicates } = options;
  const change = {
    ...(smallJobs === undefined ? {} : { smallJobShare: smallJobs / 100 }),
    ...(stealing === undefined ? {} : { stealing }),
    ...(duplicates === undefined ? {} : { duplicates }),
  };
  const settings = await withNode(context, options, (node) =>
    Object.keys(change).length === 0
      ? node.ask({ type: "queue-settings" })
      : node.ask({ type: "change-queue-settings", change }),
  );
  const { terminal } = context;
  if (options.json) terminal.printJson(settings);
  else for (const line of settingLines(settings)) terminal.print(line);
  return exitCodes.ok;
}

function settingLines(settings: UiQueueSettings): string[] {
  const onOff = (value: boolean): string => (value ? "on" : "off");
  const percent = Math.round(settings.smallJobShare * 100);
  return [
    `small jobs   ${percent === 0 ? "one job after the other" : `${String(percent)} % of the farm`}`,
    `stealing     ${onOff(settings.stealing)}`,
    `duplicates   ${onOff(settings.duplicates)}`,
  ];
}

/**
 * Workers by their name, their id, or an unmistakable beginning of it.
 *
 * @throws Failure `usage` for one that is not known, or not told apart.
 */
export async function workerIdsOf(
  node: UiConnection,
  named: readonly string[],
): Promise<string[]> {
  const { workers } = await node.ask({ type: "snapshot" });
  return named.map((name) => workerIdOf(workers, name));
}

function workerIdOf(workers: readonly UiWorker[], named: string): string {
  const byName = workers.filter((worker) => worker.name === named);
  const found =
    byName.length > 0
      ? byName
      : workers.filter((worker) => worker.workerId.startsWith(named));
  const [only] = found;
  if (only === undefined)
    throw new Failure(
      "usage",
      `There is no worker ${named}; see \`reelfarm workers\`.`,
    );
  if (found.length > 1)
    throw new Failure(
      "usage",
      `Several workers are called ${named}; name one by its id: ${found
        .map((worker) => worker.workerId.slice(0, 8))
        .join(", ")}.`,
    );
  return only.workerId;
}
