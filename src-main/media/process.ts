/**
 * Starts ffmpeg and ffprobe: without a shell, with a clean environment, in a
 * process group of their own that is ended as a whole. A tool never outlives
 * this process, even when this process is killed (see process-guardian.ts).
 */
import { spawn, type ChildProcess } from "node:child_process";
import { writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import os from "node:os";
import type { Readable, Writable } from "node:stream";

import { assert } from "../core/assert.ts";
import { Failure } from "../core/errors.ts";
import { watchMemory } from "./memory-watch.ts";
import { guardGroup } from "./process-guardian.ts";
import { watchSilence } from "./silence-watch.ts";
import { StderrTail } from "./stderr-tail.ts";

/** Between the polite request to end and the kill: enough for ffmpeg to give its memory back. */
export const killGraceMs = 2_000;
/** After the exit, for what is still in the stderr pipe. */
const stderrDrainMs = 500;
const readTimeoutMs = 30_000;
const readMaxBytes = 16 * 1024 * 1024;

/** What ends a tool by itself. */
export interface ToolBounds {
  /** Of the tool and what it starts; more ends it. Watched on Linux only. */
  readonly maxMemoryBytes?: number | undefined;
  /** From start to end; longer ends it. */
  readonly maxWallMs?: number | undefined;
  /** Without a byte on standard output, while its reader waits for one. */
  readonly maxSilentMs?: number | undefined;
}

export interface ToolOptions extends ToolBounds {
  /** Ends the tool when aborted; `done` then resolves with the signal it died of. */
  readonly signal?: AbortSignal | undefined;
  /** Working and temporary folder of the tool. */
  readonly cwd?: string | undefined;
  readonly stdin?: "pipe" | "ignore";
  /** 0 (normal) to 19 (only what is left over). */
  readonly niceness?: number | undefined;
  readonly onStderrLine?: (line: string) => void;
  /** Returns true for a line that is data, not a message: it stays out of the tail. */
  readonly takeStderrLine?: (line: string) => boolean;
}

/**
 * What a tool may take that reads bytes of strangers without encoding them: a
 * picture of 8K with all that it refers to takes half of it.
 */
export const readerMemoryBytes = 4 * 1024 ** 3;
/**
 * For what reads a whole source, which may take hours: it ends where nothing
 * comes of it. In so long a slow disk gives 60 GB, more than a seek in a file
 * without an index, or the rest of a film behind its last picture, has to read.
 */
export const sourceBounds = {
  maxMemoryBytes: readerMemoryBytes,
  maxSilentMs: 600_000,
} as const satisfies ToolBounds;
/** Larger pictures are refused by decoders: twice 8K, as in an order. */
export const maxPixelsArguments = ["-max_pixels", String(2 ** 26)] as const;

export interface ToolExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last messages, at most 8 KiB. May hold paths of this machine. */
  readonly stderrTail: string;
  /** The bound of its options for which it was ended, in words; null: none. */
  readonly exceeded: string | null;
}

export interface ToolRun {
  readonly pid: number | undefined;
  readonly stdin: Writable | null;
  /** Must be read to its end (or destroyed) by the caller; a full pipe stops the tool. */
  readonly stdout: Readable;
  /** Resolves when the process has ended, whatever its exit code; rejects with `ffmpeg-missing` when it could not be started. */
  readonly done: Promise<ToolExit>;
  /** Asks the whole group to end, and kills it after `killGraceMs`. Harmless when it has ended. */
  kill(): void;
  /** Stops the group where it stands. Does nothing on Windows. */
  suspend(): void;
  resume(): void;
}

const isPosix = process.platform !== "win32";

/**
 * Starts a program.
 *
 * @throws the signal's reason when it is aborted already.
 */
