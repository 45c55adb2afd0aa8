/**
 * Breaks the scheduler on purpose, one sentence at a time, in its own text. A
 * mutant whose text is not found any more is an error: it must follow the code.
 */
import { readFileSync } from "node:fs";
import ts from "typescript";
import type { Core } from "./core.ts";

export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Worlds known to show it; `npm run sim -- --mutants` finds new ones. */
  readonly seeds: readonly number[];
}

export const mutants: readonly Mutant[] = [
  {
    name: "counts a result that is too fast to be true",
    seeds: [25],
    file: "attempts",
    from: "const code = suspicion(turn, live);",
    to: "const code = null;",
  },
  {
    name: "lets losers of a race run on",
    seeds: [13],
    file: "attempts",
    from: "for (const other of [...task.attempts]) loseRace(turn, other);\n  if (task.kind",
    to: "if (task.kind",
  },
  {
    name: "forgets the task of a lost attempt",
    seeds: [3],
    file: "attempts",
    from: "job.stage.returned.add(task);",
    to: "",
  },
  {
    name: "accepts late results over verified frames",
    seeds: [991],
    file: "timeline",
    from: "if (overlaps(stage.verified, startFrame, endFrame)) return null;",
    to: "",
  },
  {
    name: "never ends a lease",
    seeds: [8],
    file: "workers",
    from: "nowMs - worker.heardAtMs >= config.leaseMs",
    to: "false",
  },
  {
    name: "takes signs of life for joining again",
    seeds: [485],
    file: "workers",
    from: 'if (worker?.presence !== "present") return;',
    to: 'if (worker === undefined) return;\n worker.presence = "present";',
  },
  {
    name: "hands out work to draining workers",
    seeds: [24],
    file: "eligibility",
    from: 'worker.availability.kind === "ready" &&',
    to: "",
  },
  {
    name: "ignores capabilities",
    seeds: [3],
    file: "eligibility",
    from: "if (!worker.capabilities.has(key)) return key;",
    to: "",
  },
  {
    name: "ignores the choice of workers",
    seeds: [4],
    file: "eligibility",
    from: "job.allowedWorkers !== null && !job.allowedWorkers.has(worker.workerId)",
    to: "false",
  },
  {
    name: "gives a failed task to the same worker again and again",
    seeds: [3],
    file: "open-work",
    from: "if (!failures.some((f) => f.workerId === worker.workerId)) return true;",
    to: "return true;",
  },
  {
    name: "loses the stolen part",
    seeds: [1],
    file: "timeline",
    from: "stage.returned.add(later);",
    to: "",
  },
  {
    name: "steals below what was fed",
    seeds: [3],
    file: "relief",
    from: "const gone = Math.max(",
    to: "const gone = 0 * Math.max(",
  },
  {
    name: "keeps the old end of a shortened attempt",
    seeds: [1],
    file: "attempts",
    from: "attempt.endFrame = endFrame;",
    to: "",
  },
  {
    name: "hands out frames the index has not settled",
    seeds: [5],
    file: "choose",
    from: "const highest = limit - minFrames;",
    to: "const highest = limit;",
  },
  {
    name: "completes a stage without its audio",
    seeds: [8],
    file: "timeline",
    from: "stage.audio.every((task) => task.done !== null)",
    to: "true",
  },
  {
    name: "completes a stage before the index is read",
    seeds: [1],
    file: "timeline",
    from: "if (stage.grows && !job.timelineComplete) return false;",
    to: "",
  },
  {
    name: "duplicates on top of duplicates",
    seeds: [14],
    file: "tail",
    from: "attempt.task.attempts.length > 1",
    to: "attempt.task.attempts.length > 2",
  },
  {
    name: "does not stop the attempts of a paused job",
    seeds: [8],
    file: "jobs",
    from: 'job.paused = true;\n cancelAll(turn, job, "job-paused");',
    to: "job.paused = true;",
  },
  {
    name: "fails a job at its first failure",
    seeds: [3],
    file: "failures",
    from: "workers >= needed && counted.length >= config.workersPerTask",
    to: "true",
  },
  {
    name: "never fails a job",
    seeds: [29],
    file: "failures",
    from: "const everywhere =",
    to: "const everywhere = false &&",
  },
  {
    name: "starts ids anew after a restart",
    seeds: [36],
    file: "ids",
    from: "`${state.config.idPrefix}a${state.attemptCounter}`",
    to: "`a${state.attemptCounter}`",
  },
  {
    name: "does not open the frames between restored pieces",
    seeds: [65],
    file: "timeline",
    from: "addFresh(stage, from, piece.startFrame);",
    to: "",
  },
  {
    name: "never looks at held jobs again",
    seeds: [19],
    file: "wake",
    from: 'job.status = { kind: "open" };',
    to: "",
  },
  {
    name: "wakes nobody when a rest is over",
    seeds: [49],
    file: "wake",
    from: "if (worker.restUntilMs > clockMs) at(worker.restUntilMs);",
    to: "",
  },
  {
    name: "calls the last range one like the others",
    seeds: [1],
    file: "attempts",
    from: "job.timelineComplete && task.endFrame === job.knownFrames",
    to: "false",
  },
  {
    name: "does not answer makes-whole once",
    seeds: [27],
    file: "jobs",
    from: 'job.status = { kind: "remaking" };',
    to: "",
  },
  {
    name: "goes back in time with the caller's clock",
    seeds: [9],
    file: "clock",
    from: "if (gapMs <= 0) return state.clockMs;",
    to: "",
  },
  {
    name: "leaves the frames of an inherited attempt open",
    seeds: [36],
    file: "timeline",
    from: "stage.fresh.splice(fresh.from, fresh.to - fresh.from, ...rests);",
    to: "",
  },
  {
    name: "inherits attempts at frames that are at work or done",
    seeds: [57],
    file: "timeline",
    from: "if (open !== endFrame - startFrame) return null;",
    to: "",
  },
  {
    name: "sends every attempt of an earlier life away",
    seeds: [36],
    file: "inheritance",
    from: 'if (worker.presence !== "present") return false;',
    to: "return false;",
  },
  {
    name: "ends inherited attempts by a pause that was there before them",
    seeds: [65],
    file: "inheritance",
    from: 'return job.status.kind === "open" && job.stage.stage === stage;',
    to: 'return job.status.kind === "open" && job.stage.stage === stage && !job.paused;',
  },
];

