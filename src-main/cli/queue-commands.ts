/** Commands that talk to the running node of a data folder. */
import type { UiJob, UiRequest, UiSnapshot } from "../protocol/ui-contract.ts";
import { dataFolderOf, type CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import { renderJobDetail } from "./job-detail.ts";
import { jobColumns, jobRow, workerColumns, workerRow } from "./queue-rows.ts";
import { renderTable } from "./table.ts";
import { connectToNode, type UiConnection } from "./ui-connection.ts";

export interface NodeOptionsTyped {
  readonly data?: string;
  readonly json?: boolean;
}

/** Connects, does, and closes the line whatever happened. */
export async function withNode<Value>(
  context: CommandContext,
  options: NodeOptionsTyped,
  act: (connection: UiConnection) => Promise<Value>,
): Promise<Value> {
  const folder = dataFolderOf(context, options.data);
  const { lifetime } = context;
  const connection = await lifetime.race(connectToNode(folder));
  try {
    return await lifetime.race(act(connection));
  } finally {
    await connection.close();
  }
}

export async function showQueue(
  context: CommandContext,
  options: NodeOptionsTyped,
): Promise<number> {
  const state = await snapshot(context, options);
  const { terminal } = context;
  if (options.json) terminal.printJson(state.jobs);
  else if (state.jobs.length === 0) terminal.note("The queue is empty.");
  else {
    const rows = state.jobs.map(jobRow);
    for (const line of renderTable(jobColumns, rows, terminal.columns))
      terminal.print(line);
    if (state.node.queuePaused) terminal.note("The queue is paused.");
  }
  return exitCodes.ok;
}

export async function showWorkers(
  context: CommandContext,
  options: NodeOptionsTyped,
): Promise<number> {
  const state = await snapshot(context, options);
  const { terminal } = context;
  if (options.json) terminal.printJson(state.workers);
  else if (state.workers.length === 0)
    terminal.note("No worker has joined this farm.");
  else {
    const rows = state.workers.map(workerRow);
    for (const line of renderTable(workerColumns, rows, terminal.columns))
      terminal.print(line);
  }
  return exitCodes.ok;
}

function snapshot(
  context: CommandContext,
  options: NodeOptionsTyped,
): Promise<UiSnapshot> {
  return withNode(context, options, (node) => node.ask({ type: "snapshot" }));
}

export async function showJob(
  context: CommandContext,
  jobId: string,
  options: NodeOptionsTyped,
): Promise<number> {
  const { terminal } = context;
  const { detail, names } = await withNode(context, options, async (node) => {
    const { workers } = await node.ask({ type: "snapshot" });
    return {
      detail: await node.ask({ type: "job-detail", jobId }),
      names: new Map(workers.map((one) => [one.workerId, one.name])),
    };
  });
  if (options.json) terminal.printJson(detail);
  else
    for (const line of renderJobDetail(detail, terminal.columns, names))
      terminal.print(line);
  return isBad(detail.job) ? exitCodes.failed : exitCodes.ok;
}

const isBad = (job: UiJob): boolean => job.state === "failed";

/** `pause` and `resume`: a job, or without an id the whole queue. */
export async function pause(
  context: CommandContext,
  action: "pause" | "resume",
  jobId: string | undefined,
  options: NodeOptionsTyped,
): Promise<number> {
  const request: UiRequest =
    jobId === undefined
      ? { type: `${action}-queue` }
      : { type: `${action}-job`, jobId };
  await withNode(context, options, (node) => node.ask(request));
  return exitCodes.ok;
}
