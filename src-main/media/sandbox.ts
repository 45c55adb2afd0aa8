/**
 * Encodes run where there is nothing to steal and nobody to call: on Linux with
 * bubblewrap they see the system's programs and libraries, their own folder,
 * and no network, no home, no other process. Where it cannot be had, the other
 * fences stand alone (closed argument lists, pipe as the only protocol, bounds).
 */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { readTool } from "./process.ts";

/** A program as it is to be started inside. */
export interface Enclosed {
  readonly program: string;
  readonly args: readonly string[];
}

/** For one program, the ffmpeg it was tried with. */
export interface Sandbox {
  /** `folder` is the only place it may write to, and its working folder. */
  enclose(args: readonly string[], folder: string): Enclosed;
}

/** Read only: programs, libraries, fonts, and what libraries are configured with. */
const systemFolders = [
  "/usr",
  "/bin",
  "/sbin",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/opt",
  "/nix/store",
  "/etc/alternatives",
  "/etc/fonts",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/localtime",
  "/sys/devices/system/cpu",
] as const;

/**
 * The sandbox of this machine, tried with the ffmpeg it is meant for. Null
 * where there is none: no bubblewrap, no user namespaces, another system.
 * The trial needs a folder, made in `within` (default: the system's for
 * temporary files), where whoever is killed meanwhile leaves it.
 */
export async function findSandbox(
  ffmpeg: string,
  options: { readonly bubblewrap?: string; readonly within?: string } = {},
): Promise<Sandbox | null> {
  if (process.platform !== "linux") return null;
  // A bare name is one of the system's programs and found in there as well.
  const program = path.isAbsolute(ffmpeg)
    ? await realpath(ffmpeg).catch(() => null)
    : ffmpeg;
  if (program === null) return null;
  for (const seen of programPaths(program)) {
    const bubblewrap = options.bubblewrap ?? "bwrap";
    const sandbox = bubblewrapSandbox(bubblewrap, program, seen);
    if (await isWorking(sandbox, options.within ?? tmpdir())) return sandbox;
  }
  return null;
}

/** In an empty folder of its own: what else lies beside it must not help the trial. */
async function isWorking(sandbox: Sandbox, within: string): Promise<boolean> {
  const folder = await mkdtemp(path.join(within, "reelfarm-trial-"));
  try {
    const trial = sandbox.enclose(["-version"], folder);
    const { exit } = await readTool(trial.program, trial.args, {
      timeoutMs: 10_000,
    });
    return exit.code === 0;
  } catch {
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * What of the program's folder is to be seen, least first: itself, or for one
 * with libraries beside it the folder, unless it holds more of its owner.
 */
function programPaths(program: string): (string | null)[] {
  if (!path.isAbsolute(program)) return [null];
  const folder = path.dirname(program);
  const toHome = path.relative(folder, homedir());
  const holdsHome = !toHome.startsWith("..");
  return holdsHome ? [program] : [program, folder];
}

function bubblewrapSandbox(
  bubblewrap: string,
  program: string,
  seen: string | null,
): Sandbox {
  const programs = seen === null ? [] : ["--ro-bind", seen, seen];
  const readOnly = systemFolders.flatMap((folder) => [
    ...["--ro-bind-try", folder, folder],
  ]);
  return {
    enclose: (args, folder) => ({
      program: bubblewrap,
      args: [
        ...["--unshare-all", "--die-with-parent", "--cap-drop", "ALL"],
        ...readOnly,
        ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
        ...programs,
        ...["--bind", folder, folder, "--chdir", folder],
        "--",
        program,
        ...args,
      ],
    }),
  };
}
