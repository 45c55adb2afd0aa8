import { readFile } from "node:fs/promises";

/** Often enough to catch a film that unpacks to gigabytes before the machine swaps. */
const lookEveryMs = 500;
/** Processes below one tool: the sandbox and its init. */
const maxDepth = 4;
const pageBytes = 4096;

/**
 * Calls back once when a process and its children together hold more than
 * `limitBytes` of memory. Linux only: elsewhere nobody tells cheaply. Returns
 * the way to stop watching.
 */
export function watchMemory(
  pid: number,
  limitBytes: number,
  onExceeded: (usedBytes: number) => void,
): () => void {
  if (process.platform !== "linux") return () => undefined;
  const timer = setInterval(() => {
    void residentBytes(pid).then((usedBytes) => {
      if (usedBytes <= limitBytes || stopped) return;
      stop();
      onExceeded(usedBytes);
    });
  }, lookEveryMs);
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
  };
  timer.unref();
  return stop;
}

/** Resident memory of a process and its descendants, in bytes; 0 when it is gone. See proc(5). */
export async function residentBytes(pid: number, depth = 0): Promise<number> {
  const read = (file: string): Promise<string> =>
    readFile(`/proc/${String(pid)}/${file}`, "utf8").catch(() => "");
  const [statm, children] = await Promise.all([
    read("statm"),
    depth < maxDepth ? read(`task/${String(pid)}/children`) : "",
  ]);
  const own = Number(statm.split(" ")[1] ?? 0) * pageBytes;
  const below = await Promise.all(
    children
      .split(" ")
      .filter((text) => /^\d+$/.test(text.trim()))
      .map((text) => residentBytes(Number(text), depth + 1)),
  );
  return below.reduce((sum, bytes) => sum + bytes, own);
}
