/**
 * Control groups, version 1 (kernel docs, admin-guide/cgroup-v1): `cpuacct`
 * counts the CPU time of all processes of a side, `cpu` makes one machine out
 * of several slow ones. Processes are put in before they start anything.
 */
import { mkdir, readFile, rmdir, writeFile, access } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Scope } from "./scope.ts";

const mount = "/sys/fs/cgroup";
/** Short, so that a quota acts like a slow core and not like one that stops ten times a second. */
const periodUs = 20_000;
/** What the kernel takes at least. */
const minQuotaUs = 1_000;

export interface CpuGroup {
  /** Folders to whose cgroup.procs a process is written. */
  readonly folders: readonly string[];
  /** Seconds of CPU time since the group was made; null where it is not counted. */
  cpuSeconds(): Promise<number | null>;
  /** Cores the group may use; null lifts the limit. */
  limit(cores: number | null): Promise<void>;
}

/** Whether quotas can be set here: version 1 mounted and writable. */
export async function hasQuotas(): Promise<boolean> {
  const file = path.join(mount, "cpu", "cgroup.procs");
  const writable = 2; // W_OK
  return access(file, writable).then(
    () => true,
    () => false,
  );
}

/**
 * Makes a group, removed with the scope (its processes are killed first).
 *
 * @param isLimitable also joins the `cpu` controller, so that `limit` works;
 * without it the scheduling of its processes stays as it is without groups.
 */
export async function makeCpuGroup(
  name: string,
  scope: Scope,
  isLimitable = false,
): Promise<CpuGroup> {
  const controllers = isLimitable ? ["cpuacct", "cpu"] : ["cpuacct"];
  const folders: string[] = [];
  for (const controller of controllers) {
    const folder = path.join(
      mount,
      controller,
      `reelfarm-bench-${String(process.pid)}-${name}`,
    );
    try {
      await mkdir(folder);
    } catch {
      continue; // Not this machine; the figure is then missing.
    }
    folders.push(folder);
    scope.keep(() => removeGroup(folder));
  }
  const limit = async (to: number | null): Promise<void> => {
    const folder = folders.find((one) => one.startsWith(`${mount}/cpu/`));
    if (folder === undefined) return;
    const quotaUs =
      to === null ? -1 : Math.max(minQuotaUs, Math.round(to * periodUs));
    // A twentieth of a small share is less than the least quota: the period grows instead.
    const period =
      to === null ? periodUs : Math.max(periodUs, Math.round(quotaUs / to));
    await writeFile(path.join(folder, "cpu.cfs_period_us"), String(period));
    await writeFile(path.join(folder, "cpu.cfs_quota_us"), String(quotaUs));
  };
  return { folders, limit, cpuSeconds: () => readUsage(folders[0]) };
}

/** A command line that first enters the groups, then becomes the program. */
export function insideGroups(
  groups: readonly CpuGroup[],
  program: string,
  args: readonly string[],
): [string, string[]] {
  const folders = groups.flatMap((group) => group.folders);
  if (folders.length === 0) return [program, [...args]];
  const script =
    'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; n=$((n-1)); done; exec "$@"';
  return [
    "/bin/sh",
    [
      ...["-c", script, "sh", String(folders.length)],
      ...folders,
      program,
      ...args,
    ],
  ];
}

async function readUsage(folder: string | undefined): Promise<number | null> {
  if (folder?.startsWith(`${mount}/cpuacct/`) !== true) return null;
  const text = await readFile(path.join(folder, "cpuacct.usage"), "utf8");
  return Number(text) / 1e9;
}

/** Only processes of our own can be in it. */
async function removeGroup(folder: string): Promise<void> {
  for (let round = 0; round < 50; round += 1) {
    try {
      await rmdir(folder);
      return;
    } catch {
      const text = await readFile(
        path.join(folder, "cgroup.procs"),
        "utf8",
      ).catch(() => "");
      for (const pid of text.split("\n").filter((line) => line !== ""))
        try {
          process.kill(Number(pid), "SIGKILL");
        } catch {
          // Ended in the meantime.
        }
      await sleep(100);
    }
  }
  throw new Error(`${folder} is still there`);
}
