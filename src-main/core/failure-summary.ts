/** Many failures in one line for people. */
import { catalogue } from "./errors.ts";
import type { ErrorCode } from "./errors.ts";

/** Somebody's failure. */
export interface NamedFailure {
  readonly name: string;
  readonly code: ErrorCode;
}

/**
 * Who failed at what and how often, each pair once, in the order of their first
 * failures: `attic: the encoder stopped with an error (3 times)`.
 */
export function failureSummary(failures: readonly NamedFailure[]): string {
  const counts = new Map<string, number>();
  for (const { name, code } of failures) {
    const line = `${name}: ${bareSentence(code)}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts]
    .map(([line, count]) => (count === 1 ? line : `${line} (${count} times)`))
    .join("; ");
}

/** The catalogue's sentence as part of another: without detail, capital and full stop. */
function bareSentence(code: ErrorCode): string {
  const { text } = catalogue[code];
  const bare = text.replace(/:? *\(?\{detail\}\)?/, "").replace(/\.\s*$/, "");
  return bare.charAt(0).toLowerCase() + bare.slice(1);
}
