import { checkStore } from "../store/doctor.ts";
import type { Finding } from "../store/finding.ts";
import { dataFolderOf, type CommandContext } from "./command-context.ts";
import { exitCodes } from "./failure-report.ts";

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
  const { findings, leftoverBytes } = await checkStore(folder, {
    repair: options.repair === true,
    clean: options.clean === true,
  });
  if (options.json) terminal.printJson({ folder, findings, leftoverBytes });
  else {
    terminal.print(`${folder}: ${summaryOf(findings)}`);
    for (const finding of findings) terminal.print(lineOf(finding));
  }
  const isSick = findings.some(
    ({ severity, done }) => severity === "error" && !done,
  );
  return isSick ? exitCodes.failed : exitCodes.ok;
}

function summaryOf(findings: readonly Finding[]): string {
  return findings.length === 0
    ? "all is well."
    : `${String(findings.length)} found.`;
}

function lineOf({ severity, path, text, remedy, done }: Finding): string {
  const advice = done
    ? "Done."
    : remedy === "repair"
      ? "See --repair."
      : remedy === "clean"
        ? "See --clean."
        : "";
  return `  ${severity}: ${path}: ${text} ${advice}`.trimEnd();
}
