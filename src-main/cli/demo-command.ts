/** `demo`: from a fresh clip to a verified result, on a farm of a master and two workers. */
import { mkdtemp, stat } from "node:fs/promises";
import { rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Failure } from "../core/errors.ts";
import { findBinaries, type Binaries } from "../media/binaries.ts";
import { probeSource } from "../media/probe.ts";
import { readTool } from "../media/process.ts";
import type { CommandContext } from "./command-context.ts";
import { encode } from "./encode-command.ts";
import { exitCodes } from "./failure-report.ts";
import { formatBytes, formatClock } from "./figures.ts";
import { makeSampleClip } from "./sample-clip.ts";

const demoWorkers = 2;
const countTimeoutMs = 120_000;
/** Players do not notice less; containers round this much. */
const maxDurationDifferenceS = 0.1;

export interface DemoOptions {
  readonly preset: string;
  readonly json?: boolean;
}

export async function demo(
  context: CommandContext,
  options: DemoOptions,
): Promise<number> {
  const { terminal, lifetime } = context;
  const { signal } = lifetime;
  const binaries = await lifetime.race(findBinaries());
  const folder = await mkdtemp(path.join(os.tmpdir(), "reelfarm-demo-"));
  let isDone = false;
  lifetime.keep({
    // What was made stays for people to look at, but nothing half made.
    end: () => {
      if (!isDone) rmSync(folder, { recursive: true, force: true });
    },
    endAtOnce: () => rmSync(folder, { recursive: true, force: true }),
  });
  terminal.note("Making a sample clip …");
  const source = await lifetime.race(makeSampleClip(binaries, folder, signal));
  const { size } = await stat(source);
  terminal.note(`${source}  (${formatBytes(size)})`);
  terminal.note(
    `Starting a master and ${String(demoWorkers)} workers, joined over TLS on this machine …`,
  );
  const output = path.join(folder, "result.mp4");
  const code = await encode(context, [source], {
    output,
    preset: options.preset,
    workers: demoWorkers,
    ...(options.json === undefined ? {} : { json: options.json }),
  });
  if (code !== exitCodes.ok) return code;
  const line = await lifetime.race(
    checkResult(binaries, source, output, signal),
  );
  isDone = true;
  if (!options.json) {
    terminal.print(line);
    terminal.print(`The result is ${output}`);
  }
  return exitCodes.ok;
}

/**
 * Counts by decoding, with another tool than the one that stitched.
 *
 * @throws Failure `output-wrong`.
 */
async function checkResult(
  binaries: Binaries,
  source: string,
  output: string,
  signal: AbortSignal,
): Promise<string> {
  const [before, after] = [
    await probeSource(binaries, source, signal),
    await probeSource(binaries, output, signal),
  ];
  const wanted = await countFrames(binaries, source, signal);
  const found = await countFrames(binaries, output, signal);
  const wrong = (what: string): Failure => new Failure("output-wrong", what);
  if (wanted !== found)
    throw wrong(`${String(found)} frames instead of ${String(wanted)}`);
  const difference = (before.durationS ?? 0) - (after.durationS ?? 0);
  if (Math.abs(difference) > maxDurationDifferenceS)
    throw wrong(`it differs by ${difference.toFixed(2)} s`);
  if (before.audio.length !== after.audio.length)
    throw wrong("sound is missing");
  if (before.chapters.length !== after.chapters.length)
    throw wrong("chapters are missing");
  return `Checked: ${String(found)} frames of ${String(wanted)}, ${formatClock(after.durationS)}, sound and ${String(after.chapters.length)} chapters there.`;
}

async function countFrames(
  { ffprobe }: Binaries,
  file: string,
  signal: AbortSignal,
): Promise<number> {
  const { stdout } = await readTool(
    ffprobe,
    [
      ["-v", "error", "-count_frames", "-select_streams", "V:0"],
      ["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"],
      ["-protocol_whitelist", "file", `file:${file}`],
    ].flat(),
    { signal, timeoutMs: countTimeoutMs },
  );
  return Number.parseInt(stdout, 10);
}
