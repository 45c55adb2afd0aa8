/** Files as the store's format describes them, written apart from the store's own code. */
import { createHash } from "node:crypto";

const sha256 = (text: string): string =>
  createHash("sha256").update(text).digest("hex");

/** A document: header, JSON, hash over both. */
export function storedText(
  kind: "node" | "job",
  version: number,
  data: unknown,
): string {
  const header = JSON.stringify({ reelfarm: kind, version });
  const content = `${header}\n${JSON.stringify(data)}\n`;
  const sizeBytes = Buffer.byteLength(content);
  return `${content}${JSON.stringify({ sha256: sha256(content), sizeBytes })}\n`;
}

/** A journal file whose first change has sequence `first`. */
export function journalText(
  version: number,
  first: number,
  changes: readonly unknown[],
): string {
  const header = { reelfarm: "journal", version };
  return [header, ...changes]
    .map((change, at) => {
      const sequence = first - 1 + at;
      const durable = Math.max(first - 1, sequence - 1);
      const text = `${String(sequence)} ${String(durable)} ${JSON.stringify(change)}`;
      return `${sha256(text).slice(0, 16)} ${text}\n`;
    })
    .join("");
}