export function startTool(
  program: string,
  args: readonly string[],
  options: ToolOptions = {},
): ToolRun {
  options.signal?.throwIfAborted();
  const tail = new StderrTail(options);
  const child = spawn(program, [...args], {
    stdio: [options.stdin ?? "ignore", "pipe", "pipe"],
    shell: false,
    // A group (and on Linux a session, hence a scheduler autogroup) of its own.
    detached: isPosix,
    windowsHide: true,
    env: cleanEnvironment(options.cwd),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  assert(child.stdout && child.stderr, "stdout and stderr are pipes");
  child.stderr.on("data", (chunk: Buffer) => tail.push(chunk));
  // Ends of pipes break when the tool ends early; `done` tells why.
  child.stdin?.on("error", () => undefined);
  child.stderr.on("error", () => undefined);
  if (options.niceness !== undefined) lowerPriority(child, options.niceness);

  const control = new GroupControl(child);
  const bounds = new Bounds(child, options, control);
  const done = ended(child, program, tail, control).then((exit) => ({
    ...exit,
    exceeded: bounds.exceeded,
  }));
  done.catch(() => undefined);
  const onAbort = (): void => control.kill();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  const forget = (): void => {
    bounds.stop();
    options.signal?.removeEventListener("abort", onAbort);
  };
  done.then(forget, forget);

  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    done,
    kill: () => control.kill(),
    suspend: () => control.suspend(),
    resume: () => control.resume(),
  };
}

/** Watches over a run's bounds; whoever asks for none is not watched. */
class Bounds {
  exceeded: string | null = null;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #stopWatching: () => void = () => undefined;
  readonly #stopListening: () => void = () => undefined;

  constructor(
    { pid, stdout }: ChildProcess,
    { maxMemoryBytes, maxWallMs, maxSilentMs }: ToolBounds,
    control: GroupControl,
  ) {
    const exceed = (what: string): void => {
      this.exceeded ??= what;
      control.kill();
    };
    if (maxWallMs !== undefined) {
      const words = `took longer than ${String(maxWallMs / 1000)} s`;
      this.#timer = setTimeout(() => exceed(words), maxWallMs);
      this.#timer.unref();
    }
    if (maxMemoryBytes !== undefined && pid !== undefined)
      this.#stopWatching = watchMemory(pid, maxMemoryBytes, () =>
        exceed(`took more than ${String(maxMemoryBytes)} bytes of memory`),
      );
    if (maxSilentMs !== undefined && stdout !== null)
      this.#stopListening = watchSilence(
        stdout as Socket,
        maxSilentMs,
        () => control.isSuspended,
        () => exceed(`gave nothing for ${String(maxSilentMs / 1000)} s`),
      );
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopWatching();
    this.#stopListening();
  }
}

/** Signals to a child's whole group, for as long as the child lives. */
class GroupControl {
  readonly #child: ChildProcess;
  readonly #unguard: () => void;
  #ended = false;
  #killTimer: NodeJS.Timeout | null = null;
  isSuspended = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#unguard =
      child.pid === undefined ? () => undefined : guardGroup(child.pid);
  }

  kill(): void {
    if (this.#ended || this.#killTimer) return;
    this.#send("SIGTERM");
    // A stopped process gets SIGTERM only once it goes on.
    this.resume();
    this.#killTimer = setTimeout(() => this.#send("SIGKILL"), killGraceMs);
    this.#killTimer.unref();
  }

  suspend(): void {
    if (!isPosix || this.#killTimer) return;
    this.isSuspended = true;
    this.#send("SIGSTOP");
  }

  resume(): void {
    this.isSuspended = false;
    if (isPosix) this.#send("SIGCONT");
  }

  /** The leader is gone: whatever it started goes too. */
  end(): void {
    if (this.#ended) return;
    if (isPosix) this.#send("SIGKILL");
    this.#ended = true;
    if (this.#killTimer) clearTimeout(this.#killTimer);
    this.#unguard();
  }

  #send(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (this.#ended || pid === undefined) return;
    try {
      if (isPosix) process.kill(-pid, signal);
      else this.#child.kill(signal);
    } catch {
      // ESRCH: it ended by itself in the meantime.
    }
  }
}

function ended(
  child: ChildProcess,
  program: string,
  tail: StderrTail,
  control: GroupControl,
): Promise<Omit<ToolExit, "exceeded">> {
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => {
      if (child.pid !== undefined) return; // A signal could not be sent; the exit follows.
      control.end();
      const reason = (cause as NodeJS.ErrnoException).code ?? cause.message;
      reject(
        new Failure("ffmpeg-missing", `${baseName(program)}: ${reason}`, {
          cause,
        }),
      );
    });
    child.once("exit", (code, signal) => {
      control.end();
      const finish = (): void => {
        clearTimeout(timer);
        resolve({ code, signal, stderrTail: tail.end() });
      };
      const timer = setTimeout(finish, stderrDrainMs);
      if (!child.stderr || child.stderr.readableEnded) finish();
      else child.stderr.once("close", finish);
    });
  });
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly cwd?: string | undefined;
  /** Default 30 s. */
  readonly timeoutMs?: number | undefined;
  /** Of standard output; default 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Default `readerMemoryBytes`. */
  readonly maxMemoryBytes?: number | undefined;
}