const folder = new URL("../../src-main/core/", import.meta.url);
const compiled = new Map<string, string>();

/** White space in `from` matches any white space, so that formatting does not matter. */
function patch(source: string, mutant: Mutant): string {
  const pattern = mutant.from
    .split(/\s+/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("\\s*");
  const matches = [...source.matchAll(new RegExp(pattern, "g"))];
  if (matches.length !== 1)
    throw new Error(
      `mutant "${mutant.name}": found ${matches.length} times in ${mutant.file}`,
    );
  return source.replace(new RegExp(pattern), () => mutant.to);
}

function compile(source: string): string {
  return ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
    },
  }).outputText;
}

function textOf(path: string, mutant: Mutant): string {
  if (path === `scheduler/${mutant.file}.ts`)
    return compile(patch(readFileSync(new URL(path, folder), "utf8"), mutant));
  let text = compiled.get(path);
  if (text === undefined) {
    text = compile(readFileSync(new URL(path, folder), "utf8"));
    compiled.set(path, text);
  }
  return text;
}

/** The scheduler with one sentence changed, compiled in memory. */
export function loadMutant(mutant: Mutant): Core {
  const modules = new Map<string, Record<string, unknown>>();
  const load = (path: string): Record<string, unknown> => {
    const known = modules.get(path);
    if (known !== undefined) return known;
    const exports: Record<string, unknown> = {};
    modules.set(path, exports);
    const require = (name: string): unknown =>
      load(new URL(name, new URL(path, "file:///")).pathname.slice(1));
    // The project's own text, changed by a mutant.
    new Function("exports", "require", textOf(path, mutant))(exports, require);
    return exports;
  };
  const all: Record<string, unknown> = {};
  for (const file of ["invariants", "progress", "snapshot", "state", "step"])
    Object.assign(all, load(`scheduler/${file}.ts`));
  return all as unknown as Core;
}
