/**
 * Measures what the README promises. Ratios come from one run, A B A B …, with
 * their spread; numbers of one machine's one day are worth nothing beside
 * another's.
 *
 *     npm run bench -- [SECTION…] [--quick] [--json FILE] [--folder DIR] [--list]
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { findBinaries, type Binaries } from "../../src-main/media/binaries.ts";
import {
  figureLine,
  spreadOf,
  verdictOf,
  type Figure,
  type Verdict,
} from "./figure.ts";
import { Scope } from "./scope.ts";
import { Skipped, type Bench, type Section } from "./section.ts";
import { sections } from "./sections.ts";

interface Outcome {
  readonly section: string;
  readonly seconds: number;
  readonly state: "done" | "skipped" | "failed" | "interrupted";
  readonly reason: string | null;
  readonly loadBefore: readonly number[];
  readonly notes: readonly string[];
  readonly figures: readonly (Figure & {
    readonly median: number;
    readonly verdict: Verdict;
  })[];
}

interface Wish {
  readonly chosen: readonly Section[];
  readonly isQuick: boolean;
  readonly jsonFile: string | null;
  readonly inside: string;
}

async function main(args: readonly string[]): Promise<number> {
  const wish = readArguments(args);
  if (wish === null) return 0;
  const stop = new AbortController();
  const interrupt = (): void => stop.abort(new Error("interrupted"));
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, interrupt);
  const whole = new Scope();
  const outcomes: Outcome[] = [];
  const binaries = await findBinaries();
  const head = machineFacts(binaries);
  for (const [name, value] of Object.entries(head))
    console.log(`${name.padEnd(10)} ${String(value)}`);
  try {
    await mkdir(wish.inside, { recursive: true });
    const folder = await mkdtemp(path.join(wish.inside, "reelfarm-bench-"));
    whole.keep(() =>
      rm(folder, { recursive: true, force: true, maxRetries: 5 }),
    );
    for (const section of wish.chosen) {
      if (stop.signal.aborted) break;
      const common = { isQuick: wish.isQuick, signal: stop.signal, folder };
      outcomes.push(
        await runSection(section, { ...common, binaries, root: projectRoot() }),
      );
    }
  } finally {
    await whole.close();
  }
  if (wish.jsonFile !== null)
    await writeFile(
      wish.jsonFile,
      JSON.stringify(
        { machine: head, quick: wish.isQuick, sections: outcomes },
        null,
        2,
      ),
    );
  return conclude(outcomes, stop.signal.aborted);
}

async function runSection(
  section: Section,
  given: Omit<Bench, "scope" | "say" | "tell">,
): Promise<Outcome> {
  const scope = new Scope();
  const figures: Figure[] = [];
  const notes: string[] = [];
  const loadBefore = os.loadavg();
  console.log(
    `\n${section.name}: ${section.about} (load ${loadText(loadBefore)})`,
  );
  const bench: Bench = {
    ...given,
    scope,
    say: (text) => {
      notes.push(text);
      console.log(`  . ${text}`);
    },
    tell: (figure) => {
      figures.push(figure);
      console.log(`  ${figureLine(figure)}`);
    },
  };
  const startedMs = performance.now();
  let state: Outcome["state"] = "done";
  let reason: string | null = null;
  try {
    await Promise.race([section.run(bench), aborted(given.signal)]);
  } catch (error) {
    state = given.signal.aborted
      ? "interrupted"
      : error instanceof Skipped
        ? "skipped"
        : "failed";
    reason = error instanceof Error ? error.message : String(error);
    console.log(`  ${state}: ${reason}`);
  } finally {
    await scope.close();
  }
  return {
    section: section.name,
    seconds: (performance.now() - startedMs) / 1000,
    state,
    reason,
    loadBefore,
    notes,
    figures: figures.map((figure) => ({
      ...figure,
      median: spreadOf(figure.values).median,
      verdict: verdictOf(figure),
    })),
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(new Error("interrupted"));
    if (signal.aborted) fail();
    signal.addEventListener("abort", fail, { once: true });
  });
}

function readArguments(args: readonly string[]): Wish | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      folder: { type: "string" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.filter(
    (name) => !sections.some((section) => section.name === name),
  );
  if (values.list || values.help || unknown.length > 0) {
    console.log("bench [SECTION…] [--quick] [--json FILE] [--folder DIR]");
    for (const { name, about } of sections)
      console.log(`  ${name.padEnd(10)} ${about}`);
    if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(", ")}`);
    return null;
  }
  return {
    chosen:
      positionals.length === 0
        ? sections
        : sections.filter(({ name }) => positionals.includes(name)),
    isQuick: values.quick,
    jsonFile: values.json === undefined ? null : path.resolve(values.json),
    inside: path.resolve(values.folder ?? os.tmpdir()),
  };
}

function machineFacts(binaries: Binaries): Record<string, string | number> {
  const cpus = os.cpus();
  return {
    cpu: `${String(cpus.length)} x ${(cpus[0]?.model ?? "?").trim()}`,
    memory: `${(os.totalmem() / 1e9).toFixed(1)} GB`,
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    ffmpeg: binaries.version,
    commit: commitOf(),
    load: loadText(os.loadavg()),
  };
}

function loadText(load: readonly number[]): string {
  return load.map((value) => value.toFixed(2)).join(" ");
}

function commitOf(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", args, {
        cwd: projectRoot(),
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
    const changed = git("status", "--porcelain", "-uno").trim() !== "";
    return (
      git("rev-parse", "--short", "HEAD").trim() + (changed ? " changed" : "")
    );
  } catch {
    return "?";
  }
}

/** This file runs as it is or compiled, from different depths. */
function projectRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, "package.json")))
    folder = path.dirname(folder);
  return folder;
}

/** 0: all targets met; 1: something missed or failed; 130: interrupted. */
function conclude(outcomes: readonly Outcome[], interrupted: boolean): number {
  const figures = outcomes.flatMap((outcome) =>
    outcome.figures.map((figure) => ({ ...figure, section: outcome.section })),
  );
  const missed = figures.filter(({ verdict }) => verdict === "miss");
  const passed = figures.filter(({ verdict }) => verdict === "pass");
  const failed = outcomes.filter(({ state }) => state === "failed");
  console.log(
    `\n${String(passed.length)} passed, ${String(missed.length)} missed, ${String(failed.length)} sections failed`,
  );
  for (const figure of missed)
    console.log(`  ${figure.section}: ${figureLine(figure)}`);
  for (const { section, reason } of failed)
    console.log(`  ${section}: ${reason ?? ""}`);
  if (interrupted) return 130;
  return missed.length + failed.length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
// Nothing is left to do; a socket that lingers must not keep the terminal.
setTimeout(() => process.exit(), 2_000).unref();
