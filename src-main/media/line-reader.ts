import type { Readable } from "node:stream";

/** Calls `onLine` for each line, without its end; memory is one line. Resolves when the stream has ended. */
export async function readLines(
  stream: Readable,
  onLine: (line: string) => void,
): Promise<void> {
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + (chunk as Buffer).toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line.replace(/\r$/, ""));
  }
  if (rest !== "") onLine(rest);
}
