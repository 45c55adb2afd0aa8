import { checkStore, type CheckReport } from "../store/doctor.ts";
import type { Finding } from "../store/finding.ts";
import { dataFolderOf, type CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";
import { formatBytes } from "./figures.ts";

export interface DoctorOptions {
  readonly data?: string;
  readonly json?: boolean;
  readonly repair?: boolean;
  readonly clean?: boolean;
}

/**
 * Looks through a node's data folder, and repairs or cleans it when asked to.
 * The exit code is 1 while something is wrong that nothing has put right.
 */
export async function doctor(
  context: CommandContext,
  options: DoctorOptions,
): Promise<number> {
  const { terminal } = context;
  const folder = dataFolderOf(context, options.data);
  const report = await checkStore(folder, {
    repair: options.repair === true,
    clean: options.clean === true,
  });
  const { findings } = report;
  if (options.json) terminal.printJson({ folder, ...report });
  else {
    terminal.print(`${folder}: ${summaryOf(report)}`);
    for (const finding of findings) terminal.print(lineOf(finding));
  }
  const isSick = findings.some(
    ({ severity, done }) => severity === "error" && !done,
  );
  return isSick ? exitCodes.failed : exitCodes.ok;
}

function summaryOf(report: CheckReport): string {
  const { findings, leftoverBytes, isEmpty } = report;
  if (findings.length === 0)
    return isEmpty ? "no node has stored anything there." : "all is well.";
  const found = `${String(findings.length)} found`;
  return leftoverBytes === 0
    ? `${found}.`
    : `${found}, ${formatBytes(leftoverBytes)} of leftovers.`;
}

function lineOf(finding: Finding): string {
  const { severity, path, sizeBytes, text, remedy, done } = finding;
  const size = sizeBytes === 0 ? "" : ` (${formatBytes(sizeBytes)})`;
  const where = path === "." ? "" : ` ${path}${size}:`;
  const advice = done ? "Done." : remedies[remedy];
  return `  ${severity}:${where} ${text} ${advice}`.trimEnd();
}

const remedies: Readonly<Record<Finding["remedy"], string>> = {
  itself: "The next start puts it right.",
  repair: "See --repair.",
  clean: "See --clean.",
  none: "",
};
