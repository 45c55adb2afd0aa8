/** What Linux tells of a process (proc(5)). */
import { readFile } from "node:fs/promises";

/** Fixed for all architectures Node runs on: USER_HZ. */
const ticksPerSecond = 100;

/** Most memory it ever had resident, bytes; null where it cannot be known. */
export async function peakMemoryBytes(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${String(pid)}/status`, "utf8").catch(
    () => "",
  );
  const kilobytes = /^VmHWM:\s*(\d+) kB/m.exec(text)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** Seconds of CPU of a process and its ended, awaited children; null where it cannot be known. */
export function cpuSecondsOf(pid: number): Promise<number | null> {
  return readTicks(pid, 4);
}

/** Seconds of CPU of a process without its children; null where it cannot be known. */
export function ownCpuSecondsOf(pid: number): Promise<number | null> {
  return readTicks(pid, 2);
}

/** The sum of the first of utime, stime, cutime and cstime. */
async function readTicks(pid: number, count: number): Promise<number | null> {
  const text = await readFile(`/proc/${String(pid)}/stat`, "utf8").catch(
    () => "",
  );
  // The name, in brackets, may hold blanks; utime is field 14, state is 3.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 11 + count).map(Number);
  if (ticks.length < count) return null;
  return ticks.reduce((sum, value) => sum + value, 0) / ticksPerSecond;
}
