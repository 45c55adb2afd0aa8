/** From the typed words to the exit code. */
import { CommanderError } from "commander";
import { Failure, explain } from "../core/errors.ts";
import type { UiFailure } from "../protocol/ui-contract.ts";
import type { CommandContext } from "./command-context.ts";
import {
  exitCodeOf,
  exitCodes,
  failureOf,
  renderFailure,
} from "./failure-report.ts";
import { Lifetime } from "./lifetime.ts";
import { buildProgram } from "./program.ts";
import { Terminal } from "./terminal.ts";

/** Commander throws these when it has printed what was asked for. */
const answered = new Set([
  "commander.helpDisplayed",
  "commander.help",
  "commander.version",
]);

/** Runs one command and puts everything away again; never rejects. */
export async function main(words: readonly string[]): Promise<number> {
  const terminal = new Terminal(process.stdout, process.stderr, process.env);
  for (const stream of [process.stdout, process.stderr])
    // The reader of a pipe may leave early (`| head`); the work goes on.
    stream.on("error", () => undefined);
  const lifetime = new Lifetime(() => {
    terminal.keepLine();
    if (process.stderr.isTTY)
      terminal.note("Ending … (Ctrl-C again ends at once)");
  });
  const context: CommandContext = {
    terminal,
    lifetime,
    env: process.env,
    nowMs: () => Date.now(),
  };
  const edge = (error: unknown): void => {
    report(context, error, words);
    lifetime.endAtOnce();
    process.exit(exitCodes.failed);
  };
  process.on("uncaughtException", edge);
  const exitCode = await runCommand(context, words);
  terminal.clearLine();
  await lifetime.end();
  return lifetime.interrupted && exitCode !== exitCodes.ok
    ? exitCodes.interrupted
    : exitCode;
}

async function runCommand(
  context: CommandContext,
  words: readonly string[],
): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = buildProgram(context, (code) => (exitCode = code));
  if (words.length === 0) {
    context.terminal.note(program.helpInformation().trimEnd());
    return exitCodes.usage;
  }
  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && answered.has(error.code))
      return exitCodes.ok;
    if (context.lifetime.interrupted) return exitCodes.interrupted;
    return report(context, error, words);
  }
}

/** Tells people what went wrong; gives back the exit code. */
function report(
  { terminal, env }: CommandContext,
  error: unknown,
  words: readonly string[],
): number {
  const failure = failureFor(error);
  terminal.clearLine();
  if (words.includes("--json"))
    terminal.note(JSON.stringify({ error: failure }));
  else for (const line of renderFailure(failure)) terminal.note(line);
  if (env["REELFARM_DEBUG"] && error instanceof Error) {
    terminal.note(error.stack ?? String(error));
    if (error.cause !== undefined) terminal.note(String(error.cause));
  }
  return exitCodeOf(failure);
}

function failureFor(error: unknown): UiFailure {
  const expected = failureOf(error);
  if (expected) return expected;
  if (error instanceof CommanderError) {
    const sentence = error.message.replace(/^error: /, "");
    const failure = new Failure("usage", sentence);
    return { code: failure.code, ...explain(failure.code, failure.detail) };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { code: "internal-error", ...explain("internal-error", detail) };
}