/**
 * Runs a program and gives back all it wrote.
 *
 * @throws Failure `limit-exceeded` when it takes too long or writes too much,
 * `ffmpeg-missing` when it cannot be started, the signal's reason on abort.
 */
export async function readTool(
  program: string,
  args: readonly string[],
  options: ReadOptions = {},
): Promise<{ stdout: string; exit: ToolExit }> {
  const { signal, cwd } = options;
  const maxBytes = options.maxBytes ?? readMaxBytes;
  const run = startTool(program, args, {
    signal,
    cwd,
    maxWallMs: options.timeoutMs ?? readTimeoutMs,
    maxMemoryBytes: options.maxMemoryBytes ?? readerMemoryBytes,
  });
  let wroteTooMuch = false;
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const closed = new Promise<void>((resolve) =>
    run.stdout.once("close", resolve),
  );
  run.stdout.on("error", () => undefined);
  run.stdout.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes <= maxBytes) chunks.push(chunk);
    else if (!wroteTooMuch) {
      wroteTooMuch = true;
      run.kill();
    }
  });
  const exit = await run.done;
  await closed;
  signal?.throwIfAborted();
  const exceeded = wroteTooMuch
    ? `wrote more than ${String(maxBytes)} bytes`
    : exit.exceeded;
  if (exceeded !== null)
    throw new Failure("limit-exceeded", `${baseName(program)} ${exceeded}`);
  return { stdout: Buffer.concat(chunks).toString("utf8"), exit };
}

/**
 * Only what a tool needs to start and to find drivers and fonts: no HOME (so
 * no presets or configuration of the user), no proxies, no secrets.
 */
const keptVariables = [
  "PATH",
  "LD_LIBRARY_PATH",
  "LIBVA_DRIVER_NAME",
  "LIBVA_DRIVERS_PATH",
  "CUDA_VISIBLE_DEVICES",
  "FONTCONFIG_FILE",
  "FONTCONFIG_PATH",
  // Windows programs do not start without these.
  "SystemRoot",
  "windir",
];

function cleanEnvironment(workFolder: string | undefined): NodeJS.ProcessEnv {
  // SVT-AV1 tells its life on stderr unless asked for errors only.
  const environment: NodeJS.ProcessEnv = {
    LC_ALL: "C",
    SVT_LOG: "1",
    // A statically linked ffprobe crashes in the character converters it would load from the system.
    GCONV_PATH: "/nonexistent",
  };
  for (const name of keptVariables) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  const temporary = workFolder ?? os.tmpdir();
  if (isPosix) environment["TMPDIR"] = temporary;
  else Object.assign(environment, { TEMP: temporary, TMP: temporary });
  return environment;
}

/**
 * Niceness counts only among the threads of one scheduler autogroup, and every
 * session has its own (sched(7)); so the group's own niceness is set as well.
 */
function lowerPriority(child: ChildProcess, niceness: number): void {
  if (child.pid === undefined) return;
  try {
    os.setPriority(child.pid, niceness);
  } catch {
    // Ended already, or not allowed: it then runs at normal priority.
  }
  if (process.platform === "linux")
    writeFile(`/proc/${String(child.pid)}/autogroup`, String(niceness)).catch(
      () => undefined,
    );
}

function baseName(program: string): string {
  return program.split(/[\\/]/).at(-1) ?? program;
}
