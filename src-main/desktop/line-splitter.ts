/** A line without an end is cut: nothing of ours writes one that long. */
const maxPendingCharacters = 10_000;

/** Gives each whole line of a text that comes in pieces. */
export function lineSplitter(
  onLine: (line: string) => void,
): (piece: string) => void {
  let rest = "";
  return (piece) => {
    const lines = (rest + piece).split("\n");
    rest = (lines.pop() ?? "").slice(-maxPendingCharacters);
    for (const line of lines) if (line.trim() !== "") onLine(line.trimEnd());
  };
}
