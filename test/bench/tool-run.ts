/** Runs a tool to its end and times it: the other side of every comparison. */
import { performance } from "node:perf_hooks";
import { startTool } from "../../src-main/media/process.ts";
import { insideGroups, makeCpuGroup } from "./cgroup.ts";
import { cpuSecondsOf } from "./process-figures.ts";
import { Scope } from "./scope.ts";
import type { Bench } from "./section.ts";

export interface Timed {
  readonly wallS: number;
  /** Of all its processes; null where it cannot be counted. */
  readonly cpuS: number | null;
}

export interface ToolOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws Error with the tool's last words when it fails. */
export async function runTool(
  bench: Bench,
  program: string,
  args: readonly string[],
  cwd?: string,
): Promise<ToolOutput> {
  const stderr: string[] = [];
  const run = startTool(program, args, {
    signal: bench.signal,
    cwd,
    onStderrLine: (line) => stderr.push(line),
  });
  const chunks: Buffer[] = [];
  run.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise((resolve) => run.stdout.once("close", resolve));
  const exit = await run.done;
  await closed;
  bench.signal.throwIfAborted();
  if (exit.code !== 0)
    throw new Error(
      `${program} ended with ${String(exit.code ?? exit.signal)}: ${exit.stderrTail}`,
    );
  return {
    stdout: Buffer.concat(chunks).toString("utf8"),
    stderr: stderr.join("\n"),
  };
}

/** `ffmpeg` with what every call here wants. */
export function runFfmpeg(
  bench: Bench,
  args: readonly string[],
  cwd?: string,
): Promise<ToolOutput> {
  return runTool(
    bench,
    bench.binaries.ffmpeg,
    ["-nostdin", "-hide_banner", "-v", "error", "-y", ...args],
    cwd,
  );
}

/** Runs one after the other, as one side: wall from the first start to the last end. */
export async function timeTools(
  bench: Bench,
  calls: readonly { program: string; args: readonly string[]; cwd?: string }[],
): Promise<Timed> {
  const scope = new Scope();
  bench.scope.keep(() => scope.close());
  try {
    const group = await makeCpuGroup(freshName("tools"), scope);
    const ownBefore = await cpuSecondsOf(process.pid);
    const self = process.cpuUsage();
    const startedMs = performance.now();
    for (const { program, args, cwd } of calls)
      await runTool(bench, ...insideGroups([group], program, args), cwd);
    const wallS = (performance.now() - startedMs) / 1000;
    const counted = await group.cpuSeconds();
    const ownAfter = await cpuSecondsOf(process.pid);
    const { user, system } = process.cpuUsage(self);
    const children =
      ownBefore === null || ownAfter === null
        ? null
        : ownAfter - ownBefore - (user + system) / 1e6;
    return { wallS, cpuS: counted ?? children };
  } finally {
    await scope.close();
  }
}

let lastNumber = 0;

/** Names of groups and folders of one run must differ. */
export function freshName(stem: string): string {
  lastNumber += 1;
  return `${stem}-${String(lastNumber)}`;
}
