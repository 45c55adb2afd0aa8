/** Commands that talk to the running node of a data folder. */
import path from "node:path";
import type { UiJob, UiRequest, UiSnapshot } from "../protocol/ui-contract.ts";
import { dataFolderOf, type CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import { renderJobDetail } from "./job-detail.ts";
import { awaitJobs, reportOutcome, reportRefused } from "./job-outcome.ts";
import { jobColumns, jobRow, workerColumns, workerRow } from "./queue-rows.ts";
import { findSources } from "./source-files.ts";
import { renderTable } from "./table.ts";
import { connectToNode, type UiConnection } from "./ui-connection.ts";

export interface NodeOptionsTyped {
  readonly data?: string;
  readonly json?: boolean;
}

export interface AddOptions extends NodeOptionsTyped {
  readonly preset: string;
  readonly output?: string;
  readonly priority?: number;
  readonly overwrite?: boolean;
  readonly segmentSeconds?: number;
  readonly wait?: boolean;
}

/** Connects, does, and closes the line whatever happened. */
async function withNode<Value>(
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

export async function add(
  context: CommandContext,
  named: readonly string[],
  options: AddOptions,
): Promise<number> {
  const { terminal } = context;
  const sources = await findSources(named);
  const request: UiRequest = {
    type: "add-job",
    sources,
    presetName: options.preset,
    output: options.output === undefined ? null : absolute(options.output),
    overwrite: options.overwrite ?? false,
    segmentS: options.segmentSeconds ?? null,
    priority: options.priority ?? 0,
  };
  return withNode(context, options, async (node) => {
    const answer = await node.ask(request);
    if (options.wait) {
      const jobs = await awaitJobs(context, node, answer.jobIds);
      return reportOutcome(context, { jobs, refused: answer.refused }, options);
    }
    if (options.json) terminal.printJson(answer);
    else for (const jobId of answer.jobIds) terminal.print(jobId);
    if (!options.json) reportRefused(context, answer.refused);
    return answer.refused.length > 0 ? exitCodes.failed : exitCodes.ok;
  });
}

/** An ending separator says that a folder is meant; resolve() drops it. */
function absolute(output: string): string {
  return path.resolve(output) + (/[/\\]$/.test(output) ? path.sep : "");
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
  const detail = await withNode(context, options, (node) =>
    node.ask({ type: "job-detail", jobId }),
  );
  if (options.json) terminal.printJson(detail);
  else
    for (const line of renderJobDetail(detail, terminal.columns))
      terminal.print(line);
  return isBad(detail.job) ? exitCodes.failed : exitCodes.ok;
}

const isBad = (job: UiJob): boolean => job.state === "failed";

/** `pause` and `resume`: a job, or without an id the whole queue. */
export function pause(
  context: CommandContext,
  action: "pause" | "resume",
  jobId: string | undefined,
  options: NodeOptionsTyped,
): Promise<number> {
  const request: UiRequest =
    jobId === undefined
      ? { type: `${action}-queue` }
      : { type: `${action}-job`, jobId };
  return tell(context, request, options);
}

/** A request that is answered by nothing but its having been done. */
export async function tell(
  context: CommandContext,
  request: UiRequest,
  options: NodeOptionsTyped,
): Promise<number> {
  await withNode(context, options, (node) => node.ask(request));
  return exitCodes.ok;
}
